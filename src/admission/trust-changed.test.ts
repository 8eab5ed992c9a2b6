/** When trust changes, what could not be verified is tried again, and nothing else is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdmission } from '../../test/support/admission-bench.ts';
import { collectorSettings, noTrust } from '../../test/support/collector-input.ts';
import type { Collector } from '../core/collector.ts';
import { sha256 } from '../core/digest.ts';
import type { Result } from '../core/evidence.ts';
import { createCollectors } from '../evidence/collectors.ts';

const collectors = createCollectors({
  verifyBundle: () => Promise.reject(new Error('nothing to verify')),
  ...collectorSettings,
});

async function timesAsked(t: Parameters<typeof startAdmission>[0], result: Result): Promise<number> {
  const bench = await startAdmission(t);
  let asked = 0;
  bench.setCollectors(
    collectors.map((one): Collector =>
      one.kind === 'signatures'
        ? {
            ...one,
            collect: async (input) => {
              asked += 1;
              return { ...(await one.collect(input)), result, material: input.trust.digest };
            },
          }
        : one,
    ),
  );
  bench.registry.publish({ name: 'lib', version: '1.0.0' });
  await bench.admit('lib', '1.0.0');
  Object.assign(bench.rooms, { trust: () => ({ ...noTrust, digest: sha256('other trust') }) });
  bench.setPolicy({});
  await bench.admit('lib', '1.0.0');
  return asked;
}

test('what was verified, and what offers nothing to verify, is not looked at again', async (t) => {
  assert.equal(await timesAsked(t, 'pass'), 1);
  assert.equal(await timesAsked(t, 'not-available'), 1);
});

test('what no key was known for, or was refused, is looked at again', async (t) => {
  assert.equal(await timesAsked(t, 'not-checked'), 2);
  assert.equal(await timesAsked(t, 'fail'), 2);
});
