/** One decision about one file: made from what is on record where that stands, else from what is fetched and read now. */
import type { Epochs, Verdict } from '../core/decision.ts';
import { isAssayError } from '../core/errors.ts';
import type { IndexVersion } from '../core/index-view.ts';
import { formatPurl } from '../core/purl.ts';
import { releaseIdOf, type Principal, type Subject } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import { assess, isComplete, observationOf, refreshed, type Held } from './assess.ts';
import { raiseAttackAlarms } from './attack-alarms.ts';
import { claimedIntegrity, claimsMatch } from './claims.ts';
import type { FileRequest, PackageName, ReleaseRecord } from './deps.ts';
import type { IndexState, KnownIndex } from './indexes.ts';
import { nameOf } from './names.ts';
import { predecessorOf } from './predecessor.ts';
import { isPassing } from './publication-input.ts';
import { recordedReleases } from './recorded.ts';
import { record } from './record.ts';
import { raiseRevocation } from './revocation.ts';
import { refusedFetch } from './refused-fetch.ts';
import { keepFacts, retryAfter } from './replay-inputs.ts';
import type { Rooms } from './rooms.ts';

/** What it rests on may have changed while it was decided: then once more, and the next request sees to the rest. */
export async function current(
  rooms: Rooms,
  decideNow: () => Promise<ReleaseRecord | undefined>,
): Promise<ReleaseRecord | undefined> {
  const release = await decideNow();
  // A refusal without bytes rests on the index alone.
  if (release?.artifact === undefined) return release;
  const about = packageOf(release);
  return rooms.epochs(about).feeds <= release.decision.epochs.feeds ? release : decideNow();
}

/** Who asks, and what the decision will rest on: taken before anything is looked at. */
interface Asked {
  readonly principal: Principal;
  readonly epochs: Epochs;
  /** The counter `policy` of an allow, where its evidence is that of an older one; without it, that of `epochs`. */
  readonly allowedUnder?: number;
}

export function askedNow(rooms: Rooms, about: PackageName, principal: Principal): Asked {
  return { principal, epochs: rooms.epochs(about) };
}

export function packageOf({ subject }: Pick<ReleaseRecord, 'subject'>): PackageName {
  return { ecosystem: subject.ecosystem, name: nameOf(subject) };
}

export function standing(
  rooms: Rooms,
  decision: Pick<ReleaseRecord['decision'], 'epochs' | 'validUntil'>,
  about: PackageName,
): boolean {
  const now = rooms.epochs(about);
  const then = decision.epochs;
  return (
    now.policy === then.policy &&
    now.feeds <= then.feeds &&
    now.exceptions === then.exceptions &&
    now.revocations === then.revocations &&
    rfc3339(rooms.clock()) < decision.validUntil
  );
}

