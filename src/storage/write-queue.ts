/**
 * Group commit. All writes that wait at one moment go into one transaction, a savepoint each, and share its
 * fsync; a write that fails is rolled back to its savepoint and harms no other. Nobody is answered before COMMIT.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompiledQuery, type Kysely } from 'kysely';
import { AssayError } from '../core/errors.ts';
import type { Schema } from './schema.ts';
import { isDiskFault, storageError } from './sqlite-errors.ts';

/** Sees the database as the writes before it left it. May be run again, so it must do nothing besides its statements. */
export type Write<T> = (db: Kysely<Schema>) => Promise<T>;

export interface WriteQueue {
  /** Resolves after COMMIT reached the disk. Throws STORAGE_FAILED or STORAGE_FULL; then nothing of it is stored. */
  readonly write: <T>(write: Write<T>) => Promise<T>;
  /** Set after an I/O error of the disk: every later write is refused until the storage is opened anew. */
  readonly failure: () => AssayError | undefined;
  /** Resolves when nothing waits any more; later writes are refused. */
  readonly close: () => Promise<void>;
}

export interface WriteQueueOptions {
  readonly db: Kysely<Schema>;
  /** Whether the connection is inside a transaction: SQLite ends one by itself on some errors (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction"). */
  readonly inTransaction: () => boolean;
  /** Most writes in one transaction: bounds how long readers wait. */
  readonly batch: number;
}

type Settle = () => void;

interface Waiting {
  /** Runs the write; the returned function answers the caller, after COMMIT. */
  readonly run: (db: Kysely<Schema>) => Promise<Settle>;
  readonly reject: (error: AssayError) => void;
}

export function createWriteQueue(options: WriteQueueOptions): WriteQueue {
  const waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let failure: AssayError | undefined;
  let closed = false;

  function write<T>(job: Write<T>): Promise<T> {
    if (failure !== undefined) return Promise.reject(failure);
    if (closed) return Promise.reject(new AssayError('STORAGE_FAILED', 'the storage is closed'));
    return new Promise<T>((resolve, reject) => {
      waiting.push({ run: async (db) => settler(resolve, await job(db)), reject });
      draining ??= drain();
    });
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      // Lets simultaneous callers join the batch, and other work run between two of them.
      await nextTurn();
      const batch = waiting.splice(0, options.batch);
      try {
        waiting.unshift(...(await commitTogether(options, batch)));
      } catch (error) {
        const known = storageError(error, 'a transaction failed');
        if (isDiskFault(known)) failure = known;
        for (const entry of batch) entry.reject(known);
      }
      if (failure !== undefined) for (const entry of waiting.splice(0)) entry.reject(failure);
    }
    draining = undefined;
  }

  return {
    write,
    failure: () => failure,
    close: async () => {
      closed = true;
      await draining;
    },
  };
}

function settler<T>(resolve: (value: T) => void, value: T): Settle {
  return () => resolve(value);
}

/** Returns the writes to run again. Throws when none of the batch was stored. */
function commitTogether(options: WriteQueueOptions, batch: readonly Waiting[]): Promise<readonly Waiting[]> {
  return options.db.connection().execute(async (db) => {
    await run(db, 'BEGIN');
    const done = new Map<Waiting, Settle>();
    const refused = new Map<Waiting, AssayError>();
    try {
      for (const entry of batch) {
        const error = await attempt(options, db, entry, done);
        if (error === undefined) continue;
        refused.set(entry, error);
        if (isDiskFault(error)) throw error;
        if (!options.inTransaction()) return again(batch, entry, error);
      }
      await run(db, 'COMMIT');
    } catch (error) {
      if (options.inTransaction()) await run(db, 'ROLLBACK');
      throw error;
    }
    for (const settle of done.values()) settle();
    for (const [entry, error] of refused) entry.reject(error);
    return [];
  });
}

async function attempt(
  options: WriteQueueOptions,
  db: Kysely<Schema>,
  entry: Waiting,
  done: Map<Waiting, Settle>,
): Promise<AssayError | undefined> {
  await run(db, 'SAVEPOINT write');
  try {
    const settle = await entry.run(db);
    await run(db, 'RELEASE SAVEPOINT write');
    done.set(entry, settle);
    return undefined;
  } catch (error) {
    if (options.inTransaction()) {
      await run(db, 'ROLLBACK TO SAVEPOINT write');
      await run(db, 'RELEASE SAVEPOINT write');
    }
    return storageError(error, 'a write failed');
  }
}

/** The database gave the transaction up because of one write: that one is refused, the others run again without it. */
function again(batch: readonly Waiting[], culprit: Waiting, error: AssayError): readonly Waiting[] {
  culprit.reject(error);
  return batch.filter((entry) => entry !== culprit);
}

async function run(db: Kysely<Schema>, sql: string): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(sql));
}
