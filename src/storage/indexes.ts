/** What was seen of upstream's indexes: the last look at each package, and when each version first appeared. */
import { sql, type Kysely } from 'kysely';
import type { Appearance, IndexLook, IndexRecord, Validators } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { UpstreamId } from '../core/subject.ts';
import type { IndexTable, Schema } from './schema.ts';
import { writeSightings } from './sightings.ts';

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
  const known = before === undefined ? new Map<string, Known>() : await readKnown(db, look);
  const listed = new Set(look.versions);
  const replaced = new Set(look.replaced);
  const attested = new Set(look.attested);
  const signed = new Set(look.signed);
  await forget(
    db,
    look,
    known,
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
      attested_at: attested.has(version) ? look.lookAt : null,
      signed_at: signed.has(version) ? look.lookAt : null,
    }));
    await db.insertInto('appearances').values(rows).execute();
  }
  const kept = [...known].filter(([version]) => listed.has(version) && !replaced.has(version));
  const newly = (of: ReadonlySet<string>, column: keyof Known): readonly string[] =>
    kept.flatMap(([version, row]) => (row[column] === null && of.has(version) ? [version] : []));
  await advertise(db, look, 'attested_at', newly(attested, 'attested_at'));
  await advertise(db, look, 'signed_at', newly(signed, 'signed_at'));
  await writeSightings(db, look.upstream, look.name, look.published);
}

interface Known {
  readonly attested_at: string | null;
  readonly signed_at: string | null;
}

async function readKnown(db: Kysely<Schema>, look: IndexLook): Promise<ReadonlyMap<string, Known>> {
  const rows = await db
    .selectFrom('appearances')
    .select(['version', 'attested_at', 'signed_at'])
    .where('upstream', '=', look.upstream)
    .where('name', '=', look.name)
    .execute();
  return new Map(rows.map(({ version, ...known }) => [version, known]));
}

/** Versions that were there before and advertise it only now. */
async function advertise(
  db: Kysely<Schema>,
  look: IndexLook,
  column: keyof Known,
  versions: readonly string[],
): Promise<void> {
  for (let start = 0; start < versions.length; start += rowsAtOnce) {
    await db
      .updateTable('appearances')
      .set({ [column]: look.lookAt })
      .where('upstream', '=', look.upstream)
      .where('name', '=', look.name)
      .where('version', 'in', versions.slice(start, start + rowsAtOnce))
      .execute();
  }
}

/** What is no longer listed, or not with these bytes, is new when it comes back; what it advertised is remembered. */
async function forget(
  db: Kysely<Schema>,
  look: IndexLook,
  known: ReadonlyMap<string, Known>,
  versions: readonly string[],
): Promise<void> {
  const { upstream, name } = look;
  const bare = (version: string): boolean => {
    const row = known.get(version);
    return row === undefined || (row.attested_at === null && row.signed_at === null);
  };
  const advertised = versions.filter((version) => !bare(version));
  for (let start = 0; start < advertised.length; start += rowsAtOnce) {
    const rows = advertised.slice(start, start + rowsAtOnce).map((version) => {
      const { attested_at = null, signed_at = null } = known.get(version) ?? {};
      return { upstream, name, version, attested_at, signed_at };
    });
    await db
      .insertInto('advertised_before')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(['upstream', 'name', 'version']).doUpdateSet({
          attested_at: sql`coalesce(advertised_before.attested_at, excluded.attested_at)`,
          signed_at: sql`coalesce(advertised_before.signed_at, excluded.signed_at)`,
        }),
      )
      .execute();
  }
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
