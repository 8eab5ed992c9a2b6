/** Who was given which release, for as long as the release is on record; the first 10,000 of each by name. */
import { sql, type Kysely } from 'kysely';
import { AssayError } from '../core/errors.ts';
import { pullersPerRelease, type Pull, type Puller } from '../core/pull.ts';
import type { Purl } from '../core/purl.ts';
import type { ReleaseId, UpstreamId } from '../core/subject.ts';
import type { Schema } from './schema.ts';
import { inStatements } from './statements.ts';
import type { WriteQueue } from './write-queue.ts';

export interface NewPull extends Pull {
  readonly puller: Puller;
}

export interface PullBatch {
  /** Unlike any other: what is offered again under it (its answer was lost) is not counted again. */
  readonly id: string;
  /** A puller at most once for each release. What is of a release that is not on record is left out. */
  readonly pulls: readonly NewPull[];
  /** Pulls that were not kept because too many waited. */
  readonly lost: number;
}

export interface PullLine extends Pull {
  readonly purl: Purl;
  readonly file: string;
  readonly upstream: UpstreamId;
}

export interface PullList {
  /** Last pull first. */
  readonly pulls: readonly PullLine[];
  /** Further rows, beyond the limit. */
  readonly more: number;
}

export interface PullRecord {
  /** When the gate began to record; undefined before that. */
  readonly since: string | undefined;
  /** Pulls that are on no record. */
  readonly lost: number;
}

export interface PullStore {
  /** Says from when on pulls are recorded, before the first is; later calls change nothing. */
  readonly begin: (at: string) => Promise<void>;
  /** One transaction. */
  readonly record: (batch: PullBatch) => Promise<void>;
  /** At most 10,001 rows, whatever limit is asked for: all there can be of one release. */
  readonly of: (releaseIds: readonly ReleaseId[], limit: number) => Promise<PullList>;
  readonly state: () => Promise<PullRecord>;
}

const mostShown = pullersPerRelease + 1;
const only = 1;

/** `pullersAtMost` is for tests. */
export function createPullStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  pullersAtMost: number = pullersPerRelease,
): PullStore {
  return {
    begin: async (at) => {
      await write((inside) =>
        inside
          .insertInto('pull_record')
          .values({ place: only, since: at, lost: 0, last_batch: null })
          .onConflict((conflict) => conflict.column('place').doNothing())
          .execute(),
      );
    },
    record: (batch) => write((inside) => record(inside, batch, pullersAtMost)),
    of: (releaseIds, limit) =>
      readPulls(db, [...new Set(releaseIds)], Math.max(1, Math.min(mostShown, Math.trunc(limit)))),
    state: async () => {
      const row = await db.selectFrom('pull_record').select(['since', 'lost']).executeTakeFirst();
      return { since: row?.since, lost: row?.lost ?? 0 };
    },
  };
}

async function record(db: Kysely<Schema>, batch: PullBatch, pullersAtMost: number): Promise<void> {
  const before = await db.selectFrom('pull_record').select('last_batch').executeTakeFirst();
  if (before === undefined)
    throw new AssayError('STORAGE_FAILED', 'pulls are recorded, but since when is not');
  if (before.last_batch === batch.id) return;
  await db
    .updateTable('pull_record')
    .set({ last_batch: batch.id, lost: sql`lost + ${batch.lost}` })
    .execute();
  for (const pulls of inStatements(batch.pulls)) await recordSome(db, pulls, pullersAtMost);
}

/** Of one release in one part of a batch. */
interface Counted {
  pullers: number;
  others: number;
  othersFirstAt: string | null;
  othersLastAt: string | null;
}

async function recordSome(
  db: Kysely<Schema>,
  offered: readonly NewPull[],
  pullersAtMost: number,
): Promise<void> {
  const counted = await countedBefore(
    db,
    offered.map(({ releaseId }) => releaseId),
  );
  const known = await alreadyKnown(db, offered);
  const named: NewPull[] = [];
  for (const pull of offered) {
    const of = counted.get(pull.releaseId);
    if (of === undefined) continue;
    const isNew = !known.has(keyOf(pull.releaseId, pull.puller));
    if (isNew && of.pullers >= pullersAtMost) addToOthers(of, pull);
    else {
      if (isNew) of.pullers += 1;
      named.push(pull);
    }
  }
  await writeCounts(db, counted);
  await writePulls(db, named);
}

function addToOthers(of: Counted, { count, firstAt, lastAt }: NewPull): void {
  of.others += count;
  if (of.othersFirstAt === null || firstAt < of.othersFirstAt) of.othersFirstAt = firstAt;
  if (of.othersLastAt === null || lastAt > of.othersLastAt) of.othersLastAt = lastAt;
}

/** Of those releases that are on record; `others` begins at 0, since it is added to what is stored. */
async function countedBefore(
  db: Kysely<Schema>,
  ids: readonly ReleaseId[],
): Promise<ReadonlyMap<ReleaseId, Counted>> {
  const rows = await db
    .selectFrom('releases')
    .leftJoin('pulled_releases', 'pulled_releases.release_id', 'releases.id')
    .select(['releases.id', 'pulled_releases.pullers'])
    .where('releases.id', 'in', ids)
    .execute();
  return new Map(
    rows.map(({ id, pullers }) => [
      id as ReleaseId,
      { pullers: pullers ?? 0, others: 0, othersFirstAt: null, othersLastAt: null },
    ]),
  );
}

