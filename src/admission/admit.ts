/**
 * The life of an artifact, from "may I have this file?" to the answer. Single-flight per release and idempotent:
 * the same release under the same policy and the same evidence gives the same decision.
 */
import type { Verdict } from '../core/decision.ts';
import type { ArtifactDigests } from '../core/digest.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import type { IndexVersion } from '../core/index-view.ts';
import { formatPurl } from '../core/purl.ts';
import { releaseIdOf, type Principal, type Subject, type UpstreamId } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { assess, isComplete, observationOf, type Held } from './assess.ts';
import { raiseAttackAlarms } from './attack-alarms.ts';
import { claimedIntegrity, claimsMatch } from './claims.ts';
import type { ReleaseRecord } from './deps.ts';
import type { IndexState, KnownIndex } from './indexes.ts';
import { createLru } from './lru.ts';
import { nameOf } from './names.ts';
import { predecessorOf } from './predecessor.ts';
import { isPassing } from './publication-input.ts';
import { recordedReleases } from './recorded.ts';
import { record } from './record.ts';
import { refusedFetch } from './refused-fetch.ts';
import { keepFacts, retryAfter } from './replay-inputs.ts';
import type { Rooms } from './rooms.ts';
import { createSingleFlight } from './single-flight.ts';

export interface FileRequest {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly file: string;
  readonly principal: Principal;
  /** The bytes were found missing: what is remembered does not answer, so that they are fetched again. */
  readonly bytesLost?: boolean;
}

export type FileOutcome =
  | { readonly state: 'allowed'; readonly release: ReleaseRecord; readonly artifact: ArtifactDigests }
  | { readonly state: 'refused'; readonly release: ReleaseRecord }
  | { readonly state: 'absent' };

export interface Admission {
  /** Throws UPSTREAM_* when upstream cannot be asked and nothing admitted answers; STORAGE_*. */
  readonly admit: (request: FileRequest) => Promise<FileOutcome>;
  /** A recorded decision still stands: the same epochs, and not past its end. */
  readonly stands: (decision: Pick<ReleaseRecord['decision'], 'epochs' | 'validUntil'>) => boolean;
  /** Rises with (at least) every decision recorded about the package: what was made from them may be out of date. */
  readonly decisionsAbout: (upstream: UpstreamId, name: string) => number;
}

/** What a file request was answered with last. */
interface Remembered {
  readonly release: ReleaseRecord;
  /** The index it was decided from; one that was never admitted is decided anew from another. */
  readonly index: IndexState | undefined;
}

const rememberedReleases = 50_000;
const markedPackages = 50_000;

export function createAdmission(rooms: Rooms): Admission {
  const once = createSingleFlight();
  const remembered = createLru<Remembered>(rememberedReleases, () => 1);
  const marks = new Map<string, number>();
  let mark = 0;
  /** What every package stands at that has no mark of its own. */
  let floor = 0;
  const stands: Admission['stands'] = (decision) => standing(rooms, decision);

  async function admit(request: FileRequest): Promise<FileOutcome> {
    const key = `${request.upstream} ${request.name} ${request.file}`;
    const hot = request.bytesLost === true ? undefined : remembered.get(key);
    if (hot !== undefined && stands(hot.release.decision) && (await isCurrent(hot, request)))
      return answer(hot.release);
    return once(key, async () => {
      const release = await decideCounted(request);
      if (release === undefined) return { state: 'absent' };
      const index = release.admittedAt === undefined ? await lookOr(rooms, request) : undefined;
      if (!(index instanceof Error))
        remembered.set(key, { release: { ...release, evidence: [], indexManifest: {} }, index });
      return answer(release);
    });
  }

  /** Whatever was recorded on the way, also when it failed after that, is about this package. */
  async function decideCounted(request: FileRequest): Promise<ReleaseRecord | undefined> {
    const about = `${request.upstream} ${request.name}`;
    const count = (): void => {
      mark += 1;
      // Invented names must not fill memory while upstream is down: now and then every package gets a new mark.
      if (marks.size >= markedPackages) {
        marks.clear();
        floor = mark;
      } else marks.set(about, mark);
    };
    try {
      const release = await decide(rooms, request);
      if (release !== undefined) count();
      return release;
    } catch (error) {
      count();
      throw error;
    }
  }

  /** The admitted stay as they are, whatever the index says; what was refused may be claimed otherwise by now. */
  async function isCurrent({ release, index }: Remembered, request: FileRequest): Promise<boolean> {
    if (release.admittedAt !== undefined) return release.artifact !== undefined;
    return (await lookOr(rooms, request)) === index;
  }

  return { admit, stands, decisionsAbout: (upstream, name) => marks.get(`${upstream} ${name}`) ?? floor };
}

