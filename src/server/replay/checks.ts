/**
 * The checks that can be made again from what is stored: registry signature and provenance, under the trust of then; those
 * that rest on the scan, from its report; what was seen of install scripts, from that one; and what the feed of then says.
 */
import type { ReleaseRecord } from '../../admission/deps.ts';
import { checkDifferences, type Difference } from '../../admission/replay.ts';
import type { AttestationsAnswer, Collector } from '../../core/collector.ts';
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { isJsonObject } from '../../core/json.ts';
import type { TrustMaterial } from '../../core/trust.ts';
import type { Storage } from '../../storage/open.ts';
import { replayBehaviour } from './behaviour-check.ts';
import { inputOf, type InputDeps } from './check-input.ts';
import { replayFeedCheck, type FeedCheckDeps } from './feed-check.ts';
import { scanOf, type ScanDeps } from './scan-of.ts';
import type { ReplaySubject } from './subject.ts';

export interface CheckDeps extends Omit<InputDeps, 'storage'>, FeedCheckDeps {
  readonly storage: InputDeps['storage'] & ScanDeps['storage'];
  readonly collectors: readonly Collector[];
  /** Trust material that was in force at some time. */
  readonly trustByDigest: (digest: Sha256) => Promise<TrustMaterial | undefined>;
}

interface CheckReplay {
  readonly differences: readonly Difference[];
  readonly unable: readonly string[];
  readonly checked: readonly string[];
}

const ofPublication: readonly string[] = ['provenance', 'signatures'];
const ofScan: readonly string[] = ['malware', 'capabilities', 'licences', 'secrets'];

export async function replayChecks(
  deps: CheckDeps,
  subject: ReplaySubject,
  release: ReleaseRecord | undefined,
  evidence: readonly Evidence[],
): Promise<CheckReplay> {
  const found = { differences: [] as Difference[], unable: [] as string[], checked: [] as string[] };
  for (const recorded of evidence) {
    const made = makerOf(recorded);
    if (made === undefined) continue;
    const outcome = await made.replay(deps, subject, { release, evidence, recorded });
    if (typeof outcome === 'string')
      found.unable.push(`the check ${recorded.kind} was not made again: ${outcome}`);
    else {
      found.differences.push(...outcome);
      found.checked.push(`the check ${recorded.kind} ${made.from(recorded)}`);
    }
  }
  return found;
}

export interface Recorded {
  readonly release: ReleaseRecord | undefined;
  readonly evidence: readonly Evidence[];
  readonly recorded: Evidence;
}

interface Maker {
  /** A sentence when it cannot be made again. */
  readonly replay: (
    deps: CheckDeps,
    subject: ReplaySubject,
    recorded: Recorded,
  ) => Promise<readonly Difference[] | string>;
  readonly from: (recorded: Evidence) => string;
}

const publicationMaker: Maker = {
  replay: replayCheck,
  from: ({ material = '' }) => `under the trust material ${material}`,
};
const scanMaker: Maker = { replay: replayScanned, from: () => 'from the stored report of the scan' };
const feedMaker: Maker = {
  replay: (deps, subject, { recorded }) =>
    replayFeedCheck(deps, collectorOf(deps, recorded), subject.decision.subject, recorded),
  from: ({ material }) => (material === undefined ? 'without a feed' : `by the feed ${material}`),
};

const behaviourMaker: Maker = {
  replay: (deps, subject, { recorded }) =>
    replayBehaviour(deps, collectorOf(deps, recorded), subject.decision.subject, recorded),
  from: () => 'from the stored report of what was seen',
};

/** What is `error`, or waits for what is, was no finding, and is not expected to be the same twice. */
function makerOf({ kind, result, facts }: Evidence): Maker | undefined {
  if (result === 'error' || facts['passing'] === true) return undefined;
  if (ofPublication.includes(kind)) return publicationMaker;
  if (ofScan.includes(kind)) return scanMaker;
  if (kind === 'behaviour' && facts['observed'] === true) return behaviourMaker;
  return kind === 'vulnerabilities' ? feedMaker : undefined;
}

/** A sentence when this program has none of that version. */
function collectorOf({ collectors }: CheckDeps, { kind, tool }: Evidence): Collector | string {
  const collector = collectors.find((one) => one.kind === kind);
  return collector !== undefined && collector.version === tool.version
    ? collector
    : `version ${tool.version} of it made the record, and this program has ${collector?.version ?? 'none'}`;
}

async function replayScanned(
  deps: CheckDeps,
  subject: ReplaySubject,
  { release, evidence, recorded }: Recorded,
): Promise<readonly Difference[] | string> {
  const collector = collectorOf(deps, recorded);
  if (typeof collector === 'string') return collector;
  if (release?.artifact === undefined || release.artifact.sha256 !== subject.decision.subject.artifact)
    return 'the digests of the bytes are not stored';
  const scanned = await scanOf(deps, release.subject, release.artifact, evidence);
  if (typeof scanned === 'string') return scanned;
  const input = await inputOf(deps, { release, evidence, recorded, change: scanned });
  if (input === undefined) return 'the stored index entry cannot be read';
  return checkDifferences(recorded, await collector.collect(input));
}

async function replayCheck(
  deps: CheckDeps,
  subject: ReplaySubject,
  { release, evidence, recorded }: Recorded,
): Promise<readonly Difference[] | string> {
  const collector = collectorOf(deps, recorded);
  if (typeof collector === 'string') return collector;
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
    change: { trust, attestations: attestations.answer },
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
