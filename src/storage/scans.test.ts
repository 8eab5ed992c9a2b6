import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { at, temporaryDirectory } from '../../test/support/storage-records.ts';
import type { ScanKey, ScanRecord, ScanStore } from '../admission/scan-deps.ts';
import { artifactDigestsOf, sha256 } from '../core/digest.ts';
import { createAdmissionStore } from './admission-store.ts';
import { closeDatabase, openDatabase } from './open.ts';
import { createScanStore } from './scans.ts';

const digests = artifactDigestsOf(Buffer.from('a tarball'));
const key: ScanKey = { artifact: digests.sha256, rules: '1 a', base: undefined };

async function opened(context: TestContext): Promise<ScanStore> {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  const { db, queue } = database;
  await createAdmissionStore(db, queue, () => {}).recordArtifact({ digests, reading: undefined });
  return createScanStore(db, queue);
}

test('nothing is known of what was never scanned, and a report is known by artifact, rules and base together', async (t) => {
  const scans = await opened(t);
  assert.equal(await scans.of(key), undefined);
  const report = sha256('report');
  await scans.recordReport(key, report, at(1));
  assert.deepEqual(await scans.of(key), { report, failure: undefined, failures: 0, at: at(1) });
  for (const other of [
    { ...key, rules: '1 b' },
    { ...key, base: sha256('before') },
    { ...key, artifact: sha256('other') },
  ])
    assert.equal(await scans.of(other), undefined);
});

test('failures are counted until a report ends them, and one after it does not take the report away', async (t) => {
  const scans = await opened(t);
  for (const n of [1, 2, 3]) {
    await scans.recordFailure(key, `died ${n}`, at(n));
    assert.deepEqual(await scans.of(key), {
      report: undefined,
      failure: `died ${n}`,
      failures: n,
      at: at(n),
    });
  }
  const report = sha256('report');
  await scans.recordReport(key, report, at(4));
  assert.deepEqual(await scans.of(key), { report, failure: undefined, failures: 0, at: at(4) });
  await scans.recordFailure(key, 'died again', at(5));
  assert.deepEqual(await scans.of(key), { report, failure: 'died again', failures: 1, at: at(5) });
});

test('a report about bytes that are on no record is refused', async (t) => {
  const scans = await opened(t);
  await assert.rejects(scans.recordReport({ ...key, artifact: sha256('nobody') }, sha256('r'), at(1)), {
    code: /^STORAGE_/,
  });
});

const step = fc.record({
  rules: fc.constantFrom('1 a', '1 b'),
  base: fc.constantFrom(undefined, sha256('x'), sha256('y')),
  report: fc.option(fc.constantFrom('r1', 'r2'), { nil: undefined }),
});

test('for every history, each key has its own last report and its failures since', async (t) => {
  const scans = await opened(t);
  let salt = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      salt += 1;
      const model = new Map<string, ScanRecord>();
      for (const [n, { rules, base, report }] of steps.entries()) {
        const about: ScanKey = { ...key, rules: `${rules} ${salt}`, base };
        const name = JSON.stringify(about);
        const known = model.get(name);
        if (report === undefined) {
          await scans.recordFailure(about, `f${n}`, at(n));
          const failures = (known?.failures ?? 0) + 1;
          model.set(name, { report: known?.report, failure: `f${n}`, failures, at: at(n) });
        } else {
          await scans.recordReport(about, sha256(report), at(n));
          model.set(name, { report: sha256(report), failure: undefined, failures: 0, at: at(n) });
        }
      }
      for (const [name, record] of model) assert.deepEqual(await scans.of(keyIn(name)), record);
    }),
    { numRuns: 30 },
  );
});

function keyIn(name: string): ScanKey {
  const parsed = JSON.parse(name) as ScanKey;
  return { ...parsed, base: parsed.base };
}
