import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { BundleRequest } from '../../sigstore/types.ts';
import { createVerifyPool, type VerifyPool } from './verify-pool.ts';

const now = '2026-11-20T12:00:00.000Z';

function brokenPool(t: TestContext, threads: number, hangMs?: number): VerifyPool {
  const script = new URL('../../../test/support/broken-verifier-child.ts', import.meta.url);
  const pool = createVerifyPool({ threads, script, ...(hangMs === undefined ? {} : { hangMs }) });
  t.after(() => pool.close());
  return pool;
}

function request(what: string): BundleRequest {
  return { bundle: { do: what }, thing: undefined, roots: [], keys: [], now };
}

test('a verifier that hangs, dies, eats memory or throws rejects that bundle alone, and the next is answered', async (t) => {
  const pool = brokenPool(t, 1, 300);
  for (const what of ['hang', 'die', 'eat', 'throw']) {
    const wrong = pool.verify(request(what));
    const right = pool.verify(request('answer'));
    await assert.rejects(wrong, { code: 'BUNDLE_VERIFIER_FAILED' }, what);
    assert.equal((await right).ok, false, what);
  }
});

test('many hanging bundles at once end, every one with the same code', async (t) => {
  const pool = brokenPool(t, 2, 50);
  const all = Array.from({ length: 6 }, () => pool.verify(request('hang')));
  for (const one of await Promise.allSettled(all)) {
    assert.equal(one.status, 'rejected');
    assert.equal((one.reason as { code?: string }).code, 'BUNDLE_VERIFIER_FAILED');
  }
  assert.equal((await pool.verify(request('answer'))).ok, false);
});

test('a job that cannot be sent to a thread is rejected, and the pool goes on', async (t) => {
  const pool = brokenPool(t, 1);
  const odd = { ...request('answer'), bundle: { do: (() => undefined) as unknown as string } };
  await assert.rejects(pool.verify(odd), { code: 'BUNDLE_VERIFIER_FAILED' });
  assert.equal((await pool.verify(request('answer'))).ok, false);
});

test('a closed pool refuses, and what waits in it is refused', async () => {
  const script = new URL('../../../test/support/broken-verifier-child.ts', import.meta.url);
  const pool = createVerifyPool({ threads: 1, script, hangMs: 60_000 });
  const hanging = assert.rejects(pool.verify(request('hang')), { code: 'BUNDLE_VERIFIER_FAILED' });
  const waiting = assert.rejects(pool.verify(request('answer')), { code: 'GATE_BUSY' });
  await pool.close();
  await assert.rejects(pool.verify(request('answer')), { code: 'GATE_BUSY' });
  await Promise.all([hanging, waiting]);
});
