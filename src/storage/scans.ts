/** Reports of the scanner by artifact: the report itself is a blob, this is its place. */
import type { Kysely } from 'kysely';
import type { ScanKey, ScanRecord, ScanStore } from '../admission/scan-deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Schema } from './schema.ts';
import type { WriteQueue } from './write-queue.ts';

export function createScanStore(db: Kysely<Schema>, { write }: WriteQueue): ScanStore {
  return {
    of: (key) => read(db, key),
    recordReport: (key, report, at) =>
      write(async (inside) => {
        await inside
          .insertInto('scans')
          .values({ ...rowOf(key), report, failure: null, failures: 0, scanned_at: at })
          .onConflict((conflict) =>
            conflict
              .columns(['artifact', 'rules', 'base'])
              .doUpdateSet({ report, failure: null, failures: 0, scanned_at: at }),
          )
          .execute();
      }),
    recordFailure: (key, failure, at) =>
      write(async (inside) => {
        const known = await read(inside, key);
        const changed = { failure, failures: (known?.failures ?? 0) + 1, scanned_at: at };
        await inside
          .insertInto('scans')
          .values({ ...rowOf(key), report: null, ...changed })
          .onConflict((conflict) => conflict.columns(['artifact', 'rules', 'base']).doUpdateSet(changed))
          .execute();
      }),
  };
}

function rowOf({ artifact, rules, base }: ScanKey) {
  return { artifact, rules, base: base ?? '' };
}

async function read(db: Kysely<Schema>, key: ScanKey): Promise<ScanRecord | undefined> {
  const { artifact, rules, base } = rowOf(key);
  const row = await db
    .selectFrom('scans')
    .selectAll()
    .where('artifact', '=', artifact)
    .where('rules', '=', rules)
    .where('base', '=', base)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    report: (row.report as Sha256 | null) ?? undefined,
    failure: row.failure ?? undefined,
    failures: row.failures,
    at: row.scanned_at,
  };
}
