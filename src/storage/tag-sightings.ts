/** The first commit each tag of a repository was ever seen at. */
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

export interface TagSighting {
  readonly commit: string;
  readonly at: string;
}

/** Inside a transaction: what is new is written. */
export async function sightTags(
  inside: Kysely<Schema>,
  repository: string,
  commits: Readonly<Record<string, string>>,
  at: string,
): Promise<ReadonlyMap<string, TagSighting>> {
  const rows = Object.entries(commits).map(([tag, commit]) => ({
    repository,
    tag,
    commit_id: commit,
    first_at: at,
  }));
  if (rows.length > 0)
    await inside
      .insertInto('tag_sightings')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['repository', 'tag']).doNothing())
      .execute();
  return readTags(
    inside,
    repository,
    rows.map(({ tag }) => tag),
  );
}

export async function readTags(
  db: Kysely<Schema>,
  repository: string,
  tags: readonly string[],
): Promise<ReadonlyMap<string, TagSighting>> {
  if (tags.length === 0) return new Map();
  const rows = await db
    .selectFrom('tag_sightings')
    .select(['tag', 'commit_id', 'first_at'])
    .where('repository', '=', repository)
    .where('tag', 'in', tags)
    .execute();
  return new Map(rows.map((row) => [row.tag, { commit: row.commit_id, at: row.first_at }]));
}
