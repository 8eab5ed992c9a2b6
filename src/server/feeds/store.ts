/**
 * The feeds of advisories in force: durable, recorded in the ledger, and exchanged whole. One change at a time; until a new
 * one is on disk with its entry, the old one answers.
 */
import { parseEpss } from '../../advisories/epss.ts';
import { parseKev } from '../../advisories/kev.ts';
import { createLookup, noAdvisories } from '../../advisories/lookup.ts';
import type { AdvisoryLookup, AdvisoryOverride } from '../../core/advisory.ts';
import type { Sha256 } from '../../core/digest.ts';
import { forTerminal } from '../../core/encode.ts';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { Principal } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { FeedChange } from '../../ledger/feed-event.ts';
import type { OpenedFeed } from '../workers/feed-jobs.ts';
import type { FeedPool } from '../workers/feed-pool.ts';
import { canariesOf } from './canaries.ts';
import { fetchImport, type Before, type Fetched, type FeedRequest } from './fetching.ts';
import { refuseWorse } from './judge.ts';
import type { FeedKeeping } from './keeping.ts';
import { given, mapLists, noLists, valuesOf, type Lists } from './lists.ts';
import { inForce, isSame, mostOverrides, newOverride, type OverrideRequest } from './overrides.ts';
import type { SourceDeps } from './sources.ts';
import { formatState, noFeeds, parseState, type FeedsState, type KeptFeed } from './state.ts';

export interface FeedStoreDeps {
  readonly keeping: FeedKeeping;
  readonly pool: Pick<FeedPool, 'open' | 'changed' | 'import'>;
  readonly sources: SourceDeps;
  readonly clock: Clock;
  /** Told of a snapshot that is on record and cannot be read. */
  readonly onLost: (ecosystem: Ecosystem, error: unknown) => void;
}

export interface FeedOutcome {
  readonly feed: KeptFeed;
  /** Nothing is different from before: no entry was made. */
  readonly isSame: boolean;
  /** Packages about which something else is said now. */
  readonly changed: number;
  /** The first reasons for records that could not be read. */
  readonly reasons: readonly string[];
}

export type ImportPhase = 'fetching' | 'reading' | 'storing';

export interface FeedsStatus {
  readonly feeds: readonly (KeptFeed & { readonly problem: string | undefined })[];
  readonly overrides: readonly AdvisoryOverride[];
  /** How many names are popular; none where there is no list. */
  readonly popular: ReadonlyMap<Ecosystem, number>;
  readonly importing:
    | { readonly ecosystem: Ecosystem; readonly phase: ImportPhase; readonly since: string }
    | undefined;
}

export interface FeedStore {
  /** Without a feed, or with one that is lost, nothing is known, and the lookup says so. */
  readonly current: (ecosystem: Ecosystem) => AdvisoryLookup;
  /** The feed of that digest, joined with the lists of now; undefined when it is no longer kept. Throws STORAGE_*. */
  readonly at: (ecosystem: Ecosystem, digest: Sha256) => Promise<AdvisoryLookup | undefined>;
  /** Names that so many use that one source alone may not call them malicious; empty when no list was given. */
  readonly popular: (ecosystem: Ecosystem) => ReadonlySet<string>;
  /** Those that have not ended. */
  readonly overrides: () => readonly AdvisoryOverride[];
  /**
   * Throws FEED_BUSY while another one is under way, FEED_UNREADABLE, FEED_EMPTY, FEED_SHRANK, FEED_CANARY_MISSED,
   * FEED_ECOSYSTEM_WRONG, REQUEST_INVALID, UPSTREAM_*, STORAGE_*; then what was in force stays so.
   */
  readonly importFrom: (request: FeedRequest, principal: Principal) => Promise<FeedOutcome>;
  /** Throws REQUEST_INVALID, STORAGE_*. One for the same advisory and package takes the other's place. */
  readonly addOverride: (request: OverrideRequest, principal: Principal) => Promise<AdvisoryOverride>;
  /** Throws FEED_OVERRIDE_UNKNOWN, STORAGE_*. */
  readonly endOverride: (
    which: Pick<OverrideRequest, 'id' | 'name' | 'version'>,
    principal: Principal,
  ) => Promise<AdvisoryOverride>;
  readonly status: () => FeedsStatus;
  /** Called after a change is durable, with the packages that it concerns; its promise is waited for. */
  readonly onChange: (listener: FeedListener) => void;
}

export type FeedListener = (change: {
  /** Undefined: of any. */
  readonly ecosystem: Ecosystem | undefined;
  readonly names: readonly string[];
}) => void | Promise<void>;

/** More than the largest snapshot. */
const blobBytes = 1024 * 1024 * 1024;
/** Snapshots and lists that are not in force any more, kept for a look back. */
const pastKept = 8;