function answer(release: ReleaseRecord): FileOutcome {
  if (release.decision.outcome !== 'allow') return { state: 'refused', release };
  // Policy may let pass what could not be fetched (observe); there are no verified bytes to serve all the same.
  if (release.artifact === undefined) {
    throw new AssayError('BLOB_MISSING', `no verified bytes of ${release.subject.purl} are stored`);
  }
  return { state: 'allowed', release, artifact: release.artifact };
}

function standing(rooms: Rooms, decision: Pick<ReleaseRecord['decision'], 'epochs' | 'validUntil'>): boolean {
  const now = rooms.epochs();
  const then = decision.epochs;
  return (
    now.policy === then.policy &&
    now.feeds === then.feeds &&
    now.exceptions === then.exceptions &&
    now.revocations === then.revocations &&
    rfc3339(rooms.clock()) < decision.validUntil
  );
}

/** The decision in force for the file, made now where none stands; undefined when there is no such file. */
async function decide(rooms: Rooms, request: FileRequest): Promise<ReleaseRecord | undefined> {
  const found = await locate(rooms, request);
  if (found === undefined) return undefined;
  if (found.kind === 'kept') return decideKept(rooms, found.release, request.principal);
  const { index, version } = found;
  const subject = subjectOf(index, version);
  const stored = await rooms.store.release(releaseIdOf(subject));
  if (stored?.admittedAt !== undefined) return decideAdmitted(rooms, stored, found, request.principal);
  const sameClaims = stored?.subject.claimedIntegrity === subject.claimedIntegrity;
  if (stored !== undefined && sameClaims) {
    if (standing(rooms, stored.decision)) return stored;
    if (stored.artifact !== undefined && isComplete(rooms, stored.evidence, false)) {
      return decideFromStored(rooms, stored, request.principal);
    }
  }
  return decideAnew(rooms, subject, found, request.principal, stored);
}

type Located =
  | { readonly kind: 'listed'; readonly index: KnownIndex; readonly version: IndexVersion }
  | { readonly kind: 'kept'; readonly release: ReleaseRecord };

/** File → version through the index; an admitted file also when upstream is down or no longer lists it. */
async function locate(rooms: Rooms, request: FileRequest): Promise<Located | undefined> {
  const state = await lookOr(rooms, request);
  if (!(state instanceof Error) && state.state === 'known' && !state.gone) {
    const version = state.view.versions.find((one) => one.file === request.file);
    if (version !== undefined) {
      const other = await admittedOtherwise(rooms, state, version);
      return other === undefined
        ? { kind: 'listed', index: state, version }
        : { kind: 'kept', release: other };
    }
  }
  const kept = await admittedByFile(rooms, request);
  if (kept !== undefined) return { kind: 'kept', release: kept };
  if (state instanceof Error) throw state;
  return undefined;
}

async function lookOr(rooms: Rooms, request: FileRequest): Promise<IndexState | Error> {
  try {
    return await rooms.indexes.look(request.upstream, request.name);
  } catch (error) {
    if (isAssayError(error)) return error;
    throw error;
  }
}

