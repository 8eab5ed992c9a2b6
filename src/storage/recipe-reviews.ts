/** Reviews of what people corrected of recipes: each in one transaction with its ledger entry. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import { formatPurl, type Ecosystem } from '../core/purl.ts';
import type { RecipeReview } from '../core/source-approval.ts';
import type { Principal } from '../core/subject.ts';
import { addToOutbox, latestEvent } from './outbox.ts';
import type { RecipeReviewTable, Schema } from './schema.ts';
import { sourceChain } from './sources.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

export interface RecipeReviewStore {
  /** In force, of all packages, by name: what was approved and not taken back. */
  readonly allApproved: () => Promise<readonly RecipeReview[]>;
  /** In force, oldest first. */
  readonly approved: (ecosystem: Ecosystem, name: string) => Promise<readonly RecipeReview[]>;
  /** Everything that was said, newest first, at most 1,000. */
  readonly history: (ecosystem: Ecosystem, name: string) => Promise<readonly RecipeReview[]>;
  /**
   * `makeEvent` is told the newest entry about the package's source. `unchanged`: it is approved already, or there is nothing
   * to take back. Throws STORAGE_*.
   */
  readonly record: (
    review: Omit<RecipeReview, 'eventId'>,
    makeEvent: (previousEventId: string | undefined) => OutboxEvent,
  ) => Promise<RecipeReview | 'unchanged'>;
}

const shown = 1000;

/** `announce` is called when an event for the log has reached the disk. */
export function createRecipeReviewStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): RecipeReviewStore {
  return {
    allApproved: async () => inForce(await ordered(db).execute()),
    approved: async (ecosystem, name) => inForce(await rowsOf(db, ecosystem, name)),
    history: async (ecosystem, name) =>
      (await rowsOf(db, ecosystem, name)).toReversed().slice(0, shown).map(reviewOf),
    record: async (review, makeEvent) => {
      const outcome = await write((inside) => recordReview(inside, review, makeEvent));
      if (outcome !== 'unchanged') announce();
      return outcome;
    },
  };
}

function ordered(db: Kysely<Schema>) {
  return db.selectFrom('recipe_reviews').selectAll().orderBy('ecosystem').orderBy('name').orderBy('revision');
}

function rowsOf(
  db: Kysely<Schema>,
  ecosystem: Ecosystem,
  name: string,
): Promise<readonly RecipeReviewTable[]> {
  return ordered(db).where('ecosystem', '=', ecosystem).where('name', '=', name).execute();
}

/** The last word on each correction of each package. */
function inForce(rows: readonly RecipeReviewTable[]): readonly RecipeReview[] {
  const last = new Map<string, RecipeReviewTable>();
  for (const row of rows) {
    const key = JSON.stringify([row.ecosystem, row.name, row.correction]);
    last.delete(key);
    if (row.action === 'approve') last.set(key, row);
  }
  return [...last.values()].map(reviewOf);
}

function reviewOf(row: RecipeReviewTable): RecipeReview {
  const { name, author, reviewer, reason, at } = row;
  return {
    ecosystem: row.ecosystem as Ecosystem,
    name,
    action: row.action as RecipeReview['action'],
    correction: row.correction as Sha256,
    author,
    reviewer,
    reason,
    principal: fromJson(row.principal, 'a principal') as Principal,
    at,
    eventId: row.event_id,
  };
}

async function recordReview(
  db: Kysely<Schema>,
  review: Omit<RecipeReview, 'eventId'>,
  makeEvent: (previousEventId: string | undefined) => OutboxEvent,
): Promise<RecipeReview | 'unchanged'> {
  const { ecosystem, name, action, correction, author, reviewer, reason, principal, at } = review;
  const rows = await rowsOf(db, ecosystem, name);
  const isApproved = inForce(rows).some((one) => one.correction === correction);
  if (isApproved === (action === 'approve')) return 'unchanged';
  const chain = sourceChain(formatPurl(ecosystem, name));
  const event = makeEvent(await latestEvent(db, chain));
  await addToOutbox(db, chain, event);
  const row = {
    ecosystem,
    name,
    revision: (rows.at(-1)?.revision ?? 0) + 1,
    action,
    correction,
    author,
    reviewer,
    reason,
    principal: JSON.stringify({ kind: principal.kind, name: principal.name }),
    at,
    event_id: event.eventId,
  };
  await db.insertInto('recipe_reviews').values(row).execute();
  return reviewOf(row);
}
