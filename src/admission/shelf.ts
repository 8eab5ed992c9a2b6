/**
 * What stands on the shelf: the index of one package as a client may see it. Steers only; the file route enforces.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Epochs, Judgement } from '../core/decision.ts';
import type { Sha256 } from '../core/digest.ts';
import { sha256 } from '../core/digest.ts';
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import type { Principal, UpstreamId } from '../core/subject.ts';
import { rfc3339 } from '../core/time.ts';
import type { Admission } from './admit.ts';
import { observationOf } from './assess.ts';
import { claimsMatch } from './claims.ts';
import type { ReleaseRecord, ReleaseSummary } from './deps.ts';
import type { KnownIndex } from './indexes.ts';
import { createLru } from './lru.ts';
import { recordedReleases } from './recorded.ts';
import type { Rooms } from './rooms.ts';
import { createSingleFlight } from './single-flight.ts';
import {
  visibilityOf,
  type HiddenVersion,
  type IndexVerdict,
  type KeptVersion,
  type Visibility,
} from './visibility.ts';

export interface ShelfRequest {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly principal: Principal;
}

export interface Shelf {
  readonly view: IndexView;
  /** Blob of the index this was made from. */
  readonly body: Sha256;
  readonly hidden: readonly HiddenVersion[];
  readonly kept: readonly KeptVersion[];
  readonly visible: readonly string[];
  readonly stale: boolean;
  /** Upstream answers 404 now: only what is kept stands. */
  readonly gone: boolean;
  /** Digest of everything above that shapes the answer: same digest, same bytes. */
  readonly digest: Sha256;
  readonly validUntil: string;
  /** When upstream was last asked. */
  readonly lookedAt: string;
}

export interface Shelves {
  /** Undefined when upstream has no such package and nothing of it was admitted. Throws as Indexes.look does. */
  readonly show: (request: ShelfRequest) => Promise<Shelf | undefined>;
}

interface Verdicts {
  readonly key: string;
  /** Of those that were asked for so far, the first to end. */
  validUntil: string;
  readonly fresh: Map<string, IndexVerdict>;
  readonly admitted: Map<string, IndexVerdict>;
}

interface Remembered {
  readonly state: KnownIndex;
  readonly decisions: number;
  readonly epochs: string;
  readonly shelf: Shelf | undefined;
  readonly validUntil: string;
}

/** Index-stage verdicts of whole packages are kept by weight: one unit per version. */
const rememberedVerdicts = 60_000;
/** Finished shelves likewise: they stand until the index, a decision about the package or an epoch is another. */
const rememberedShelves = 60_000;

export function createShelves(rooms: Rooms, admission: Admission): Shelves {
  const once = createSingleFlight();
  const shelves = createLru<Remembered>(rememberedShelves, ({ state }) => state.view.versions.length + 1);
  const remembered = createLru<Verdicts>(rememberedVerdicts, (verdicts) => verdicts.fresh.size + 1);

  async function show({ upstream, name, principal }: ShelfRequest): Promise<Shelf | undefined> {
    const state = await rooms.indexes.look(upstream, name);
    if (state.state === 'absent') return undefined;
    const id = `${upstream} ${name}`;
    const known = shelves.get(id);
    if (known !== undefined && isCurrent(known, state)) return known.shelf;
    const decisions = admission.decisionsAbout(upstream, name);
    return once(`shelf ${id} ${decisions}`, async () => {
      const epochs = JSON.stringify(rooms.epochs(state.view));
      const { shelf, validUntil } = await make(state, principal);
      shelves.set(id, { state, decisions, epochs, shelf, validUntil });
      return shelf;
    });
  }

  function isCurrent(known: Remembered, state: KnownIndex): boolean {
    const { upstream, name } = state.view;
    return (
      known.state === state &&
      known.decisions === admission.decisionsAbout(upstream, name) &&
      known.epochs === JSON.stringify(rooms.epochs(state.view)) &&
      rfc3339(rooms.clock()) < known.validUntil
    );
  }

  async function make(
    state: KnownIndex,
    principal: Principal,
  ): Promise<Omit<Remembered, 'state' | 'decisions' | 'epochs'>> {
    const releases = await currentReleases(state, principal);
    const verdicts = await verdictsOf(state, releases, principal);
    const visibility = visibilityOf({
      view: state.view,
      gone: state.gone,
      releases,
      verdictOf: (version, admitted) => verdictIn(verdicts, version, admitted),
      stands: (release) => admission.stands(release, state.view),
      changedBytes: (version, release) => offersOtherBytes(version, release),
      farFuture: verdicts.validUntil,
    });
    const validUntil = firstOf([
      visibility.validUntil,
      ...unlisted(state, releases).map((one) => one.validUntil),
    ]);
    if (state.gone && visibility.keep.length === 0) return { shelf: undefined, validUntil };
    return {
      shelf: shelfOf(state, { ...visibility, validUntil }, await keptVersions(visibility.keep)),
      validUntil,
    };
  }

  /**
   * Admitted releases whose decision no longer stands are asked again first: a deny list must hide those that only we
   * list, and what is known of malware by now any of them.
   */
  async function currentReleases(
    state: KnownIndex,
    principal: Principal,
  ): Promise<readonly ReleaseSummary[]> {
    const { upstream, name } = state.view;
    const releases = await rooms.store.releasesOf(upstream, name);
    const admitted = releases.filter(
      (one) => one.admittedAt !== undefined && !admission.stands(one, state.view),
    );
    const ours = new Set(unlisted(state, releases));
    const late = admitted.filter((one) => ours.has(one));
    const known = admitted.filter((one) => !ours.has(one) && knowsBetter(one, rooms.epochs(state.view)));
    for (const one of late) await admission.admit({ upstream, name, file: one.file, principal });
    for (const one of known) await admission.reconsider({ upstream, name, file: one.file, principal });
    return late.length + known.length === 0 ? releases : rooms.store.releasesOf(upstream, name);
  }

  async function verdictsOf(
    index: KnownIndex,
    releases: readonly ReleaseSummary[],
    principal: Principal,
  ): Promise<Verdicts> {
    const now = rfc3339(rooms.clock());
    const id = `${index.view.upstream} ${index.view.name}`;
    const epochs = JSON.stringify(rooms.epochs(index.view));
    const recorded = recordedReleases(index.view, releases);
    const admitted = new Set(
      index.view.versions.flatMap((one) => (recorded.of(one)?.admittedAt === undefined ? [] : [one.version])),
    );
    const key = `${index.body} ${index.record.firstLookAt} ${index.appearances.size} ${epochs}`;
    const known = remembered.get(id);
    const current = known !== undefined && known.key === key && now < known.validUntil ? known : undefined;
    const verdicts = current ?? { key, validUntil: aDayAfter(now), fresh: new Map(), admitted: new Map() };
    await askMissing(rooms, index, { admitted, verdicts, principal, now });
    remembered.set(id, verdicts);
    return verdicts;
  }

  async function keptVersions(keep: readonly ReleaseSummary[]): Promise<readonly KeptVersion[]> {
    const records = await Promise.all(keep.map((one) => rooms.store.release(one.id)));
    return records.flatMap((record) => (record === undefined ? [] : [keptVersion(record)]));
  }

  return { show };
}

