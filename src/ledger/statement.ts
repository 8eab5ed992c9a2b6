/**
 * A decision as an in-toto Statement v1 (in-toto/attestation spec/v1/statement.md): what the leaf commits to and
 * what an auditor is shown. It holds digests and rule names, and none
 * of the sentences that may quote hostile text.
 */
import type { Decision, Reason } from '../core/decision.ts';
import type { ArtifactDigests, Sha256 } from '../core/digest.ts';
import { evidenceDigest, type Evidence } from '../core/evidence.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { subjectDescriptor } from './descriptor.ts';

export const decisionPredicateType = 'urn:assay:predicate:decision:v1';

/**
 * The evidence may come in any order. `artifact` adds the SHA-512 of the same bytes; throws RangeError when
 * its SHA-256 is not the decision's. `summary` is the digest of the decision's verification summary.
 */
export function decisionStatement(
  decision: Decision,
  evidence: readonly Evidence[],
  artifact?: Pick<ArtifactDigests, 'sha256' | 'sha512'>,
  summary?: Sha256,
): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [subjectDescriptor(decision, artifact)],
    predicateType: decisionPredicateType,
    predicate: {
      ...decisionPredicate(decision, evidence),
      ...(summary === undefined ? {} : { summary: { sha256: summary } }),
    },
  };
}

function decisionPredicate(decision: Decision, evidence: readonly Evidence[]): JsonObject {
  const { subject, epochs } = decision;
  return {
    decisionId: decision.id,
    stage: decision.stage,
    outcome: decision.outcome,
    reasons: decision.reasons.map(reasonRecord),
    warnings: decision.warnings.map(reasonRecord),
    audits: decision.audits.map(reasonRecord),
    release: {
      upstream: subject.upstream,
      channel: subject.channel,
      ecosystem: subject.ecosystem,
      purl: subject.purl,
      file: subject.file,
      claimedIntegrity: subject.claimedIntegrity,
    },
    policy: decision.policy,
    facts: decision.facts,
    assessment: decision.assessment,
    evidence: evidenceRecords(evidence),
    epochs: {
      policy: epochs.policy,
      feeds: epochs.feeds,
      exceptions: epochs.exceptions,
      revocations: epochs.revocations,
    },
    principal: { kind: decision.principal.kind, name: decision.principal.name },
    decidedAt: decision.decidedAt,
    validUntil: decision.validUntil,
    ...(decision.caseId === undefined ? {} : { caseId: decision.caseId }),
  };
}

function reasonRecord(reason: Reason): JsonObject {
  return {
    rule: reason.rule,
    mode: reason.mode,
    outcome: reason.outcome,
    evidence: reason.evidence,
    result: reason.result,
    items: reason.items,
    ...(reason.until === undefined ? {} : { until: reason.until }),
  };
}

/** By digest, which is the order the leaf's evidence root has too. */
function evidenceRecords(evidence: readonly Evidence[]): readonly Json[] {
  return evidence
    .map((record) => ({ record, digest: evidenceDigest(record) }))
    .sort((a, b) => (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0))
    .map(({ record, digest }) => ({
      digest,
      kind: record.kind,
      scope: record.scope,
      result: record.result,
      tool: { name: record.tool.name, version: record.tool.version },
      ...(record.material === undefined ? {} : { material: record.material }),
    }));
}
