/** The log's head, and the outbox as the log's sequencer sees it. Implements the ledger's HeadStore. */
import { sql, type Kysely } from 'kysely';
import { AssayError, isAssayError } from '../core/errors.ts';
import { sha256 } from '../core/digest.ts';
import type { CommittedEntry, HeadStore, LogHead, PendingEntry } from '../ledger/log/deps.ts';
import type { Schema } from './schema.ts';
import { inStatements } from './statements.ts';
import type { WriteQueue } from './write-queue.ts';

export function createHeadStore(db: Kysely<Schema>, { write }: WriteQueue): HeadStore {
  return {
    head: () => readHead(db),
    inaugurate: (origin) => write((inside) => inaugurate(inside, origin)),
    pending: (limit) => readPending(db, limit),
    commit: async (expectedEpoch, head, entries) => {
      try {
        await write((inside) => commit(inside, expectedEpoch, head, entries));
        return true;
      } catch (error) {
        if (isAssayError(error, 'LEDGER_HEAD_MOVED')) return false;
        throw error;
      }
    },
    indexOf: async (eventId) => {
      const row = await db
        .selectFrom('outbox')
        .select('log_index')
        .where('event_id', '=', eventId)
        .executeTakeFirst();
      return row?.log_index ?? undefined;
    },
    eventAt: async (index) => {
      const row = await db
        .selectFrom('outbox')
        .select('event_id')
        .where('log_index', '=', index)
        .executeTakeFirst();
      return row?.event_id;
    },
  };
}

async function readHead(db: Kysely<Schema>): Promise<LogHead | undefined> {
  const row = await db.selectFrom('log_head').selectAll().executeTakeFirst();
  if (row === undefined) return undefined;
  const { origin, size, root, checkpoint, time_ms: timeMs, epoch } = row;
  return { origin, size, root, checkpoint, timeMs, epoch };
}

/** The root of the empty tree is the hash of no bytes (RFC 6962 section 2.1). */
async function inaugurate(db: Kysely<Schema>, origin: string): Promise<boolean> {
  const row = { place: 1, origin, size: 0, root: sha256(''), checkpoint: '', time_ms: 0, epoch: 0 };
  const written = await db
    .insertInto('log_head')
    .values(row)
    .onConflict((conflict) => conflict.column('place').doNothing())
    .executeTakeFirst();
  return written.numInsertedOrUpdatedRows === 1n;
}

async function readPending(db: Kysely<Schema>, limit: number): Promise<readonly PendingEntry[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['event_id', 'leaf'])
    .where('sequenced', '=', 0)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ eventId: row.event_id, entry: Buffer.from(row.leaf, 'utf8') }));
}

/** Throws LEDGER_HEAD_MOVED, which rolls all of it back. */
async function commit(
  db: Kysely<Schema>,
  expectedEpoch: number,
  head: Omit<LogHead, 'epoch'>,
  entries: readonly CommittedEntry[],
): Promise<void> {
  const { origin, size, root, checkpoint, timeMs } = head;
  const moved = await db
    .updateTable('log_head')
    .set({ size, root, checkpoint, time_ms: timeMs, epoch: expectedEpoch + 1 })
    .where('epoch', '=', expectedEpoch)
    .where('origin', '=', origin)
    .where('size', '=', size - entries.length)
    .executeTakeFirst();
  if (moved.numUpdatedRows !== 1n) throw headMoved('the head is no longer where it was');
  for (const some of inStatements(entries)) {
    if ((await giveIndexes(db, some)) !== some.length)
      throw headMoved('an event has its place, or is not here');
  }
}

function headMoved(why: string): AssayError {
  return new AssayError('LEDGER_HEAD_MOVED', why);
}

/** How many rows took their index: those that are there and had none. */
async function giveIndexes(db: Kysely<Schema>, entries: readonly CommittedEntry[]): Promise<number> {
  const rows = entries.map(({ eventId, index, leafHash }) => sql`(${eventId}, ${index}, ${leafHash})`);
  const result = await sql`
    WITH batch (event_id, log_index, leaf_hash) AS (VALUES ${sql.join(rows)})
    UPDATE outbox SET sequenced = 1, log_index = batch.log_index, leaf_hash = batch.leaf_hash
    FROM batch WHERE outbox.event_id = batch.event_id AND outbox.sequenced = 0`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}
