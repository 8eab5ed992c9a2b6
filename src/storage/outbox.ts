/** The ledger's outbox: events as they are recorded, in the transaction of what they are about. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import { AssayError } from '../core/errors.ts';
import type { ReleaseId } from '../core/subject.ts';
import type { Schema } from './schema.ts';

/**
 * Without a release: an entry about the log itself, which has a chain of its own. Throws STORAGE_FAILED when the event
 * follows another one than the newest of its chain: two entries that name the same one before them would look like a
 * forged history, for ever.
 */
export async function addToOutbox(
  db: Kysely<Schema>,
  releaseId: ReleaseId | undefined,
  event: OutboxEvent,
): Promise<void> {
  const { eventId, type, time, leaf } = event;
  if ('previousEventId' in event && event.previousEventId !== (await latestEvent(db, releaseId)))
    throw new AssayError('STORAGE_FAILED', `another event of this chain was recorded meanwhile; try again`);
  const statement = JSON.stringify(event.statement);
  await db
    .insertInto('outbox')
    .values({ event_id: eventId, release_id: releaseId ?? null, type, time, leaf, statement })
    .execute();
  const salts = Object.entries(event.salts).map(([field, salt]) => ({ event_id: eventId, field, salt }));
  if (salts.length > 0) await db.insertInto('salts').values(salts).execute();
}

/** The newest event of the release (of the log itself), or the one before `seq`. */
export async function latestEvent(
  db: Kysely<Schema>,
  id: ReleaseId | undefined,
  before: number = Number.MAX_SAFE_INTEGER,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('event_id')
    .where('release_id', id === undefined ? 'is' : '=', id ?? null)
    .where('seq', '<', before)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.event_id;
}
