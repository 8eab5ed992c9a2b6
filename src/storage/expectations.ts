/** Expectations: every revision is kept, the newest of each line is in force, and each came with its ledger entry. */
import type { Kysely } from 'kysely';
import type { ExpectationRecord } from '../admission/history-deps.ts';
import type { Expectation } from '../core/expectation.ts';
import type { UpstreamId } from '../core/subject.ts';
import { addToOutbox, latestEvent, packageChain } from './outbox.ts';
import type { Schema } from './schema.ts';
import { fromJson } from './text.ts';

const revisionsShown = 1000;

export async function readExpectations(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<readonly Expectation[]> {
  const rows = await rowsOf(db, upstream, name).where('in_force', '=', 1).orderBy('line').execute();
  return rows.map((row) => expectationOf(row.body));
}

/** Newest first. */
export async function readExpectationHistory(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<readonly { readonly expectation: Expectation; readonly eventId: string }[]> {
  const rows = await rowsOf(db, upstream, name)
    .orderBy('at', 'desc')
    .orderBy('revision', 'desc')
    .orderBy('line')
    .limit(revisionsShown)
    .execute();
  return rows.map((row) => ({ expectation: expectationOf(row.body), eventId: row.event_id }));
}

function rowsOf(db: Kysely<Schema>, upstream: UpstreamId, name: string) {
  return db
    .selectFrom('expectations')
    .select(['body', 'event_id'])
    .where('upstream', '=', upstream)
    .where('name', '=', name);
}

/** What was written is JSON, which has no `undefined`: a field that is not there reads as that. */
function expectationOf(body: string): Expectation {
  const read = fromJson(body, 'an expectation') as Expectation;
  const { identity, tagTemplate, intervalMs, reason } = read;
  return {
    ...read,
    identity:
      identity === undefined
        ? undefined
        : {
            ...identity,
            issuer: identity.issuer,
            repositoryUri: identity.repositoryUri,
            repositoryId: identity.repositoryId,
            ownerUri: identity.ownerUri,
            ownerId: identity.ownerId,
          },
    tagTemplate,
    intervalMs,
    reason,
  };
}

/** Everything is looked at before anything is written: `moved` leaves nothing behind. */
export async function writeExpectations(
  db: Kysely<Schema>,
  records: readonly [ExpectationRecord, ...ExpectationRecord[]],
): Promise<'recorded' | 'moved'> {
  const { upstream, name } = records[0].expectation;
  const chain = packageChain(upstream, name);
  let newest = await latestEvent(db, chain);
  for (const { expectation, event } of records) {
    if (expectation.upstream !== upstream || expectation.name !== name)
      throw new TypeError('expectations of several packages');
    const inForce = await revisionInForce(db, expectation);
    if (event.previousEventId !== newest || expectation.revision !== inForce + 1) return 'moved';
    newest = event.eventId;
  }
  for (const { expectation, event } of records) {
    await addToOutbox(db, chain, event);
    await putInForce(db, expectation, event.eventId);
  }
  return 'recorded';
}

async function revisionInForce(db: Kysely<Schema>, { upstream, name, line }: Expectation): Promise<number> {
  const row = await db
    .selectFrom('expectations')
    .select('revision')
    .where('upstream', '=', upstream)
    .where('name', '=', name)
    .where('line', '=', line)
    .where('in_force', '=', 1)
    .executeTakeFirst();
  return row?.revision ?? 0;
}

async function putInForce(db: Kysely<Schema>, expectation: Expectation, eventId: string): Promise<void> {
  const { upstream, name, line, revision, at } = expectation;
  await db
    .updateTable('expectations')
    .set({ in_force: 0 })
    .where('upstream', '=', upstream)
    .where('name', '=', name)
    .where('line', '=', line)
    .where('in_force', '=', 1)
    .execute();
  const body = JSON.stringify(expectation);
  await db
    .insertInto('expectations')
    .values({ upstream, name, line, revision, at, body, event_id: eventId, in_force: 1 })
    .execute();
}
