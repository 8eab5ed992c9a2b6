/** The main thread's side of feeds: a feed of 200,000 records takes seconds, and the event loop none of them. */
import type { ChangedFeed, FeedJob, ImportedFeed, ImportJob, OpenedFeed } from './feed-jobs.ts';
import { createThreads } from './threads.ts';

/** Rejects with FEED_UNREADABLE, FEED_SNAPSHOT_INVALID, FEED_ECOSYSTEM_WRONG, GATE_BUSY. */
export interface FeedPool {
  readonly open: (job: Extract<FeedJob, { readonly kind: 'open' }>) => Promise<OpenedFeed>;
  readonly changed: (job: Extract<FeedJob, { readonly kind: 'changed' }>) => Promise<ChangedFeed>;
  readonly import: (job: ImportJob) => Promise<ImportedFeed>;
  readonly close: () => Promise<void>;
}

const hangMs = 15 * 60_000;
/** All records of a feed are in memory while it is built. */
const heapMb = 3072;
const youngHeapMb = 64;

export function createFeedPool(): FeedPool {
  const threads = createThreads({
    script: new URL('./feed-worker.ts', import.meta.url),
    count: 1,
    heapMb,
    youngHeapMb,
    failure: { code: 'FEED_UNREADABLE', message: 'reading the feed failed' },
    busy: 'too many feeds are waiting to be read',
    hangMs,
  });
  return {
    open: async (job) => (await threads.run(job)) as OpenedFeed,
    changed: async (job) => (await threads.run(job)) as ChangedFeed,
    import: async (job) => (await threads.run(job)) as ImportedFeed,
    close: threads.close,
  };
}