/**
 * Whether more is known of it than when it was decided, or an override ended, or it was refused for what may be over. After
 * an upgrade that looks at more, the file route is where that is collected.
 */
function knowsBetter({ outcome, epochs }: ReleaseSummary, now: Epochs): boolean {
  return outcome !== 'allow' || epochs.feeds < now.feeds || epochs.policy === now.policy;
}

/** Admitted, and no longer in the index. */
function unlisted(state: KnownIndex, releases: readonly ReleaseSummary[]): readonly ReleaseSummary[] {
  const recorded = recordedReleases(state.view, releases);
  return releases.filter(
    (one) => one.admittedAt !== undefined && (state.gone || recorded.listed(one) === undefined),
  );
}

function firstOf(instants: readonly string[]): string {
  return instants.reduce((first, instant) => (instant < first ? instant : first));
}

/** About 50 µs a version: a package of thousands must not keep everybody else waiting. */
const askedAtOnce = 200;

interface Asking {
  readonly admitted: ReadonlySet<string>;
  readonly verdicts: Verdicts;
  readonly principal: Principal;
  readonly now: string;
}

/** A version that was admitted since is asked about again; the others keep their verdicts. */
async function askMissing(
  rooms: Rooms,
  index: KnownIndex,
  { admitted, verdicts, principal, now }: Asking,
): Promise<void> {
  const allowed = new Map<string, IndexVerdict>();
  let asked = 0;
  for (const version of index.view.versions) {
    const admittedBefore = admitted.has(version.version);
    const known = admittedBefore ? verdicts.admitted : verdicts.fresh;
    if (known.has(version.version)) continue;
    asked += 1;
    if (asked % askedAtOnce === 0) await nextTurn();
    const facts = rooms.facts.atIndex(index.view, version, observationOf(index, version.version), now);
    const verdict = rooms.policy.judge(
      { stage: 'index', facts, context: { principal, admittedBefore } },
      now,
    );
    known.set(version.version, slim(verdict, allowed));
    if (verdict.validUntil < verdicts.validUntil) verdicts.validUntil = verdict.validUntil;
  }
}

/** Thousands of versions are allowed for the same time: they share one. */
function slim({ outcome, reasons, validUntil }: Judgement, allowed: Map<string, IndexVerdict>): IndexVerdict {
  if (outcome !== 'allow') return { outcome, reasons, validUntil };
  const shared = allowed.get(validUntil) ?? { outcome, reasons: [], validUntil };
  allowed.set(validUntil, shared);
  return shared;
}

function aDayAfter(instant: string): string {
  return rfc3339(new Date(Date.parse(instant) + 24 * 3_600_000));
}

function verdictIn(verdicts: Verdicts, version: IndexVersion, admitted: boolean): IndexVerdict {
  const found = (admitted ? verdicts.admitted : verdicts.fresh).get(version.version);
  if (found === undefined) throw new TypeError(`no verdict was asked for ${version.version}`);
  return found;
}

function offersOtherBytes(version: IndexVersion, release: ReleaseSummary): boolean {
  return release.digests !== undefined && claimsMatch(version.claimed, release.digests) === 'other';
}

function keptVersion(record: ReleaseRecord): KeptVersion {
  return { version: record.version, manifest: record.indexManifest, time: record.claimedTime };
}

function shelfOf(index: KnownIndex, visibility: Visibility, kept: readonly KeptVersion[]): Shelf {
  const { view, body, stale, gone, record } = index;
  const { hidden, visible, validUntil } = visibility;
  const shape = JSON.stringify([
    body,
    gone,
    hidden.map((one) => [one.version, one.why, one.until, one.caseId]),
    kept.map((one) => one.version),
  ]);
  const lookedAt = record.lastLookAt;
  return { view, body, hidden, kept, visible, stale, gone, digest: sha256(shape), validUntil, lookedAt };
}
