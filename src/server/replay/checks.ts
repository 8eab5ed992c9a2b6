/** The checks that can be made again from stored bytes alone: registry signature and provenance, under the trust of then. */
import type { ReleaseRecord } from '../../admission/deps.ts';
import { checkDifferences, type Difference } from '../../admission/replay.ts';
import {
  unscanned,
  type AttestationsAnswer,
  type Collector,
  type CollectorInput,
  type Observation,
} from '../../core/collector.ts';
import { isSha256, sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { isJsonObject } from '../../core/json.ts';
import { formatPurl, parsePurl } from '../../core/purl.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import { readEntry } from '../../registries/npm/packument-version.ts';
import type { Storage } from '../../storage/open.ts';
import type { ReplaySubject } from './subject.ts';

export interface CheckDeps {
  readonly storage: Pick<Storage, 'admission' | 'blobs' | 'history'>;
  readonly collectors: readonly Collector[];
  /** Trust material that was in force at some time. */
  readonly trustByDigest: (digest: Sha256) => Promise<TrustMaterial | undefined>;
  readonly identityHostOf: (upstream: string) => string;
}

interface CheckReplay {
  readonly differences: readonly Difference[];
  readonly unable: readonly string[];
  readonly checked: readonly string[];
}

const again: readonly string[] = ['provenance', 'signatures'];

export async function replayChecks(
  deps: CheckDeps,
  subject: ReplaySubject,
  release: ReleaseRecord | undefined,
  evidence: readonly Evidence[],
): Promise<CheckReplay> {
  const found = { differences: [] as Difference[], unable: [] as string[], checked: [] as string[] };
  for (const recorded of evidence) {
    // What is `error` was no finding, and is not expected to be the same twice.
    if (!again.includes(recorded.kind) || recorded.result === 'error') continue;
    const outcome = await replayCheck(deps, subject, { release, evidence, recorded });
    if (typeof outcome === 'string')
      found.unable.push(`the check ${recorded.kind} was not made again: ${outcome}`);
    else {
      found.differences.push(...outcome);
      found.checked.push(`the check ${recorded.kind} under the trust material ${recorded.material ?? ''}`);
    }
  }
  return found;
}

interface Recorded {
  readonly release: ReleaseRecord | undefined;
  readonly evidence: readonly Evidence[];
  readonly recorded: Evidence;
}

/** A sentence when it cannot be made again. */
async function replayCheck(
  deps: CheckDeps,
  subject: ReplaySubject,
  { release, evidence, recorded }: Recorded,
): Promise<readonly Difference[] | string> {
  const collector = deps.collectors.find(({ kind }) => kind === recorded.kind);
  if (collector === undefined || collector.version !== recorded.tool.version)
    return `version ${recorded.tool.version} of it made the record, and this program has ${collector?.version ?? 'none'}`;
  const trust = recorded.material === undefined ? undefined : await trustOf(deps, recorded.material);
  if (trust === undefined) return `the trust material ${recorded.material ?? '(none)'} is not stored`;
  if (release?.artifact === undefined || release.artifact.sha256 !== subject.decision.subject.artifact)
    return 'the digests of the bytes are not stored';
  const attestations = await attestationsOf(deps.storage.blobs, recorded);
  if ('why' in attestations) return attestations.why;
  if ('differs' in attestations) return [attestations.differs];
  const input = await inputOf(deps, {
    release,
    evidence,
    recorded,
    trust,
    attestations: attestations.answer,
  });
  if (input === undefined) return 'the stored index entry cannot be read';
  const differences = checkDifferences(recorded, await collector.collect(input));
  if (differences.length > 0 && !subject.inForce)
    return 'a later decision was made with another index entry, and only that one is stored';
  return differences;
}

async function trustOf({ trustByDigest }: CheckDeps, digest: Sha256): Promise<TrustMaterial | undefined> {
  try {
    return await trustByDigest(digest);
  } catch (error) {
    if (isAssayError(error)) return undefined;
    throw error;
  }
}

type Attestations =
  | { readonly answer: AttestationsAnswer }
  | { readonly differs: Difference }
  | { readonly why: string };

const documentBytes = 16 * 1024 * 1024;

/** What upstream answered then: the document by its digest, or that there was none. */
async function attestationsOf(
  blobs: Storage['blobs'],
  { kind, facts, items }: Evidence,
): Promise<Attestations> {
  const digest = facts['document'];
  if (kind !== 'provenance') return { answer: { state: 'not-advertised' } };
  if (items.some(({ id }) => id === 'provenance/missing')) return { answer: { state: 'missing' } };
  if (items.some(({ id }) => id === 'provenance/not-fetched'))
    return { why: 'upstream could not be asked then, and that is not stored' };
  if (typeof digest !== 'string' || !isSha256(digest)) return { answer: { state: 'not-advertised' } };
  try {
    const document: unknown = JSON.parse(
      Buffer.from(await blobs.read(digest, documentBytes)).toString('utf8'),
    );
    if (isJsonObject(document)) return { answer: { state: 'answered', document, digest } };
    return { why: `the attestations ${digest} are no JSON object` };
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING'))
      return { why: `the attestations ${digest} are not stored any more` };
    if (!isAssayError(error, 'BLOB_CORRUPT') && !(error instanceof SyntaxError)) throw error;
    const derived = 'the stored attestations have another digest';
    return { differs: { what: 'attestations', recorded: digest, derived } };
  }
}

interface CheckInput {
  readonly release: ReleaseRecord;
  readonly evidence: readonly Evidence[];
  readonly recorded: Evidence;
  readonly trust: TrustMaterial;
  readonly attestations: AttestationsAnswer;
}

/** As the check was given it, for all that it looks at; undefined when the index entry is none. */
async function inputOf(
  { storage, identityHostOf }: CheckDeps,
  { release, evidence, recorded, trust, attestations }: CheckInput,
): Promise<CollectorInput | undefined> {
  const { subject, indexManifest, version, artifact, claimedTime } = release;
  const { name } = parsePurl(subject.purl);
  const entry = readEntry(name, version, indexManifest, claimedTime);
  if (entry.state !== 'read' || artifact === undefined) return undefined;
  const { upstream, ecosystem } = subject;
  return {
    subject,
    index: {
      upstream,
      ecosystem,
      purl: formatPurl(ecosystem, name),
      name,
      versions: [entry.version],
      tags: {},
      timeOrderTrust: 'not-available',
      digest: sha256(''),
      sizeBytes: 0,
    },
    version: entry.version,
    indexManifest,
    artifact,
    archive: { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'not read again' },
    origin: { upstream, identityHost: identityHostOf(upstream), urls: [], fetchedAt: recorded.collectedAt },
    observation: await observationOf(storage, release, recorded.collectedAt),
    predecessor: undefined,
    trust,
    attestations,
    history: {
      verified: [],
      advertised: await storage.history.advertised(upstream, name, version),
      expectations: [],
      ofSamePublisher: [],
      predecessorManifest: undefined,
      newDependencies: [],
    },
    forge: undefined,
    ...unscanned,
    earlier: evidence.filter(({ kind }) => kind !== recorded.kind),
    now: recorded.collectedAt,
  };
}

async function observationOf(
  { admission }: Pick<Storage, 'admission'>,
  { subject, version }: ReleaseRecord,
  at: string,
): Promise<Observation> {
  const { name } = parsePurl(subject.purl);
  const seen = (await admission.appearances(subject.upstream, name)).get(version);
  const index = await admission.indexRecord(subject.upstream, name);
  return {
    firstLookAt: index?.firstLookAt ?? at,
    absentAt: seen?.absentAt,
    presentAt: seen?.presentAt ?? at,
  };
}
