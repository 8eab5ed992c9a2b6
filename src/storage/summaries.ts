/** Verification summaries, each beside the event whose statement names its digest, and gone when that is erased. */
import type { Kysely } from 'kysely';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Schema } from './schema.ts';
import { fromJson } from './text.ts';

export interface StoredSummary {
  /** SHA-256 over its canonical JSON, as the entry's statement names it. */
  readonly digest: Sha256;
  readonly statement: JsonObject;
  /** Blob of the signed summary; undefined until it was signed. */
  readonly envelope: Sha256 | undefined;
}

export async function addSummary(db: Kysely<Schema>, eventId: string, summary: JsonObject): Promise<void> {
  const statement = canonicalJson(summary);
  await db
    .insertInto('summaries')
    .values({ event_id: eventId, digest: sha256(statement), statement, envelope: null })
    .execute();
}

export async function readSummary(db: Kysely<Schema>, eventId: string): Promise<StoredSummary | undefined> {
  const row = await db.selectFrom('summaries').selectAll().where('event_id', '=', eventId).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    digest: row.digest as Sha256,
    statement: fromJson(row.statement, 'a verification summary') as JsonObject,
    envelope: (row.envelope ?? undefined) as Sha256 | undefined,
  };
}

export async function signSummary(db: Kysely<Schema>, eventId: string, envelope: Sha256): Promise<void> {
  await db.updateTable('summaries').set({ envelope }).where('event_id', '=', eventId).execute();
}

export async function eraseSummary(db: Kysely<Schema>, eventId: string): Promise<void> {
  await db.deleteFrom('summaries').where('event_id', '=', eventId).execute();
}
