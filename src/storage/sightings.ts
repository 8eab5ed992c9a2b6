/** When versions were published, and by whom, as claimed or signed: what a burst of publications is seen by. */
import { sql, type Kysely } from 'kysely';
import type { Sighting } from '../admission/deps.ts';
import type { SightingsQuery } from '../admission/history-deps.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { Schema } from './schema.ts';

const sightingsAtMost = 1000;

/** The first time of a version stays; an account is added where none was known. At most a few hundred at once. */
export async function writeSightings(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
  sightings: readonly Sighting[],
): Promise<void> {
  if (sightings.length === 0) return;
  await db
    .insertInto('sightings')
    .values(
      sightings.map(({ version, publisher, publishedAt }) => ({
        upstream,
        name,
        version,
        publisher: publisher ?? null,
        published_at: publishedAt,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['upstream', 'name', 'version'])
        .doUpdateSet({ publisher: sql`coalesce(sightings.publisher, excluded.publisher)` }),
    )
    .execute();
}

/** By the account, and of the packages that verified provenance gives to the owner. Oldest first. */
export async function readSightings(
  db: Kysely<Schema>,
  query: SightingsQuery,
): Promise<readonly (Sighting & { readonly name: string })[]> {
  const { upstream, publisher, owner } = query;
  // Two questions, each with an index of its own: one with `or` would read every sighting there is.
  const byAccount =
    publisher === undefined ? [] : await within(db, query, (rows) => rows.where('publisher', '=', publisher));
  const byOwner =
    owner === undefined
      ? []
      : await within(db, query, (rows) =>
          rows.where('name', 'in', (eb) =>
            eb
              .selectFrom('publications')
              .select('publications.name')
              .where('publications.upstream', '=', upstream)
              .where('publications.owner', '=', owner),
          ),
        );
  const all = new Map(
    [...byAccount, ...byOwner].map((one) => [JSON.stringify([one.name, one.version]), one]),
  );
  return [...all.values()].sort(earlierFirst).slice(0, sightingsAtMost);
}

function sightingRows(db: Kysely<Schema>, { upstream, except, from, until }: SightingsQuery) {
  return db
    .selectFrom('sightings')
    .select(['name', 'version', 'publisher', 'published_at'])
    .where('upstream', '=', upstream)
    .where('name', '<>', except)
    .where('published_at', '>=', from)
    .where('published_at', '<=', until)
    .orderBy('published_at')
    .orderBy('name')
    .orderBy('version')
    .limit(sightingsAtMost);
}

type Rows = ReturnType<typeof sightingRows>;
type Found = Sighting & { readonly name: string };

async function within(
  db: Kysely<Schema>,
  query: SightingsQuery,
  narrow: (rows: Rows) => Rows,
): Promise<readonly Found[]> {
  const rows = await narrow(sightingRows(db, query)).execute();
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    publisher: row.publisher ?? undefined,
    publishedAt: row.published_at,
  }));
}

function earlierFirst(a: Found, b: Found): number {
  const keys = ({ publishedAt, name, version }: Found): string =>
    JSON.stringify([publishedAt, name, version]);
  return keys(a) < keys(b) ? -1 : 1;
}
