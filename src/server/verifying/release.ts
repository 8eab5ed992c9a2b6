/**
 * One release with everything that its gate offers, checked here and not there: the gate's signature over it, the bytes as
 * the gate serves them, the registry's signature and the attestations, with the trust this program has.
 */
import { unscanned, type AttestationsAnswer, type CollectorInput } from '../../core/collector.ts';
import { integrityOf, sha256, type ArtifactDigests } from '../../core/digest.ts';
import type { Evidence, Result } from '../../core/evidence.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import { createProvenanceCollector } from '../../evidence/provenance/collect.ts';
import { signaturesCollector } from '../../evidence/signatures/collect.ts';
import { fileNameOfUrl } from '../../registries/npm/names.ts';
import { readEntry } from '../../registries/npm/packument-version.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import { attestationsPath } from '../beside-index/attestations.ts';
import { gateDocument, gateFileDigests, type GatewayTarget } from '../control/gateway-client.ts';
import { gateSignatureStep, jsonObjectOf, type GateKeys } from './gate-signature.ts';
import type { ReleaseName } from './names.ts';
import { concluded, type Step, type StepResult, type Verification } from './steps.ts';

export interface ReleaseInput extends ReleaseName {
  readonly target: GatewayTarget;
  readonly keys: GateKeys;
  readonly trust: TrustMaterial;
  /** Whose keys and names the upstream speaks for; undefined: not known here. */
  readonly identityHost: string | undefined;
  /** RFC 3339 UTC. */
  readonly now: string;
}

const manifestBytes = 4 * 1024 * 1024;
const attestationBytes = 2 * 1024 * 1024;
const fileBytes = 512 * 1024 * 1024;

const provenance = createProvenanceCollector({ verify: async (request) => verifyBundle(request) });

/** Throws GATE_UNREACHABLE, CONTROL_ANSWER_INVALID. */
export async function verifyRelease(input: ReleaseInput): Promise<Verification> {
  const { name, version, target, keys } = input;
  const about = `${name}@${version}`;
  const manifest = await manifestOf(input);
  if (manifest === undefined)
    return concluded(about, [
      {
        name: 'offered',
        result: 'failed',
        text: `The gate does not offer it: it is refused, or unknown. \`assay explain ${about}\` tells why.`,
      },
    ]);
  const file = fileNameOfUrl(ownString(ownObject(manifest, 'dist') ?? {}, 'tarball') ?? '');
  const path = `${encodeURIComponent(name)}/-/${encodeURIComponent(file ?? '')}`;
  const bytes = file === undefined ? undefined : await gateFileDigests(target, path, fileBytes);
  if (bytes === undefined)
    return concluded(about, [
      { name: 'bytes', result: 'failed', text: 'The gate does not serve its file: it is refused.' },
    ]);
  const release = { name, version, integrity: integrityOf(bytes.sha512) };
  const served: Step = {
    name: 'bytes',
    result: 'passed',
    text: `The gate serves ${bytes.sizeBytes} bytes, SHA-256 ${bytes.sha256}.`,
  };
  const evidence = await evidenceOf(input, withoutKeys(manifest, keys), bytes);
  const steps = [gateSignatureStep(release, manifest, keys), ...evidence.flatMap(stepsOf)];
  // That bytes arrive verifies nothing: it only counts where it is not alone.
  const { verified } = concluded(about, steps);
  return { about, verified, steps: [served, ...steps] };
}

