/** Feeds and VEX wired into a gate: their stores on this disk, and the job that asks the configured URLs. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gateItself } from '../../core/subject.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { VexStatement } from '../../core/vex.ts';
import type { Storage } from '../../storage/open.ts';
import { openPublicFiles, type PublicFiles } from '../../upstream/public-files.ts';
import type { FeedSettings, Settings } from '../config/settings.ts';
import type { Logger } from '../logger.ts';
import { assayVersion } from '../package-version.ts';
import { createVexStore, type VexStore } from '../vex/store.ts';
import { createFeedPool } from '../workers/feed-pool.ts';
import { createVexPool } from '../workers/vex-pool.ts';
import { ageOf } from './age.ts';
import { openKeeping } from './keeping.ts';
import { removeLeftovers } from './sources.ts';
import { createFeedStore, type FeedStore } from './store.ts';
import { openTelling } from './told.ts';

export interface FeedParts {
  readonly settings: Pick<Settings, 'feeds' | 'vexSigners' | 'dataDirectory'>;
  readonly storage: Pick<Storage, 'settings' | 'blobs' | 'events'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Called where something changed that no listener was told of: by the configuration, or before a crash. */
  readonly onUntold: () => Promise<void>;
  /** Instead of our own client. */
  readonly files?: Pick<PublicFiles, 'read'>;
  /** How long after the start the first refresh is; a minute, where it is not given. */
  readonly firstRefreshMs?: number;
}

/** The newest refresh of one ecosystem since the gate started. */
export interface FeedRefreshed {
  readonly ecosystem: Ecosystem;
  readonly url: string;
  readonly at: string;
  /** Undefined when it went well. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

export interface Feeds extends FeedStore {
  /** Those in force at this instant, by signers whom the operator named, and the operator's own. */
  readonly vex: () => readonly VexStatement[];
  /** The same about one package, whatever the version: much faster than a look through all. */
  readonly vexAbout: (ecosystem: Ecosystem, name: string) => readonly VexStatement[];
  readonly vexStore: VexStore;
  readonly refreshed: () => readonly FeedRefreshed[];
  /** Sentences about what needs attention. */
  readonly problems: () => readonly string[];
}

const defaultFirstRefreshMs = 60_000;
/** A timer takes no longer time. */
const maxWaitMs = 2 ** 31 - 1;
const fetchMs = 30 * 60_000;

/** Throws FEED_SNAPSHOT_INVALID when what is stored cannot be read, STORAGE_*. */
export async function openFeeds(parts: FeedParts, closers: (() => Promise<void>)[]): Promise<Feeds> {
  const { settings, clock, log } = parts;
  const incoming = join(settings.dataDirectory, 'incoming-feeds');
  await removeLeftovers({ incoming });
  const pool = createFeedPool();
  closers.push(pool.close);
  const keeping = openKeeping(parts.storage);
  const sources = { incoming, files: parts.files ?? ownFiles(closers) };
  const store = await createFeedStore({
    keeping: keeping('feeds'),
    pool,
    sources,
    clock,
    onLost: (ecosystem, error) => log.error({ err: error, ecosystem }, 'a feed of advisories was lost'),
  });
  const vexPool = createVexPool();
  closers.push(vexPool.close);
  const vexStore = await createVexStore({
    keeping: keeping('vex'),
    pool: vexPool,
    sources,
    signers: settings.vexSigners,
    clock,
    onLost: (id, error) => log.error({ err: error, id }, 'a VEX document does not count'),
  });
  const settling = await openTelling({
    settings: parts.storage.settings,
    newest: keeping('feeds').newest,
    besides: () => [settings.vexSigners, lostFeeds(store), lostDocuments(vexStore)],
    onUntold: parts.onUntold,
  });
  const importFrom = settling(store.importFrom);
  const latest = new Map<Ecosystem, FeedRefreshed>();
  const closing = new AbortController();

  async function refresh({ ecosystem, url, epssUrl, kevUrl, popular }: FeedSettings): Promise<void> {
    const base = { ecosystem, url, at: rfc3339(clock()) };
    const lists = { epss: epssUrl, kev: kevUrl, popular };
    const request = { ecosystem, from: url, delta: 'beside', lists, allowShrink: false };
    try {
      const { feed, changed } = await importFrom(request, gateItself);
      log.info({ ecosystem, url, digest: feed.digest, changed }, 'a feed of advisories was refreshed');
      latest.set(ecosystem, { ...base, problem: undefined });
    } catch (error) {
      log.warn({ err: error, ecosystem, url }, 'a feed of advisories could not be refreshed');
      const code = isAssayError(error) ? error.code : 'STORAGE_FAILED';
      latest.set(ecosystem, { ...base, problem: { code, message: messageOf(error) } });
    }
  }

  async function every(feed: FeedSettings, everyMs: number): Promise<void> {
    let pauseMs = parts.firstRefreshMs ?? defaultFirstRefreshMs;
    while (!closing.signal.aborted) {
      const { signal } = closing;
      await wait(Math.min(pauseMs, maxWaitMs), undefined, { signal, ref: false }).catch(() => undefined);
      if (closing.signal.aborted) return;
      await refresh(feed);
      pauseMs = everyMs;
    }
  }

  for (const feed of settings.feeds)
    if (feed.refreshEveryMs !== undefined) void every(feed, feed.refreshEveryMs);
  closers.push(() => Promise.resolve(closing.abort()));
  return {
    ...store,
    importFrom,
    addOverride: settling(store.addOverride),
    endOverride: settling(store.endOverride),
    vexStore: {
      ...vexStore,
      importFrom: settling(vexStore.importFrom),
      add: settling(vexStore.add),
      remove: settling(vexStore.remove),
    },
    vex: vexStore.inForce,
    vexAbout: vexStore.about,
    onChange: (listener) => {
      store.onChange(listener);
      vexStore.onChange(listener);
    },
    refreshed: () => [...latest.values()],
    problems: () => [
      ...problemsOf(store, [...latest.values()], rfc3339(clock())),
      ...vexStore
        .status()
        .documents.flatMap(({ id, signer, problem }) =>
          problem === undefined ? [] : [`VEX: the document ${id} by ${signer} does not count (${problem}).`],
        ),
    ],
  };
}

function lostFeeds(store: FeedStore): readonly string[] {
  return store.status().feeds.flatMap(({ digest, problem }) => (problem === undefined ? [] : [digest]));
}

function lostDocuments(store: VexStore): readonly string[] {
  return store.status().documents.flatMap(({ id, problem }) => (problem === undefined ? [] : [id]));
}

function ownFiles(closers: (() => Promise<void>)[]): PublicFiles {
  const files = openPublicFiles({ version: assayVersion, retries: 1, totalMs: fetchMs });
  closers.push(() => Promise.resolve(files.close()));
  return files;
}

function problemsOf(store: FeedStore, refreshed: readonly FeedRefreshed[], now: string): readonly string[] {
  const feeds = store.status().feeds.flatMap(({ ecosystem, newestAt, problem }) => {
    if (problem !== undefined) return [`Advisories: the feed of ${ecosystem} is lost (${problem}).`];
    const { days, isOld } = ageOf(newestAt, now);
    return isOld ? [`Advisories: the newest record for ${ecosystem} is ${days ?? '?'} days old.`] : [];
  });
  return [
    ...feeds,
    ...refreshed.flatMap(({ ecosystem, problem }) =>
      problem === undefined
        ? []
        : [`Advisories: the feed of ${ecosystem} could not be refreshed (${problem.code}).`],
    ),
  ];
}
