import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { openStorage } from '../storage/open.ts';
import { statusOf } from './status.ts';
import { upstreamSettings } from '../../test/support/composed-gate.ts';

test('a gate whose disk is full is not ready, and says so', async (t) => {
  const directory = await temporaryDirectory(t);
  const storage = await openStorage({ directory });
  t.after(() => storage.close());
  const ask = (freeBytes: number) =>
    statusOf({
      settings: {
        dataDirectory: directory,
        upstreams: [upstreamSettings('http://127.0.0.1:9/')],
        policy: { preset: 'recommended', rules: {}, cooldownHours: 72, deny: [], allow: [] },
      },
      storage,
      upstreamHealth: () => [],
      policyDigest: 'none',
      url: 'http://127.0.0.1:4873/',
      clock: () => new Date(),
      startedAt: '2026-01-01T00:00:00.000Z',
      secureChannel: () => ({ state: 'off', serve: 'secure', missing: 'refuse' }),
      otherProblems: () => [],
      behaviourIdle: () => undefined,
      isolation: () => undefined,
      freeBytes: () => Promise.resolve(freeBytes),
    });
  assert.equal((await ask(1e9)).ready, true);
  const full = await ask(1000);
  assert.equal(full.ready, false);
  assert.match(full.problems.join(' '), /disk .* is full/);
});
