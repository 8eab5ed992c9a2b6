/** What install scripts were seen to do, by artifact and observer: the report itself is a blob, this is its place. */
import type { Kysely } from 'kysely';
import type { BehaviourFailure, BehaviourRecord, BehaviourStore } from '../admission/behaviour-deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Ecosystem, Purl } from '../core/purl.ts';
import type { BehaviourTable, Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

/** Of one artifact, or of one version. */
const mostRecords = 20;

export function createBehaviourStore(db: Kysely<Schema>, { write }: WriteQueue): BehaviourStore {
  return {
    ofArtifact: (artifact) => read(db, 'artifact', artifact),
    ofVersion: (purl) => read(db, 'purl', purl),
    recordReport: (key, report, at) =>
      write(async (inside) => {
        const changed = { purl: key.purl, report, code: null, failure: null, failures: 0, at };
        await put(inside, key, changed);
      }),
    recordFailure: (key, { code, message }, at) =>
      write(async (inside) => {
        const known = await inside
          .selectFrom('behaviours')
          .selectAll()
          .where('artifact', '=', key.artifact)
          .where('observer', '=', key.observer)
          .executeTakeFirst();
        const failures = (known?.failures ?? 0) + 1;
        const report = known?.report ?? null;
        await put(inside, key, { purl: key.purl, report, code, failure: message, failures, at });
      }),
    packagesOf: async (artifact) => {
      const rows = await db
        .selectFrom('releases')
        .select(['ecosystem', 'name'])
        .distinct()
        .where('artifact', '=', artifact)
        .execute();
      return rows.map(({ ecosystem, name }) => ({ ecosystem: ecosystem as Ecosystem, name }));
    },
  };
}

type Key = Parameters<BehaviourStore['recordReport']>[0];

async function put(
  db: Kysely<Schema>,
  { artifact, observer }: Key,
  changed: Omit<BehaviourTable, 'artifact' | 'observer'>,
): Promise<void> {
  await db
    .insertInto('behaviours')
    .values({ artifact, observer, ...changed })
    .onConflict((conflict) => conflict.columns(['artifact', 'observer']).doUpdateSet(changed))
    .execute();
}

async function read(
  db: Kysely<Schema>,
  column: 'artifact' | 'purl',
  value: string,
): Promise<readonly BehaviourRecord[]> {
  const rows = await db
    .selectFrom('behaviours')
    .selectAll()
    .where(column, '=', value)
    .orderBy('at', 'desc')
    .orderBy('observer', 'desc')
    .limit(mostRecords)
    .execute();
  return rows.map((row) => ({
    artifact: row.artifact as Sha256,
    observer: row.observer,
    purl: row.purl as Purl,
    report: (row.report as Sha256 | null) ?? undefined,
    failure: failureOf(row),
    failures: row.failures,
    at: row.at,
  }));
}

function failureOf({ code, failure }: BehaviourTable): BehaviourFailure | undefined {
  return failure === null ? undefined : { code: code ?? '', message: failure };
}
