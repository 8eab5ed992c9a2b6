/** What was seen of upstream's indexes: the last look at each package, and when each version first appeared. */
import type { Kysely } from 'kysely';
import type { Appearance, IndexLook, IndexRecord, Validators } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { IndexTable, Schema } from './schema.ts';

/** Rows of one insert: far below SQLite's 32,766 and PostgreSQL's 65,535 parameters. */
const rowsAtOnce = 500;

export async function readIndexRecord(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<IndexRecord | undefined> {
  const row = await indexRow(db, upstream, name);
  if (row === undefined) return undefined;
  return {
    upstream,
    name,
    body: (row.body as Sha256 | null) ?? undefined,
    validators: validatorsOf(row),
    firstLookAt: row.first_look_at,
    lastLookAt: row.last_look_at,
    absent: row.absent === 1,
  };
}

function validatorsOf(row: IndexTable): Validators {
  return {
    ...(row.etag === null ? {} : { etag: row.etag }),
    ...(row.last_modified === null ? {} : { lastModified: row.last_modified }),
  };
}

export async function readAppearances(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<ReadonlyMap<string, Appearance>> {
  const rows = await db
    .selectFrom('appearances')
    .select(['version', 'absent_at', 'present_at'])
    .where('upstream', '=', upstream)
    .where('name', '=', name)
    .execute();
  return new Map(
    rows.map((row) => [row.version, { absentAt: row.absent_at ?? undefined, presentAt: row.present_at }]),
  );
}

export async function writeLook(db: Kysely<Schema>, look: IndexLook): Promise<void> {
  const before = await indexRow(db, look.upstream, look.name);
  const row: IndexTable = {
    upstream: look.upstream,
    name: look.name,
    body: look.body ?? null,
    etag: look.validators.etag ?? null,
    last_modified: look.validators.lastModified ?? null,
    first_look_at: before?.first_look_at ?? look.lookAt,
    last_look_at: look.lookAt,
    absent: look.absent ? 1 : 0,
  };
  const { upstream: _upstream, name: _name, ...changing } = row;
  await db
    .insertInto('indexes')
    .values(row)
    .onConflict((conflict) => conflict.columns(['upstream', 'name']).doUpdateSet(changing))
    .execute();
  // The same bytes list the same versions.
  if (before === undefined || before.body === null || before.body !== row.body)
    await addAppearances(db, look, before);
}

async function addAppearances(
  db: Kysely<Schema>,
  look: IndexLook,
  before: IndexTable | undefined,
): Promise<void> {
  const known =
    before === undefined
      ? new Map<string, Appearance>()
      : await readAppearances(db, look.upstream, look.name);
  const listed = new Set(look.versions);
  const replaced = new Set(look.replaced);
  await forget(
    db,
    look,
    [...known.keys()].filter((version) => !listed.has(version) || replaced.has(version)),
  );
  const added = [...listed].filter((version) => !known.has(version) || replaced.has(version));
  for (let start = 0; start < added.length; start += rowsAtOnce) {
    const rows = added.slice(start, start + rowsAtOnce).map((version) => ({
      upstream: look.upstream,
      name: look.name,
      version,
      absent_at: before === undefined ? null : earlier(before.last_look_at, look.lookAt),
      present_at: look.lookAt,
    }));
    await db.insertInto('appearances').values(rows).execute();
  }
}

/** What is no longer listed, or not with these bytes, is new when it comes back. */
async function forget(db: Kysely<Schema>, look: IndexLook, versions: readonly string[]): Promise<void> {
  for (let start = 0; start < versions.length; start += rowsAtOnce) {
    await db
      .deleteFrom('appearances')
      .where('upstream', '=', look.upstream)
      .where('name', '=', look.name)
      .where('version', 'in', versions.slice(start, start + rowsAtOnce))
      .execute();
  }
}

/** A clock that was set back must not make a version look older: the look before is then taken to be now. */
function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

function indexRow(db: Kysely<Schema>, upstream: string, name: string): Promise<IndexTable | undefined> {
  return db
    .selectFrom('indexes')
    .selectAll()
    .where('upstream', '=', upstream)
    .where('name', '=', name)
    .executeTakeFirst();
}
