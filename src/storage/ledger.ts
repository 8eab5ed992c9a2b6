/** What the log's writer is given: head row, files, and word of new events. */
import type { Kysely } from 'kysely';
import type { HeadStore, TileStore } from '../ledger/log/deps.ts';
import { createHeadStore } from './log-heads.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export interface LedgerStore {
  readonly heads: HeadStore;
  readonly tiles: TileStore;
  /** Called after each transaction that stored an event for the log. Returns what ends that. */
  readonly onEvent: (listener: () => void) => () => void;
  /** For the stores that write events. */
  readonly announce: () => void;
}

export function createLedgerStore(db: Kysely<Schema>, queue: WriteQueue, tiles: TileStore): LedgerStore {
  const listeners = new Set<() => void>();
  return {
    heads: createHeadStore(db, queue),
    tiles,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    announce: () => {
      for (const listener of listeners) listener();
    },
  };
}
