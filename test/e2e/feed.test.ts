/** Feeds as an operator meets them: imported, told, refused, set aside; and a gate that is killed in the middle. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { controlClient } from '../../src/server/control/client.ts';
import type { FeedsAnswer } from '../../src/server/control/feed-protocol.ts';
import { feedZip } from '../support/feed-bench.ts';
import { startFakeRegistry } from '../support/fake-registry.ts';
import { startGate, type Gate } from '../support/gate.ts';
import { osvJson } from '../support/osv.ts';

const registry = await startFakeRegistry();
let gate: Gate = await startGate({ upstream: registry.url });
after(async () => {
  await gate.remove();
  await registry.close();
});

/** Without a process for each question: an import may be over in a moment. */
function status(): Promise<FeedsAnswer> {
  return controlClient(gate.dataDirectory).feeds();
}

async function write(name: string, count: number): Promise<string> {
  const path = join(gate.folder, name);
  const records = Array.from({ length: count }, (_, n) => osvJson(`GHSA-${n}`, `package-${n}`));
  await writeFile(path, feedZip(records));
  return path;
}

test('a feed is imported, told with its age, proved in the ledger, and a smaller one is refused', async () => {
  const none = await gate.command('feed', 'status');
  assert.equal(none.code, 3);
  assert.match(none.stdout, /none was imported/);
  const done = await gate.command('feed', 'import', await write('all.zip', 10));
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /11 records.*\n[^]*canary {4}matched/);
  assert.match((await gate.command('status')).stdout, /feed {6}npm: 11 records/);
  assert.match((await gate.command('doctor')).stdout, /feed .*newest advisory for npm/);
  const shrunk = await gate.command('feed', 'import', await write('less.zip', 3));
  assert.equal(shrunk.code, 3);
  assert.match(shrunk.stderr, /FEED_SHRANK/);
  const [feed] = (await status()).feeds;
  assert.equal(feed?.records, 11);
  for (let left = 100; ; left -= 1) {
    const { code, stdout } = await gate.command('ledger', 'prove', feed.entry);
    if (code === 0 && stdout.includes('in the log')) {
      assert.match(stdout, /feed\/v1/);
      break;
    }
    assert.ok(left > 0, stdout);
    await wait(100);
  }
});

test('an advisory is set aside for one version until a date, and counts again when that is taken back', async () => {
  const which = ['MAL-2026-1', '--package', '@scope/name@1.0.0'];
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const wrong = await gate.command('feed', 'override', 'add', ...which, '--until', 'soon', '--reason', 'x');
  assert.equal(wrong.code, 2);
  const past = await gate.command(
    'feed',
    'override',
    'add',
    ...which,
    '--until',
    '2020-01-01',
    '--reason',
    'x',
  );
  assert.notEqual(past.code, 0);
  const added = await gate.command(
    'feed',
    'override',
    'add',
    ...which,
    '--until',
    until,
    '--reason',
    'by mistake',
  );
  assert.equal(added.code, 0, added.stderr);
  const [override] = (await status()).overrides;
  assert.deepEqual([override?.id, override?.version], ['MAL-2026-1', '1.0.0']);
  assert.match((await gate.command('feed', 'override', 'list')).stdout, /@scope\/name@1\.0\.0 until/);
  assert.equal((await gate.command('feed', 'override', 'remove', ...which)).code, 0);
  assert.equal((await gate.command('feed', 'override', 'remove', ...which)).code, 2);
});

test('a gate that is killed while it imports has the old feed when it starts again', async () => {
  const before = (await status()).feeds[0]?.digest;
  const large = await write('large.zip', 30_000);
  const importing = gate.command('feed', 'import', large);
  for (let left = 2000; (await status()).importing === undefined; left -= 1) {
    assert.ok(left > 0);
    await wait(5);
  }
  await gate.kill9();
  assert.equal((await importing).code, 4);
  gate = await startGate({ upstream: registry.url, after: gate });
  const after9 = await status();
  assert.deepEqual([after9.feeds[0]?.digest, after9.importing], [before, undefined]);
  const again = await gate.command('feed', 'import', large);
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await status()).feeds[0]?.records, 30_001);
});
