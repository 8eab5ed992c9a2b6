/**
 * Who pulled what, gathered in memory and written behind the installs: sending a file never waits for a disk. A process
 * that is killed forgets what it gathered since the last write, a few seconds at most.
 */
import { randomUUID } from 'node:crypto';
import { pullersPerRelease, type Pull, type Puller } from '../../core/pull.ts';
import type { ReleaseId } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { NewPull, PullBatch, PullList, PullStore } from '../../storage/pulls.ts';
import type { Logger } from '../logger.ts';

export interface PullLogDeps {
  readonly store: PullStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error' | 'info'>;
  readonly writeEveryMs?: number;
  /** Most rows that wait. */
  readonly waitingAtMost?: number;
}

export interface PullLog {
  /** A file was sent whole. Neither waits nor throws. */
  readonly sent: (releaseId: ReleaseId, puller: Puller) => void;
  /** All who pulled the release, last first; what was sent before is written before. Throws STORAGE_*. */
  readonly of: (releaseId: ReleaseId) => Promise<readonly Pull[]>;
  /** The same for several. */
  readonly list: (releaseIds: readonly ReleaseId[], limit: number) => Promise<PullList>;
  /** What needs attention, one sentence each. */
  readonly problems: () => readonly string[];
  /** Writes what waits, as far as that can be done. */
  readonly close: () => Promise<void>;
}

const defaultWriteEveryMs = 3_000;
/** About 20 MB. */
const defaultWaitingAtMost = 50_000;
/** Rows in one transaction: it holds the event loop for some milliseconds. */
const rowsInBatch = 64;

interface Waiting {
  readonly releaseId: ReleaseId;
  readonly puller: Puller;
  firstMs: number;
  lastMs: number;
  count: number;
}

/** Throws STORAGE_* when it cannot be written down that recording begins. */
export async function openPullLog(deps: PullLogDeps): Promise<PullLog> {
  const { store, clock, log } = deps;
  const { writeEveryMs = defaultWriteEveryMs, waitingAtMost = defaultWaitingAtMost } = deps;
  await store.begin(rfc3339(clock()));
  const waiting = new Map<string, Waiting>();
  /** Formed, and not known to be stored. One whose answer was lost is offered again under its own id. */
  const batches: PullBatch[] = [];
  let rowsInBatches = 0;
  let lost = 0;
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function sent(releaseId: ReleaseId, puller: Puller): void {
    const key = `${releaseId} ${puller.kind} ${puller.name}`;
    const atMs = clock().getTime();
    const known = waiting.get(key);
    if (known !== undefined) {
      known.firstMs = Math.min(known.firstMs, atMs);
      known.lastMs = Math.max(known.lastMs, atMs);
      known.count += 1;
    } else if (waiting.size + rowsInBatches < waitingAtMost)
      waiting.set(key, { releaseId, puller, firstMs: atMs, lastMs: atMs, count: 1 });
    else lost += 1;
    schedule();
  }

  async function writeLater(): Promise<void> {
    timer = undefined;
    try {
      await write();
      if (failing) log.info('what was pulled is recorded again');
      failing = false;
    } catch (error) {
      if (!failing) log.error({ err: error }, 'what was pulled could not be recorded; it is tried again');
      failing = true;
      schedule();
    }
  }

  function schedule(): void {
    if (!closed) timer ??= setTimeout(() => void writeLater(), writeEveryMs).unref();
  }

  /** One at a time: a batch must not be offered again before its answer is known. */
  function write(): Promise<void> {
    writing = writing.catch(() => {}).then(writeAll);
    return writing;
  }

  async function writeAll(): Promise<void> {
    await writeBatches();
    formBatches();
    await writeBatches();
  }

  async function writeBatches(): Promise<void> {
    for (let [batch] = batches; batch !== undefined; [batch] = batches) {
      await store.record(batch);
      batches.shift();
      rowsInBatches -= batch.pulls.length;
    }
  }

  function formBatches(): void {
    const rows = [...waiting.values()].map(rowOf);
    waiting.clear();
    rowsInBatches += rows.length;
    for (let at = 0; at < rows.length || lost > 0; at += rowsInBatch) {
      batches.push({ id: randomUUID(), pulls: rows.slice(at, at + rowsInBatch), lost });
      lost = 0;
    }
  }

  const list: PullLog['list'] = async (releaseIds, limit) => {
    await write();
    return store.of(releaseIds, limit);
  };

  return {
    sent,
    list,
    of: async (releaseId) => (await list([releaseId], pullersPerRelease + 1)).pulls,
    problems: () =>
      failing ? ['Who pulled what cannot be recorded at present; the log of the gate says why.'] : [],
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await write().catch((error: unknown) =>
        log.error({ err: error }, 'what was pulled last could not be recorded'),
      );
    },
  };
}

function rowOf({ releaseId, puller, firstMs, lastMs, count }: Waiting): NewPull {
  return {
    releaseId,
    puller,
    firstAt: rfc3339(new Date(firstMs)),
    lastAt: rfc3339(new Date(lastMs)),
    count,
  };
}