/** What was admitted for this version under another file name, or for this file name as another version, stands. */
async function admittedOtherwise(
  rooms: Rooms,
  { view }: KnownIndex,
  version: IndexVersion,
): Promise<ReleaseRecord | undefined> {
  const recorded = recordedReleases(view, await rooms.store.releasesOf(view.upstream, view.name));
  const same = recorded.of(version);
  const renamed = same?.admittedAt !== undefined && same.file !== version.file ? same : undefined;
  const found = renamed ?? (same?.admittedAt === undefined ? recorded.fileOwner(version) : undefined);
  return found === undefined ? undefined : rooms.store.release(found.id);
}

async function admittedByFile(rooms: Rooms, request: FileRequest): Promise<ReleaseRecord | undefined> {
  const releases = await rooms.store.releasesOf(request.upstream, request.name);
  const summary = releases.find((one) => one.file === request.file && one.admittedAt !== undefined);
  return summary === undefined ? undefined : rooms.store.release(summary.id);
}

function subjectOf(index: KnownIndex, version: IndexVersion): Subject {
  const { upstream, ecosystem, name } = index.view;
  return {
    upstream,
    channel: 'main',
    ecosystem,
    purl: formatPurl(ecosystem, name, version.version),
    file: version.file,
    claimedIntegrity: claimedIntegrity(version.claimed),
  };
}

async function decideAnew(
  rooms: Rooms,
  subject: Subject,
  { index, version }: { readonly index: KnownIndex; readonly version: IndexVersion },
  principal: Principal,
  previous: ReleaseRecord | undefined,
): Promise<ReleaseRecord> {
  const now = rfc3339(rooms.clock());
  const indexManifest = await rooms.indexReader.manifest(
    subject.upstream,
    index.view.name,
    index.body,
    version.version,
  );
  const common = {
    version: version.version,
    indexManifest,
    claimedTime: version.claimedTime,
    principal,
    previous,
  };
  // Facts of the index alone may refuse, and then nothing is fetched.
  const facts = rooms.facts.atIndex(index.view, version, observationOf(index, version.version), now);
  const early = rooms.policy.decide(
    { stage: 'index', facts, context: { principal, admittedBefore: false } },
    now,
  );
  if (early.outcome !== 'allow') {
    await keepFacts(rooms.blobs, facts, early.facts);
    return record(rooms, { ...common, subject, artifact: undefined, evidence: [], verdict: early });
  }
  const held = heldBytes(previous, subject);
  const predecessor = await predecessorOf(rooms, index, version.version);
  try {
    const { artifact, evidence } = await assess(rooms, { subject, index, version, predecessor }, held);
    const decided = { ...subject, artifact: artifact.sha256 };
    const verdict = verdictAtFile(rooms, decided, version.version, evidence, {
      principal,
      admittedBefore: false,
    });
    await raiseAttackAlarms(rooms, decided, verdict.reasons);
    return await record(rooms, {
      ...common,
      subject: decided,
      artifact,
      evidence,
      verdict: retriedSoon(rooms, verdict, evidence),
    });
  } catch (error) {
    const refused = await refusedFetch(rooms, subject, error);
    if (refused === undefined) throw error;
    const verdict = verdictAtFile(rooms, subject, version.version, [refused], {
      principal,
      admittedBefore: false,
    });
    if (verdict.outcome === 'allow') throw error;
    return record(rooms, {
      ...common,
      subject,
      artifact: undefined,
      evidence: [refused],
      verdict: retriedSoon(rooms, verdict, [refused]),
    });
  }
}

/** Bytes of an earlier assessment serve again only for the very same claims. */
function heldBytes(previous: ReleaseRecord | undefined, subject: Subject): Held | undefined {
  if (previous?.artifact === undefined || previous.subject.claimedIntegrity !== subject.claimedIntegrity)
    return undefined;
  const { artifact, indexManifest, evidence } = previous;
  return { artifact, indexManifest, evidence };
}

