/**
 * A decision as a SLSA Verification Summary (https://slsa.dev/spec/v1.2/verification_summary), for consumers that know
 * that form and not ours. The decision's own statement commits to it by the digest of its canonical JSON.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Decision } from '../core/decision.ts';
import { isSha256, sha256, type ArtifactDigests, type Sha256 } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { subjectDescriptor } from './descriptor.ts';

/** The URI names the major version alone; `slsaVersion` says which minor one was followed. */
export const summaryPredicateType = 'https://slsa.dev/verification_summary/v1';
export const slsaVersion = '1.2';

/**
 * All that a summary of ours ever claims. Level 3 is not among them: npm's own provenance is level 2, and what is more
 * needs a build of ours.
 */
export const summaryLevels = ['SLSA_BUILD_LEVEL_2', 'SLSA_BUILD_LEVEL_UNEVALUATED', 'FAILED'] as const;
type SummaryLevel = (typeof summaryLevels)[number];

/** Who verified: the gate, by the name of its log, and the program's version. */
export interface Verifier {
  readonly origin: string;
  readonly version: string;
}

/** Consumers accept pairs of signer and verifier: this id belongs to the keys of this log. */
export function verifierId(origin: string): string {
  return `urn:assay:gate:${origin.split('/').map(encodeURIComponent).join('/')}`;
}

/** Throws RangeError when `artifact` is not what was decided on. The evidence may come in any order. */
export function verificationSummary(
  decision: Decision,
  evidence: readonly Evidence[],
  artifact: Pick<ArtifactDigests, 'sha256' | 'sha512'> | undefined,
  verifier: Verifier,
): JsonObject {
  const passed = decision.outcome === 'allow';
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectDescriptor(decision, artifact)],
    predicateType: summaryPredicateType,
    predicate: {
      verifier: { id: verifierId(verifier.origin), version: { assay: verifier.version } },
      timeVerified: decision.decidedAt,
      resourceUri: decision.subject.purl,
      policy: { uri: `urn:assay:policy:sha256:${decision.policy}`, digest: { sha256: decision.policy } },
      inputAttestations: inputAttestations(evidence),
      verificationResult: passed ? 'PASSED' : 'FAILED',
      verifiedLevels: [passed ? levelOf(evidence) : 'FAILED'],
      slsaVersion,
      // Extensions: the specification asks for field names that are URIs.
      'urn:assay:summary:decision': decision.id,
      'urn:assay:summary:outcome': decision.outcome,
      'urn:assay:summary:assessment': { sha256: decision.assessment },
      'urn:assay:summary:facts': { sha256: decision.facts },
      'urn:assay:summary:trust-material': materials(evidence),
    },
  };
}

/** What the decision's statement names: SHA-256 over the exact bytes that are signed as the summary's payload. */
export function summaryDigest(summary: JsonObject): Sha256 {
  return sha256(canonicalJson(summary));
}

/** Every attestation document that a check rested on, also where it refuted it: "all the attestations used". */
function inputAttestations(evidence: readonly Evidence[]): readonly Json[] {
  const documents = evidence.flatMap(({ facts }) => {
    const document = facts['document'];
    return typeof document === 'string' && isSha256(document) ? [document] : [];
  });
  return [...new Set(documents)]
    .sort()
    .map((digest) => ({ uri: `urn:assay:blob:sha256:${digest}`, digest: { sha256: digest } }));
}

function materials(evidence: readonly Evidence[]): readonly Json[] {
  const used = evidence.flatMap(({ material }) => (material === undefined ? [] : [material]));
  return [...new Set(used)].sort().map((digest) => ({ sha256: digest }));
}

/** Build level 2 needs signed provenance of a hosted builder (SLSA v1.2, build requirements); nothing else was judged. */
function levelOf(evidence: readonly Evidence[]): SummaryLevel {
  const provenance = evidence.find(({ kind }) => kind === 'provenance');
  const hosted = provenance?.result === 'pass' && provenance.facts['runner'] === 'github-hosted';
  return hosted ? 'SLSA_BUILD_LEVEL_2' : 'SLSA_BUILD_LEVEL_UNEVALUATED';
}
