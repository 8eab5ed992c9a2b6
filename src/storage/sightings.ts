/** When versions were published, and by whom, as claimed or signed: what a burst of publications is seen by. */
import { sql, type Kysely } from 'kysely';
import type { Sighting, SightingsQuery } from '../admission/history-deps.ts';
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
  { upstream, except, publisher, owner, from, until }: SightingsQuery,
): Promise<readonly (Sighting & { readonly name: string })[]> {
  if (publisher === undefined && owner === undefined) return [];
  const rows = await db
    .selectFrom('sightings')
    .select(['name', 'version', 'publisher', 'published_at'])
    .where('upstream', '=', upstream)
    .where('name', '<>', except)
    .where('published_at', '>=', from)
    .where('published_at', '<=', until)
    .where((eb) =>
      eb.or([
        ...(publisher === undefined ? [] : [eb('publisher', '=', publisher)]),
        ...(owner === undefined
          ? []
          : [
              eb(
                'name',
                'in',
                eb
                  .selectFrom('publications')
                  .select('publications.name')
                  .where('publications.upstream', '=', upstream)
                  .where('publications.owner', '=', owner),
              ),
            ]),
      ]),
    )
    .orderBy('published_at')
    .orderBy('name')
    .orderBy('version')
    .limit(sightingsAtMost)
    .execute();
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    publisher: row.publisher ?? undefined,
    publishedAt: row.published_at,
  }));
}
