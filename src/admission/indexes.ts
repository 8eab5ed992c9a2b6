/**
 * Looking at an upstream's index of one package: asked again when it is no longer fresh, read once per body,
 * remembered with what we saw ourselves. When upstream is down, the last index we read serves on, marked stale.
 */
import type { Sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import type { IndexView } from '../core/index-view.ts';
import type { UpstreamId } from '../core/subject.ts';
import { rfc3339, type Clock } from '../core/time.ts';
import type { AdmissionStore, Appearance, IndexReader, IndexRecord, UpstreamClient } from './deps.ts';
import { claimsAgree } from './claims.ts';
import { advertisedIn, recentIn } from './publications-in-index.ts';
import { createLru } from './lru.ts';
import { createSingleFlight } from './single-flight.ts';

export interface KnownIndex {
  readonly state: 'known';
  readonly body: Sha256;
  readonly view: IndexView;
  readonly record: IndexRecord;
  readonly appearances: ReadonlyMap<string, Appearance>;
  /** Upstream could not be asked: this is what it said last. */
  readonly stale: boolean;
  /** Upstream says 404 now: `view` is what it said before, and nothing in it is offered any more. */
  readonly gone: boolean;
}

export type IndexState = KnownIndex | { readonly state: 'absent' };

export interface IndexesDeps {
  readonly upstream: UpstreamClient;
  readonly reader: IndexReader;
  readonly store: AdmissionStore;
  readonly clock: Clock;
  readonly freshSeconds: number;
  /** How long a 404 of upstream is believed. */
  readonly absentSeconds: number;
  /** Called after upstream gave a new body, before anyone is answered from it. */
  readonly onChange: (upstream: UpstreamId, name: string, view: IndexView) => Promise<void>;
}

export interface Indexes {
  /** Throws UPSTREAM_* when upstream fails and nothing was ever read; INDEX_INVALID likewise. */
  readonly look: (upstream: UpstreamId, name: string) => Promise<IndexState>;
  /** Forgets freshness, so that the next look asks upstream. */
  readonly expire: (upstream: UpstreamId, name: string) => void;
}

interface Remembered {
  readonly state: IndexState;
  readonly lookedAtMs: number;
  readonly freshForMs: number;
}

type UsableRecord = IndexRecord & { readonly body: Sha256 };

/** Indexes in memory, by weight: one unit per version (about 1 KB). What is forgotten is read again from its blob. */
const rememberedVersions = 60_000;
/** A failing upstream is not asked again by every request for the same package. */
const staleRetrySeconds = 15;

export function createIndexes(deps: IndexesDeps): Indexes {
  const remembered = createLru<Remembered>(rememberedVersions, ({ state }) =>
    state.state === 'known' ? state.view.versions.length + 1 : 1,
  );
  const once = createSingleFlight();

  async function look(upstream: UpstreamId, name: string): Promise<IndexState> {
    const key = `${upstream} ${name}`;
    const known = remembered.get(key);
    if (known !== undefined && isFresh(known, deps.clock().getTime())) return known.state;
    return once(key, async () => {
      const state = await refresh(deps, upstream, name, known?.state);
      const seconds =
        state.state === 'absent' ? deps.absentSeconds : state.stale ? staleRetrySeconds : deps.freshSeconds;
      remembered.set(key, { state, lookedAtMs: deps.clock().getTime(), freshForMs: seconds * 1000 });
      return state;
    });
  }

  return { look, expire: (upstream, name) => remembered.delete(`${upstream} ${name}`) };
}

/** A clock that was set back makes nothing fresh for longer. */
function isFresh({ lookedAtMs, freshForMs }: Remembered, nowMs: number): boolean {
  return nowMs >= lookedAtMs && nowMs < lookedAtMs + freshForMs;
}

async function refresh(
  deps: IndexesDeps,
  upstream: UpstreamId,
  name: string,
  known: IndexState | undefined,
): Promise<IndexState> {
  const record = await deps.store.indexRecord(upstream, name);
  const usable = record?.body === undefined ? undefined : { ...record, body: record.body };
  try {
    const validators = usable === undefined || usable.absent ? {} : usable.validators;
    let answer = await deps.upstream.fetchIndex(upstream, name, validators);
    if (answer.state === 'not-modified' && usable !== undefined) {
      try {
        return await stored(deps, usable, known, false);
      } catch (error) {
        if (!isLost(error)) throw error;
        // What upstream says has not changed is no longer here: it is asked for whole.
        answer = await deps.upstream.fetchIndex(upstream, name, {});
      }
    }
    if (answer.state !== 'fresh') return await nowAbsent(deps, upstream, name, usable, known);
    const same = known?.state === 'known' && known.body === answer.body ? known : undefined;
    const before = same?.view ?? (await viewBefore(deps, usable, known, answer.body));
    const view = same?.view ?? (await deps.reader.read(upstream, name, answer.body));
    // Before the look is recorded: after a crash in between, the change is noticed again, not lost.
    if (same === undefined) await deps.onChange(upstream, name, view);
    const { body, validators: newValidators } = answer;
    const versions = view.versions.map((version) => version.version);
    const replaced = replacedVersions(before, view);
    const lookAt = rfc3339(deps.clock());
    await deps.store.recordLook({
      upstream,
      name,
      body,
      validators: newValidators,
      lookAt,
      absent: false,
      versions,
      replaced,
      ...advertisedIn(view),
      published: recentIn(view, lookAt),
    });
    return await stored(deps, await present(deps, upstream, name), { state: 'known', view, body }, false);
  } catch (error) {
    if (usable === undefined || !isUpstreamFault(error)) throw error;
    return await stored(deps, usable, known, true);
  }
}

/** A package that upstream no longer knows: what we admitted of it is served on by its releases. */
async function nowAbsent(
  deps: IndexesDeps,
  upstream: UpstreamId,
  name: string,
  usable: UsableRecord | undefined,
  known: IndexState | undefined,
): Promise<IndexState> {
  // Names that never existed are not written down: a loop over invented names must not fill the disk.
  if (usable === undefined) return { state: 'absent' };
  const { body } = usable;
  if (!usable.absent) {
    const { view } = await stored(deps, usable, known, false);
    await deps.onChange(upstream, name, { ...view, versions: [], tags: {} });
  }
  const lookAt = rfc3339(deps.clock());
  await deps.store.recordLook({
    upstream,
    name,
    body,
    validators: {},
    lookAt,
    absent: true,
    versions: [],
    replaced: [],
    attested: [],
    signed: [],
    published: [],
  });
  return stored(deps, await present(deps, upstream, name), known, false);
}

/** What the index listed before, where it is another one now; undefined at first sight, or when it is lost. */
async function viewBefore(
  deps: IndexesDeps,
  usable: UsableRecord | undefined,
  known: IndexState | undefined,
  now: Sha256,
): Promise<IndexView | undefined> {
  if (usable === undefined || usable.body === now) return undefined;
  if (known?.state === 'known' && known.body === usable.body) return known.view;
  try {
    return await deps.reader.read(usable.upstream, usable.name, usable.body);
  } catch (error) {
    if (isLost(error) || isAssayError(error, 'INDEX_INVALID')) return undefined;
    throw error;
  }
}

/** A name that was given other bytes is as new as its bytes, whatever publish time the index claims for it. */
function replacedVersions(before: IndexView | undefined, now: IndexView): readonly string[] {
  const claimed = new Map(before?.versions.map((version) => [version.version, version.claimed]));
  return now.versions.flatMap((version) => {
    const then = claimed.get(version.version);
    return then === undefined || claimsAgree(then, version.claimed) ? [] : [version.version];
  });
}

function isLost(error: unknown): boolean {
  return isAssayError(error, 'BLOB_MISSING') || isAssayError(error, 'BLOB_CORRUPT');
}

async function present(deps: IndexesDeps, upstream: UpstreamId, name: string): Promise<UsableRecord> {
  const record = await deps.store.indexRecord(upstream, name);
  if (record?.body === undefined) throw new TypeError('an index that was just recorded is not there');
  return { ...record, body: record.body };
}

async function stored(
  deps: IndexesDeps,
  record: UsableRecord,
  known:
    | IndexState
    | { readonly state: 'known'; readonly view: IndexView; readonly body: Sha256 }
    | undefined,
  stale: boolean,
): Promise<KnownIndex> {
  const reuse = known?.state === 'known' && known.body === record.body ? known.view : undefined;
  const view = reuse ?? (await deps.reader.read(record.upstream, record.name, record.body));
  const appearances = await deps.store.appearances(record.upstream, record.name);
  return { state: 'known', body: record.body, view, record, appearances, stale, gone: record.absent };
}

/** What upstream does wrong must not take away what is already verified; our own faults must not hide behind it. */
function isUpstreamFault(error: unknown): boolean {
  return isAssayError(error) && (error.code.startsWith('UPSTREAM_') || error.code === 'INDEX_INVALID');
}
