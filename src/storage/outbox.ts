/** The ledger's outbox: events as they are recorded, in the transaction of what they are about. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import { AssayError } from '../core/errors.ts';
import type { ReleaseId } from '../core/subject.ts';
import type { Schema } from './schema.ts';
import { addSummary } from './summaries.ts';

/** What an entry is about: a release, something else by the name of its chain, or (undefined) the log itself. */
export type About = ReleaseId | { readonly chain: string } | undefined;

/** The chain of entries about a package as a whole. */
export function packageChain(upstream: string, name: string): { readonly chain: string } {
  return { chain: JSON.stringify(['package', upstream, name]) };
}

/**
 * Throws STORAGE_FAILED when the event follows another one than the newest of its chain: two entries that name the
 * same one before them would look like a forged history, for ever.
 */
export async function addToOutbox(db: Kysely<Schema>, about: About, event: OutboxEvent): Promise<void> {
  const { eventId, type, time, leaf } = event;
  if ('previousEventId' in event && event.previousEventId !== (await latestEvent(db, about)))
    throw new AssayError('STORAGE_FAILED', `another event of this chain was recorded meanwhile; try again`);
  const statement = JSON.stringify(event.statement);
  await db
    .insertInto('outbox')
    .values({ event_id: eventId, ...columnsOf(about), type, time, leaf, statement })
    .execute();
  const salts = Object.entries(event.salts).map(([field, salt]) => ({ event_id: eventId, field, salt }));
  if (salts.length > 0) await db.insertInto('salts').values(salts).execute();
  if (event.summary !== undefined) await addSummary(db, eventId, event.summary);
}

function columnsOf(about: About): { readonly release_id: string | null; readonly chain: string | null } {
  return typeof about === 'object'
    ? { release_id: null, chain: about.chain }
    : { release_id: about ?? null, chain: null };
}

/** The newest event about it, or the one before `seq`. */
export async function latestEvent(
  db: Kysely<Schema>,
  about: About,
  before: number = Number.MAX_SAFE_INTEGER,
): Promise<string | undefined> {
  const { release_id, chain } = columnsOf(about);
  const row = await db
    .selectFrom('outbox')
    .select('event_id')
    .where('release_id', release_id === null ? 'is' : '=', release_id)
    .where('chain', chain === null ? 'is' : '=', chain)
    .where('seq', '<', before)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.event_id;
}