/** The admitted bytes stay admitted, whatever the index claims today; only the decision may be asked again. */
async function decideAdmitted(
  rooms: Rooms,
  stored: ReleaseRecord,
  { index, version }: { readonly index: KnownIndex; readonly version: IndexVersion },
  principal: Principal,
): Promise<ReleaseRecord> {
  const decided = await decideAgain(rooms, stored, { index, version }, principal);
  if (decided.decision.outcome === 'allow') await restoreBytes(rooms, stored, version);
  return decided;
}

async function decideAgain(
  rooms: Rooms,
  stored: ReleaseRecord,
  { index, version }: { readonly index: KnownIndex; readonly version: IndexVersion },
  principal: Principal,
): Promise<ReleaseRecord> {
  if (standing(rooms, stored.decision)) return stored;
  const unchanged =
    stored.artifact !== undefined && claimsMatch(version.claimed, stored.artifact) !== 'other';
  if (stored.artifact === undefined || !unchanged || isComplete(rooms, stored.evidence, true)) {
    return decideFromStored(rooms, stored, principal);
  }
  await restoreBytes(rooms, stored, version);
  const predecessor = await predecessorOf(rooms, index, version.version);
  const held = { artifact: stored.artifact, indexManifest: undefined, evidence: stored.evidence };
  const { artifact: _known, ...subject } = stored.subject;
  const { evidence } = await assess(rooms, { subject, index, version, predecessor }, held);
  return decideFromStored(rooms, { ...stored, evidence }, principal);
}

async function decideKept(rooms: Rooms, stored: ReleaseRecord, principal: Principal): Promise<ReleaseRecord> {
  if (standing(rooms, stored.decision)) return stored;
  return decideFromStored(rooms, stored, principal);
}

/** Asks policy again about the evidence as it was stored: nothing is fetched or read. */
async function decideFromStored(
  rooms: Rooms,
  stored: ReleaseRecord,
  principal: Principal,
): Promise<ReleaseRecord> {
  const context = { principal, admittedBefore: stored.admittedAt !== undefined };
  const verdict = verdictAtFile(rooms, stored.subject, stored.version, stored.evidence, context);
  const { subject, version, indexManifest, claimedTime, artifact, evidence } = stored;
  return record(rooms, {
    subject,
    version,
    indexManifest,
    claimedTime,
    artifact,
    evidence,
    verdict,
    principal,
    previous: stored,
  });
}

/** Bytes that were lost or found corrupt are fetched again, and only the very same ones are taken. */
async function restoreBytes(rooms: Rooms, stored: ReleaseRecord, version: IndexVersion): Promise<void> {
  const { artifact, subject } = stored;
  if (artifact === undefined || (await rooms.blobs.size(artifact.sha256)) !== undefined) return;
  const claims = [
    { algorithm: 'sha256', hex: artifact.sha256 },
    { algorithm: 'sha512', hex: artifact.sha512 },
  ] as const;
  await rooms.upstream.fetchFile(subject.upstream, version.url, claims);
}

function verdictAtFile(
  rooms: Rooms,
  subject: Subject,
  version: string,
  evidence: ReleaseRecord['evidence'],
  context: { readonly principal: Principal; readonly admittedBefore: boolean },
): Verdict {
  const name = nameOf(subject);
  const facts = rooms.facts.atFile(subject, name, version, evidence);
  return rooms.policy.decide({ stage: 'file', facts, context }, rfc3339(rooms.clock()));
}

/** What failed for a passing cause (a reader that died, a fetch that went wrong) is tried again after a minute. */
function retriedSoon(rooms: Rooms, verdict: Verdict, evidence: ReleaseRecord['evidence']): Verdict {
  const passing =
    evidence.some((one) => one.result === 'error' || isPassing(one)) ||
    evidence.length < rooms.collectors.length;
  if (!passing || verdict.outcome === 'allow') return verdict;
  const soon = retryAfter(verdict.decidedAt);
  return soon < verdict.validUntil ? { ...verdict, validUntil: soon } : verdict;
}
