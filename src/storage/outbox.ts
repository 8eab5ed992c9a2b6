/** The ledger's outbox: events as they are recorded, in the transaction of what they are about. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import { AssayError } from '../core/errors.ts';
import type { ReleaseId } from '../core/subject.ts';
import type { Schema } from './schema.ts';

/**
 * Throws STORAGE_FAILED when the event follows another one than the release's newest: two entries that name the same
 * one before them would look like a forged history, for ever.
 */
export async function addToOutbox(
  db: Kysely<Schema>,
  releaseId: ReleaseId,
  event: OutboxEvent,
): Promise<void> {
  const { eventId, type, time, leaf } = event;
  if ('previousEventId' in event && event.previousEventId !== (await latestEvent(db, releaseId)))
    throw new AssayError('STORAGE_FAILED', `another event of this release was recorded meanwhile; try again`);
  const statement = JSON.stringify(event.statement);
  await db
    .insertInto('outbox')
    .values({ event_id: eventId, release_id: releaseId, type, time, leaf, statement })
    .execute();
  const salts = Object.entries(event.salts).map(([field, salt]) => ({ event_id: eventId, field, salt }));
  if (salts.length > 0) await db.insertInto('salts').values(salts).execute();
}

/** The release's newest event, or the one before `seq`. */
export async function latestEvent(
  db: Kysely<Schema>,
  id: ReleaseId,
  before: number = Number.MAX_SAFE_INTEGER,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('event_id')
    .where('release_id', '=', id)
    .where('seq', '<', before)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.event_id;
}