/** The decision in force for the file, made now where none stands; undefined when there is no such file. */
export async function decide(rooms: Rooms, request: FileRequest): Promise<ReleaseRecord | undefined> {
  const found = await locate(rooms, request);
  if (found === undefined) return undefined;
  if (found.kind === 'kept') {
    const { release } = found;
    return decideKept(rooms, release, askedNow(rooms, packageOf(release), request.principal));
  }
  const { index, version } = found;
  const asked = askedNow(rooms, index.view, request.principal);
  const subject = subjectOf(index, version);
  const stored = await rooms.store.release(releaseIdOf(subject));
  if (stored?.admittedAt !== undefined) return decideAdmitted(rooms, stored, found, asked);
  const sameClaims = stored?.subject.claimedIntegrity === subject.claimedIntegrity;
  if (stored !== undefined && sameClaims) {
    if (standing(rooms, stored.decision, index.view)) return stored;
    if (stored.artifact !== undefined && isComplete(rooms, stored.evidence, false)) {
      return decideFromStored(rooms, stored, asked);
    }
  }
  return decideAnew(rooms, subject, found, asked, stored);
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

export async function lookOr(rooms: Rooms, request: FileRequest): Promise<IndexState | Error> {
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

export async function admittedByFile(rooms: Rooms, request: FileRequest): Promise<ReleaseRecord | undefined> {
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
  asked: Asked,
  previous: ReleaseRecord | undefined,
): Promise<ReleaseRecord> {
  const { principal } = asked;
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
    ...asked,
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
    const assessed = await assess(rooms, { subject, index, version, predecessor }, held);
    const { artifact, evidence, epochs } = assessed;
    const decided = { ...subject, artifact: artifact.sha256 };
    const verdict = verdictAtFile(rooms, decided, version.version, evidence, {
      principal,
      admittedBefore: false,
    });
    await raiseAttackAlarms(rooms, decided, verdict.reasons);
    return await record(rooms, {
      ...common,
      epochs,
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
  asked: Asked,
): Promise<ReleaseRecord> {
  const decided = await decideAgain(rooms, stored, { index, version }, asked);
  if (decided.decision.outcome === 'allow') await restoreBytes(rooms, stored, version);
  return decided;
}

async function decideAgain(
  rooms: Rooms,
  stored: ReleaseRecord,
  { index, version }: { readonly index: KnownIndex; readonly version: IndexVersion },
  asked: Asked,
): Promise<ReleaseRecord> {
  if (standing(rooms, stored.decision, packageOf(stored))) return stored;
  const unchanged =
    stored.artifact !== undefined && claimsMatch(version.claimed, stored.artifact) !== 'other';
  if (stored.artifact === undefined || !unchanged || isComplete(rooms, stored.evidence, true)) {
    return decideFromStored(rooms, stored, asked);
  }
  await restoreBytes(rooms, stored, version);
  const predecessor = await predecessorOf(rooms, index, version.version);
  const held = { artifact: stored.artifact, indexManifest: undefined, evidence: stored.evidence };
  const { artifact: _known, ...subject } = stored.subject;
  const { evidence, epochs } = await assess(rooms, { subject, index, version, predecessor }, held);
  return decideFromStored(rooms, { ...stored, evidence }, { ...asked, epochs });
}

export async function decideKept(rooms: Rooms, stored: ReleaseRecord, asked: Asked): Promise<ReleaseRecord> {
  if (standing(rooms, stored.decision, packageOf(stored))) return stored;
  return decideFromStored(rooms, stored, asked);
}

/**
 * Asks policy again about the evidence as it was stored, and what the feeds say now: nothing is fetched or read. Those who
 * ask for the file, its index, and the job that judges anew may all come here at once: the first one decides.
 */
function decideFromStored(rooms: Rooms, stored: ReleaseRecord, asked: Asked): Promise<ReleaseRecord> {
  return rooms.inTurn(stored.id, async () => {
    const latest = (await rooms.store.release(stored.id)) ?? stored;
    if (standing(rooms, latest.decision, packageOf(latest))) return latest;
    const { decision, admittedAt } = latest;
    return decideInTurn(rooms, { ...stored, decision, admittedAt }, asked);
  });
}

async function decideInTurn(rooms: Rooms, stored: ReleaseRecord, asked: Asked): Promise<ReleaseRecord> {
  const { subject, version, indexManifest, claimedTime, artifact } = stored;
  const { principal, epochs, allowedUnder = epochs.policy } = asked;
  // A refusal by the index alone has no evidence, and none is made up for it.
  const evidence =
    artifact === undefined ? stored.evidence : await refreshed(rooms, subject, stored.evidence);
  const context = { principal, admittedBefore: stored.admittedAt !== undefined };
  const verdict = verdictAtFile(rooms, subject, version, evidence, context);
  await raiseRevocation(rooms, stored, verdict);
  return record(rooms, {
    subject,
    version,
    indexManifest,
    claimedTime,
    artifact,
    evidence,
    verdict,
    principal,
    epochs: verdict.outcome === 'allow' ? { ...epochs, policy: allowedUnder } : epochs,
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