async function alreadyKnown(db: Kysely<Schema>, pulls: readonly NewPull[]): Promise<ReadonlySet<string>> {
  const keys = pulls.map(({ releaseId, puller }) => sql`(${releaseId}, ${puller.kind}, ${puller.name})`);
  const { rows } = await sql<{ release_id: string; kind: string; name: string }>`
    WITH batch (release_id, kind, name) AS (VALUES ${sql.join(keys)})
    SELECT pulls.release_id, pulls.kind, pulls.name FROM batch JOIN pulls
    ON pulls.release_id = batch.release_id AND pulls.kind = batch.kind AND pulls.name = batch.name`.execute(
    db,
  );
  return new Set(rows.map(({ release_id: id, ...puller }) => keyOf(id, puller)));
}

function keyOf(releaseId: string, { kind, name }: { readonly kind: string; readonly name: string }): string {
  return JSON.stringify([releaseId, kind, name]);
}

async function writeCounts(db: Kysely<Schema>, counted: ReadonlyMap<ReleaseId, Counted>): Promise<void> {
  if (counted.size === 0) return;
  await db
    .insertInto('pulled_releases')
    .values(
      [...counted].map(([id, { pullers, others, othersFirstAt, othersLastAt }]) => ({
        release_id: id,
        pullers,
        others,
        others_first_at: othersFirstAt,
        others_last_at: othersLastAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('release_id').doUpdateSet({
        pullers: sql`excluded.pullers`,
        others: sql`pulled_releases.others + excluded.others`,
        others_first_at: earlier('pulled_releases.others_first_at', 'excluded.others_first_at'),
        others_last_at: later('pulled_releases.others_last_at', 'excluded.others_last_at'),
      }),
    )
    .execute();
}

async function writePulls(db: Kysely<Schema>, pulls: readonly NewPull[]): Promise<void> {
  if (pulls.length === 0) return;
  await db
    .insertInto('pulls')
    .values(
      pulls.map(({ releaseId, puller, firstAt, lastAt, count }) => ({
        release_id: releaseId,
        kind: puller.kind,
        name: puller.name,
        first_at: firstAt,
        last_at: lastAt,
        count,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['release_id', 'kind', 'name']).doUpdateSet({
        first_at: earlier('pulls.first_at', 'excluded.first_at'),
        last_at: later('pulls.last_at', 'excluded.last_at'),
        count: sql`pulls.count + excluded.count`,
      }),
    )
    .execute();
}

/** A clock that was set back must neither lose the first time nor the last. */
function earlier(stored: string, offered: string) {
  const [a, b] = [sql.ref(stored), sql.ref(offered)];
  return sql<string>`CASE WHEN ${a} IS NULL OR ${b} < ${a} THEN ${b} ELSE ${a} END`;
}

function later(stored: string, offered: string) {
  const [a, b] = [sql.ref(stored), sql.ref(offered)];
  return sql<string>`CASE WHEN ${a} IS NULL OR ${b} > ${a} THEN ${b} ELSE ${a} END`;
}

async function readPulls(
  db: Kysely<Schema>,
  releaseIds: readonly ReleaseId[],
  limit: number,
): Promise<PullList> {
  const found: PullLine[] = [];
  let total = 0;
  for (const ids of inStatements(releaseIds)) {
    const counts = await db
      .selectFrom('pulled_releases')
      .innerJoin('releases', 'releases.id', 'pulled_releases.release_id')
      .selectAll('pulled_releases')
      .select(['releases.purl', 'releases.file', 'releases.upstream'])
      .where('release_id', 'in', ids)
      .execute();
    total += counts.reduce((sum, { pullers, others }) => sum + pullers + (others > 0 ? 1 : 0), 0);
    found.push(...counts.flatMap(othersOf), ...(await named(db, ids, limit)));
  }
  const pulls = found.sort(lastFirst).slice(0, limit);
  return { pulls, more: total - pulls.length };
}

async function named(
  db: Kysely<Schema>,
  ids: readonly ReleaseId[],
  limit: number,
): Promise<readonly PullLine[]> {
  const rows = await db
    .selectFrom('pulls')
    .innerJoin('releases', 'releases.id', 'pulls.release_id')
    .selectAll('pulls')
    .select(['releases.purl', 'releases.file', 'releases.upstream'])
    .where('release_id', 'in', ids)
    .orderBy('last_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...releaseOf(row),
    puller: { kind: row.kind, name: row.name } as Puller,
    firstAt: row.first_at,
    lastAt: row.last_at,
    count: row.count,
  }));
}

interface ReleaseColumns {
  readonly release_id: string;
  readonly purl: string;
  readonly file: string;
  readonly upstream: string;
}

function releaseOf({ release_id: id, purl, file, upstream }: ReleaseColumns) {
  return { releaseId: id as ReleaseId, purl: purl as Purl, file, upstream: upstream as UpstreamId };
}

function othersOf(row: ReleaseColumns & Schema['pulled_releases']): readonly PullLine[] {
  const { others, others_first_at: firstAt, others_last_at: lastAt } = row;
  if (firstAt === null || lastAt === null) return [];
  return [{ ...releaseOf(row), puller: { kind: 'others', name: '' }, firstAt, lastAt, count: others }];
}

function lastFirst(a: Pull, b: Pull): number {
  if (a.lastAt !== b.lastAt) return a.lastAt < b.lastAt ? 1 : -1;
  return keyOf(a.releaseId, a.puller) < keyOf(b.releaseId, b.puller) ? -1 : 1;
}