async function manifestOf({ name, version, target }: ReleaseInput): Promise<JsonObject | undefined> {
  const path = `${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
  const found = await gateDocument(target, path, manifestBytes);
  return found === undefined ? undefined : jsonObjectOf(found);
}

/** The gate's own entries are no claim of the registry's. */
function withoutKeys(manifest: JsonObject, { keys }: GateKeys): JsonObject {
  const dist = ownObject(manifest, 'dist') ?? {};
  const list = own(dist, 'signatures');
  if (!Array.isArray(list)) return manifest;
  const ids = new Set<unknown>(keys.map(({ keyid }) => keyid));
  const others = list.filter((entry: Json) => !isJsonObject(entry) || !ids.has(own(entry, 'keyid')));
  const { signatures: _, ...rest } = dist;
  return { ...manifest, dist: others.length === 0 ? rest : { ...rest, signatures: others } };
}

async function evidenceOf(
  input: ReleaseInput,
  manifest: JsonObject,
  artifact: ArtifactDigests,
): Promise<readonly Evidence[]> {
  const { name, version, now, trust } = input;
  const read = readEntry(name, version, manifest, undefined);
  if (read.state === 'left-out') return [];
  const upstream = 'gate' as UpstreamId;
  const purl = formatPurl('npm', name, version);
  const collected: CollectorInput = {
    subject: {
      upstream,
      channel: 'main',
      ecosystem: 'npm',
      purl,
      file: read.version.file,
      claimedIntegrity: '',
      artifact: artifact.sha256,
    },
    index: {
      upstream,
      ecosystem: 'npm',
      purl: formatPurl('npm', name),
      name,
      versions: [read.version],
      tags: {},
      timeOrderTrust: 'not-available',
      digest: sha256(''),
      sizeBytes: 0,
    },
    version: read.version,
    indexManifest: manifest,
    artifact,
    archive: { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'not read here' },
    origin: { upstream, identityHost: input.identityHost ?? 'an unknown registry', urls: [], fetchedAt: now },
    // What the gate saw and when is not known here: times come from logs, or are not proven.
    observation: { firstLookAt: now, absentAt: undefined, presentAt: now },
    predecessor: undefined,
    trust,
    attestations: read.version.publication.attested
      ? await attestationsAt(input.target, input)
      : { state: 'not-advertised' },
    history: undefined,
    forge: undefined,
    ...unscanned,
    earlier: [],
    now,
  };
  const first = await provenance.collect(collected);
  return [await signaturesCollector.collect({ ...collected, earlier: [first] }), first];
}

/** Of a release, as its gate has them. Throws GATE_UNREACHABLE, CONTROL_ANSWER_INVALID. */
export async function attestationsAt(
  target: GatewayTarget,
  { name, version }: ReleaseName,
): Promise<AttestationsAnswer> {
  const bytes = await gateDocument(target, attestationsPath(name, version), attestationBytes);
  if (bytes === undefined) return { state: 'missing' };
  const document = jsonObjectOf(bytes);
  return document === undefined
    ? { state: 'failed', code: 'UPSTREAM_NOT_JSON', message: 'the answer is no JSON object' }
    : { state: 'answered', document, digest: sha256(bytes) };
}

const results: Readonly<Record<Result, StepResult>> = {
  pass: 'passed',
  fail: 'failed',
  warn: 'doubtful',
  'not-available': 'not-available',
  'not-checked': 'not-checked',
  error: 'not-checked',
};

const names: Readonly<Record<string, string>> = {
  signatures: 'registry signature',
  provenance: 'provenance',
};

function stepsOf({ kind, result, summary, facts, items }: Evidence): readonly Step[] {
  const name = names[kind] ?? kind;
  const more = items.map(({ message }) => message).filter((message) => !summary.includes(message));
  const step = { name, result: results[result], text: [summary, ...more].join(' ') };
  return result === 'pass' && kind === 'provenance' ? [step, ...identitySteps(facts)] : [step];
}

/** Whom a certificate names is a fact; whether it is the one to expect is the gate's history to say. */
function identitySteps(facts: Evidence['facts']): readonly Step[] {
  const fields = ['repository', 'commit', 'workflow', 'trigger', 'runner'] as const;
  const named = fields.flatMap((field) =>
    typeof facts[field] === 'string' ? [`${field} ${facts[field]}`] : [],
  );
  const text = `Signed for ${named.join(', ')}. Whether that is whom to expect is not judged here; the gate's own record is in \`assay explain\`.`;
  return [{ name: 'source', result: 'not-checked', text }];
}
