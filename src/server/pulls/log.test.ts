import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordOf, temporaryDirectory } from '../../../test/support/storage-records.ts';
import { AssayError } from '../../core/errors.ts';
import type { Puller } from '../../core/pull.ts';
import { anonymous, type ReleaseId } from '../../core/subject.ts';
import { openStorage } from '../../storage/open.ts';
import type { PullBatch, PullStore } from '../../storage/pulls.ts';
import { openPullLog, type PullLogDeps } from './log.ts';
import { pullerOf } from './puller.ts';

const ci: Puller = { kind: 'robot', name: 'ci' };
const silent = { error: () => {}, info: () => {} };
const release = (n: number): ReleaseId => String(n).padStart(40, '0') as ReleaseId;

interface FakeStore extends PullStore {
  /** What is stored: each batch once, however often it was offered. */
  readonly stored: Map<string, PullBatch>;
  /** Ids, as offered. */
  readonly offered: string[];
  fail: 'no' | 'before' | 'after';
}

function fakeStore(): FakeStore {
  const stored = new Map<string, PullBatch>();
  const store: FakeStore = {
    stored,
    offered: [],
    fail: 'no',
    begin: () => Promise.resolve(),
    record: (batch) => {
      store.offered.push(batch.id);
      if (store.fail !== 'before') stored.set(batch.id, batch);
      if (store.fail === 'no') return Promise.resolve();
      return Promise.reject(new AssayError('STORAGE_FULL', 'no room'));
    },
    of: () => Promise.resolve({ pulls: [], more: 0 }),
    state: () => Promise.resolve({ since: undefined, lost: 0 }),
  };
  return store;
}

async function opened(change: Partial<PullLogDeps> = {}) {
  const store = fakeStore();
  let nowMs = Date.UTC(2026, 0, 1);
  const log = await openPullLog({
    store,
    clock: () => new Date(nowMs),
    log: silent,
    writeEveryMs: 3_600_000,
    ...change,
  });
  return { store, log, setClock: (ms: number) => (nowMs = ms) };
}

function sums(store: FakeStore): ReadonlyMap<string, number> {
  const all = [...store.stored.values()].flatMap(({ pulls }) => pulls);
  const counts = new Map<string, number>();
  for (const { releaseId, puller, count } of all) {
    const key = `${Number(releaseId)} ${puller.name}`;
    counts.set(key, (counts.get(key) ?? 0) + count);
  }
  return counts;
}

test('nothing is written until it is time, or until somebody asks', async () => {
  const { store, log } = await opened();
  for (let n = 0; n < 5; n += 1) log.sent(release(1), ci);
  log.sent(release(2), ci);
  assert.deepEqual(store.offered, []);
  await log.of(release(1));
  assert.equal(store.offered.length, 1);
  assert.deepEqual(Object.fromEntries(sums(store)), { '1 ci': 5, '2 ci': 1 });
  await log.of(release(1));
  assert.equal(store.offered.length, 1, 'nothing is written twice');
});

test('what was sent is written by itself, and what was sent meanwhile with the next', async () => {
  const { store, log } = await opened({ writeEveryMs: 1 });
  for (let n = 0; n < 3; n += 1) {
    log.sent(release(n), ci);
    while (store.offered.length <= n) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(sums(store).size, 3);
  await log.close();
});

test('closing writes what waits, and a clock that was set back loses neither end', async () => {
  const { store, log, setClock } = await opened();
  setClock(Date.UTC(2026, 0, 2));
  log.sent(release(1), ci);
  setClock(Date.UTC(2026, 0, 1));
  log.sent(release(1), ci);
  await log.close();
  const [batch] = [...store.stored.values()];
  assert.deepEqual(batch?.pulls, [
    {
      releaseId: release(1),
      puller: ci,
      firstAt: '2026-01-01T00:00:00.000Z',
      lastAt: '2026-01-02T00:00:00.000Z',
      count: 2,
    },
  ]);
});

for (const fail of ['before', 'after'] as const) {
  test(`what failed ${fail} it was stored is offered again under its id, and counted once`, async () => {
    const { store, log } = await opened();
    store.fail = fail;
    log.sent(release(1), ci);
    await assert.rejects(log.of(release(1)), { code: 'STORAGE_FULL' });
    log.sent(release(1), ci);
    store.fail = 'no';
    await log.of(release(1));
    assert.equal(store.offered[0], store.offered[1]);
    assert.deepEqual(Object.fromEntries(sums(store)), { '1 ci': 2 });
  });
}

test('that nothing can be written is a problem until it can, and closing does not fail for it', async () => {
  const { store, log } = await opened({ writeEveryMs: 1 });
  const untilProblems = async (count: number): Promise<void> => {
    while (log.problems().length !== count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  store.fail = 'before';
  log.sent(release(1), ci);
  await untilProblems(1);
  store.fail = 'no';
  await untilProblems(0);
  assert.deepEqual(Object.fromEntries(sums(store)), { '1 ci': 1 });
  store.fail = 'before';
  log.sent(release(1), ci);
  await log.close();
});

test('more than may wait is counted as lost, never forgotten without a word', async () => {
  const { store, log } = await opened({ waitingAtMost: 300 });
  store.fail = 'before';
  for (let n = 0; n < 310; n += 1) log.sent(release(n), ci);
  await assert.rejects(log.of(release(0)));
  for (let n = 0; n < 5; n += 1) log.sent(release(900 + n), ci);
  store.fail = 'no';
  await log.of(release(0));
  log.sent(release(999), ci);
  await log.close();
  const batches = [...store.stored.values()];
  assert.equal(
    batches.reduce((sum, { lost }) => sum + lost, 0),
    15,
  );
  assert.equal(sums(store).size, 301);
  assert.ok(batches.every(({ pulls }) => pulls.length <= 64));
});

test('askers at once each see what was sent before they asked', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  const record = recordOf({ name: 'bad', outcome: 'allow', event: false });
  await storage.admission.recordDecision(record);
  const log = await openPullLog({ store: storage.pulls, clock: () => new Date(), log: silent });
  const asked = Array.from({ length: 20 }, () => {
    log.sent(record.release.id, ci);
    return log.of(record.release.id);
  });
  const counts = (await Promise.all(asked)).map((pulls) => pulls[0]?.count ?? 0);
  counts.forEach((count, n) => assert.ok(count > n, `${count} of at least ${n + 1}`));
  assert.equal(counts.at(-1), 20);
  await log.close();
});

test('a caller is its token by name, else the address of its connection', () => {
  assert.deepEqual(pullerOf({ kind: 'robot', name: 'ci' }, '192.0.2.1'), ci);
  const address = (text: string | undefined): string => pullerOf(anonymous, text).name;
  assert.equal(pullerOf(anonymous, '192.0.2.1').kind, 'address');
  assert.equal(address('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(address('2001:db8::1'), '2001:db8::1');
  assert.equal(address('::ffff:c000:201'), '::ffff:c000:201');
  assert.equal(address(undefined), 'unknown');
  assert.equal(pullerOf({ kind: 'person', name: 'a\ud800\0b' }, undefined).name, 'a\ufffdb');
});