/** What is in force is read before this resolves: a gate that answers without it would let malware pass. Throws FEED_SNAPSHOT_INVALID, STORAGE_*. */
export async function createFeedStore(deps: FeedStoreDeps): Promise<FeedStore> {
  const { keeping, pool, clock } = deps;
  const stored = await keeping.readState();
  let state: FeedsState = stored === undefined ? noFeeds : parseState(stored);
  const lookups = new Map<Ecosystem, AdvisoryLookup>();
  const popular = new Map<Ecosystem, ReadonlySet<string>>();
  const problems = new Map<Ecosystem, string>();
  let importing: FeedsStatus['importing'];
  let turn: Promise<unknown> = Promise.resolve();
  const listeners: FeedListener[] = [];

  for (const kept of state.feeds) await open(kept);

  async function open(kept: KeptFeed): Promise<void> {
    const { ecosystem, digest } = kept;
    try {
      const path = await found(digest);
      const lists = await mapLists<Sha256, string>(kept, found);
      use(kept, await pool.open({ kind: 'open', ecosystem, snapshot: { path, digest }, lists }));
    } catch (error) {
      problems.set(ecosystem, isAssayError(error) ? `${error.code}: ${error.message}` : messageOf(error));
      deps.onLost(ecosystem, error);
    }
  }

  async function found(digest: Sha256): Promise<string> {
    const path = await keeping.path(digest);
    if (path === undefined) throw new AssayError('FEED_SNAPSHOT_INVALID', `the blob ${digest} is gone`);
    return path;
  }

  function use(kept: KeptFeed, opened: OpenedFeed): void {
    lookups.set(kept.ecosystem, lookupOf(kept, opened));
    popular.set(kept.ecosystem, new Set(opened.popular?.split('\n')));
    problems.delete(kept.ecosystem);
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  function keptOf(ecosystem: Ecosystem): KeptFeed | undefined {
    return state.feeds.find((one) => one.ecosystem === ecosystem);
  }

  async function record(
    change: FeedChange,
    principal: Principal,
    stateOf: (entry: string) => FeedsState,
  ): Promise<void> {
    let next = state;
    await keeping.record({ change, principal, time: rfc3339(clock()) }, (entry) => {
      next = stateOf(entry);
      return formatState(next);
    });
    state = next;
  }

  async function tell(ecosystem: Ecosystem | undefined, names: readonly string[]): Promise<void> {
    for (const listener of listeners) await listener({ ecosystem, names });
  }

  async function importFrom(request: FeedRequest, principal: Principal): Promise<FeedOutcome> {
    const { ecosystem } = request;
    const phase = (at: ImportPhase): void => {
      importing = { ecosystem, phase: at, since: importing?.since ?? rfc3339(clock()) };
    };
    if (importing !== undefined)
      throw new AssayError('FEED_BUSY', `a feed of ${importing.ecosystem} is being imported`);
    phase('fetching');
    let fetched: Fetched | undefined;
    try {
      const kept = keptOf(ecosystem);
      const before = await beforeOf(kept);
      fetched = await fetchImport(request, before, { ...deps.sources, pool });
      if (fetched.isCurrent && kept !== undefined)
        return { feed: kept, isSame: true, changed: 0, reasons: [] };
      phase('reading');
      return await take(request, fetched, kept, before, principal, () => phase('storing'));
    } finally {
      importing = undefined;
      await fetched?.remove();
    }
  }

  /** Without that of which the bytes are lost. */
  async function beforeOf(kept: KeptFeed | undefined): Promise<Before> {
    if (kept === undefined) return { snapshot: undefined, lists: noLists };
    const { digest, ecosystem } = kept;
    const whole = problems.has(ecosystem) ? undamaged : keeping.path;
    const path = await whole(digest);
    const lists = await mapLists<Sha256, Sha256>(kept, async (one) =>
      (await whole(one)) === undefined ? undefined : one,
    );
    return { snapshot: path === undefined ? undefined : { path, digest }, lists };
  }

  /** Where something is known to be wrong, each blob is read: a damaged one is as good as lost, and is replaced. */
  async function undamaged(digest: Sha256): Promise<string | undefined> {
    try {
      await keeping.read(digest, blobBytes);
      return await keeping.path(digest);
    } catch (error) {
      if (isAssayError(error) && error.code.startsWith('BLOB_')) return undefined;
      throw error;
    }
  }

  async function take(
    { ecosystem, allowShrink }: FeedRequest,
    fetched: Fetched,
    before: KeptFeed | undefined,
    { snapshot: previous, lists: keptLists }: Before,
    principal: Principal,
    storing: () => void,
  ): Promise<FeedOutcome> {
    const previousLists = await mapLists(keptLists, found);
    const fresh = await mapLists(fetched.lists, ({ path }) => path);
    const imported = await pool.import({
      kind: 'import',
      ecosystem,
      from: fetched.from,
      ids: fetched.ids,
      previous,
      lists: { ...previousLists, ...given(fresh) },
      previousLists,
      canaries: canariesOf(ecosystem),
    });
    refuseWorse(imported, before, allowShrink);
    storing();
    const { digest, header, refused, canary, reasons, changed } = imported;
    await keeping.keep(imported.bytes);
    const freshLists = await mapLists(fetched.lists, ({ bytes }) => keeping.keep(bytes));
    const lists: Lists<Sha256> = { ...keptLists, ...given(freshLists) };
    const { records, malicious, withdrawn, newest: newestAt } = header;
    // Lists alone leave the advisories as they were imported.
    const when =
      fetched.source === undefined && before !== undefined
        ? { source: before.source, importedAt: before.importedAt, refused: before.refused }
        : { source: forTerminal(fetched.source ?? '', 500), importedAt: rfc3339(clock()), refused };
    const kept: Omit<KeptFeed, 'entry'> = {
      ecosystem,
      digest,
      records,
      malicious,
      withdrawn,
      newestAt,
      canary,
      ...when,
      ...given(lists),
    };
    const change: FeedChange = {
      action: 'import',
      ecosystem,
      before: before?.digest,
      digest,
      records,
      newestAt,
      source: when.source,
      canary,
      ...lists,
    };
    let feed: KeptFeed = { ...kept, entry: '' };
    const gone: Sha256[] = [];
    await record(change, principal, (entry) => {
      feed = { ...kept, entry };
      const feeds = [...state.feeds.filter((one) => one.ecosystem !== ecosystem), feed];
      const past = pastOf(state, before, feeds);
      gone.splice(0, gone.length, ...past.slice(pastKept));
      return { ...state, feeds, past: past.slice(0, pastKept) };
    });
    use(feed, imported);
    for (const one of gone) await keeping.remove(one);
    if (changed.length > 0) await tell(ecosystem, changed);
    return {
      feed,
      isSame: false,
      changed: changed.length,
      reasons: reasons.map((one) => forTerminal(one, 300)),
    };
  }

  return {
    current: (ecosystem) => lookups.get(ecosystem) ?? withoutFeed(problems.get(ecosystem)),
    at: async (ecosystem, digest) => {
      const kept = keptOf(ecosystem);
      if (kept?.digest === digest) return lookups.get(ecosystem);
      const path = state.past.includes(digest) ? await keeping.path(digest) : undefined;
      if (path === undefined) return undefined;
      const lists = await mapLists<Sha256, string>(kept ?? noLists, keeping.path);
      const opened = await pool.open({ kind: 'open', ecosystem, snapshot: { path, digest }, lists });
      return lookupOf({ importedAt: '', source: '', canary: 'not-checked' }, opened);
    },
    popular: (ecosystem) => popular.get(ecosystem) ?? new Set(),
    overrides: () => inForce(state.overrides, clock()),
    importFrom: (request, principal) => {
      if (importing !== undefined)
        return Promise.reject(
          new AssayError('FEED_BUSY', `a feed of ${importing.ecosystem} is being imported`),
        );
      return inTurn(() => importFrom(request, principal));
    },
    addOverride: (request, principal) =>
      inTurn(async () => {
        const override = newOverride(request, principal, clock());
        const others = inForce(state.overrides, clock()).filter((one) => !isSame(one, request));
        if (others.length >= mostOverrides)
          throw new AssayError('REQUEST_INVALID', `there are ${mostOverrides} overrides already`);
        const overrides = [...others, override];
        await record({ action: 'override', override }, principal, () => ({ ...state, overrides }));
        await tell(undefined, [override.name]);
        return override;
      }),
    endOverride: (which, principal) =>
      inTurn(async () => {
        const known = inForce(state.overrides, clock());
        const override = known.find((one) => isSame(one, which));
        if (override === undefined)
          throw new AssayError('FEED_OVERRIDE_UNKNOWN', `no override of ${which.id} concerns ${which.name}`);
        const overrides = known.filter((one) => one !== override);
        await record({ action: 'override-ended', override }, principal, () => ({ ...state, overrides }));
        await tell(undefined, [override.name]);
        return override;
      }),
    status: () => ({
      feeds: state.feeds.map((one) => ({ ...one, problem: problems.get(one.ecosystem) })),
      overrides: inForce(state.overrides, clock()),
      popular: new Map([...popular].map(([ecosystem, names]) => [ecosystem, names.size])),
      importing,
    }),
    onChange: (listener) => void listeners.push(listener),
  };
}

/** What was in force and is not any more, newest first. */
function pastOf(
  { past }: FeedsState,
  before: KeptFeed | undefined,
  feeds: readonly KeptFeed[],
): readonly Sha256[] {
  const blobsOf = (kept: KeptFeed): readonly Sha256[] => [kept.digest, ...valuesOf(kept)];
  const used = new Set(feeds.flatMap(blobsOf));
  const all = [...(before === undefined ? [] : blobsOf(before)), ...past];
  return [...new Set(all)].filter((one) => !used.has(one));
}

function withoutFeed(problem: string | undefined): AdvisoryLookup {
  return problem === undefined ? noAdvisories : { ...noAdvisories, lost: problem };
}

function lookupOf(
  { importedAt, source, canary }: Pick<KeptFeed, 'importedAt' | 'source' | 'canary'>,
  opened: OpenedFeed,
): AdvisoryLookup {
  const { header, digest, bytes, epss, kev } = opened;
  const snapshot = { header, digest, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
  return createLookup(
    snapshot,
    { importedAt, source, canary },
    {
      epss: epss === undefined ? undefined : parseEpss(epss),
      kev: kev === undefined ? undefined : parseKev(kev),
    },
  );
}
