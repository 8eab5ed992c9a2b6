import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { sha256 } from '../core/digest.ts';
import type { CommittedEntry, LogHead } from '../ledger/log/deps.ts';
import { openStorage, type Storage } from './open.ts';

const origin = 'log.example/test';

async function opened(context: TestContext, events: number): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(storage.close);
  const records = Array.from({ length: events }, (_, n) => recordOf({ version: `1.0.${n}` }));
  await Promise.all(records.map((record) => storage.admission.recordDecision(record)));
  return storage;
}

function headOf(size: number): Omit<LogHead, 'epoch'> {
  return { origin, size, root: sha256(`root ${size}`), checkpoint: `note ${size}`, timeMs: 1000 + size };
}

async function take({ ledger }: Storage, first: number, limit: number): Promise<CommittedEntry[]> {
  const pending = await ledger.heads.pending(limit);
  return pending.map(({ eventId, entry }, n) => ({ eventId, index: first + n, leafHash: sha256(entry) }));
}

test('a log is inaugurated once, empty, and keeps its first name', async (context) => {
  const { heads } = (await opened(context, 0)).ledger;
  assert.equal(await heads.head(), undefined);
  assert.equal(await heads.inaugurate(origin), true);
  assert.equal(await heads.inaugurate('other.example/log'), false);
  assert.deepEqual(await heads.head(), {
    origin,
    size: 0,
    root: sha256(''),
    checkpoint: '',
    timeMs: 0,
    epoch: 0,
  });
});

test('a commit moves the head and gives every event its one place; committed events wait no more', async (context) => {
  const storage = await opened(context, 700);
  const { heads } = storage.ledger;
  await heads.inaugurate(origin);
  const all = await heads.pending(1000);
  const leaves = (await storage.read.outboxAfter(0, 1000)).map((row) => row.leaf);
  assert.deepEqual(
    all.map(({ entry }) => Buffer.from(entry).toString()),
    leaves,
  );
  const first = await take(storage, 0, 600);
  assert.equal(await heads.commit(0, headOf(600), first), true);
  const second = await take(storage, 600, 600);
  assert.deepEqual(
    second.map(({ eventId }) => eventId),
    all.slice(600).map(({ eventId }) => eventId),
  );
  assert.equal(await heads.commit(1, headOf(700), second), true);
  assert.deepEqual(await heads.head(), { ...headOf(700), epoch: 2 });
  assert.deepEqual(await heads.pending(10), []);
  for (const { eventId, index } of [...first.slice(0, 3), ...second.slice(-3)]) {
    assert.equal(await heads.indexOf(eventId), index);
    assert.equal(await heads.eventAt(index), eventId);
  }
  assert.equal(await heads.eventAt(700), undefined);
  assert.equal(await heads.indexOf('no such event'), undefined);
});

test('a commit from an old head, of a placed or unknown event, or of a gap changes nothing', async (context) => {
  const storage = await opened(context, 3);
  const { heads } = storage.ledger;
  assert.equal(await heads.commit(0, headOf(0), []), false, 'not inaugurated');
  await heads.inaugurate(origin);
  const [one] = await take(storage, 0, 1);
  assert.ok(one);
  assert.equal(await heads.commit(0, headOf(1), [one]), true);
  const before = await heads.head();
  const rest = await take(storage, 1, 2);
  const [two, three] = rest;
  assert.ok(two && three);
  const unknown = { ...three, eventId: 'unknown' };
  assert.equal(await heads.commit(0, headOf(3), rest), false, 'old epoch');
  assert.equal(await heads.commit(1, { ...headOf(3), origin: 'other.example' }, rest), false, 'other log');
  assert.equal(await heads.commit(1, headOf(4), rest), false, 'a gap');
  assert.equal(await heads.commit(1, headOf(2), [{ ...one, index: 1 }]), false, 'placed already');
  assert.equal(await heads.commit(1, headOf(3), [two, unknown]), false, 'unknown event');
  assert.equal(await heads.commit(1, headOf(3), [two, { ...two, index: 2 }]), false, 'one event twice');
  assert.deepEqual(await heads.head(), before);
  assert.deepEqual(await take(storage, 1, 9), rest);
  assert.equal(await heads.indexOf(two.eventId), undefined);
  // Two events at one index: the database itself refuses.
  await assert.rejects(heads.commit(1, headOf(3), [two, { ...three, index: 1 }]), { code: 'STORAGE_FAILED' });
  assert.deepEqual(await heads.head(), before);
  assert.equal(await heads.commit(1, headOf(3), rest), true);
});

test('listeners hear of an event once it is stored, not of records without one, and not after they left', async (context) => {
  const storage = await opened(context, 0);
  const heard: number[] = [];
  const leave = storage.ledger.onEvent(() => heard.push(heard.length));
  await storage.admission.recordDecision(recordOf({ event: false }));
  assert.equal(heard.length, 0);
  await storage.admission.recordDecision(recordOf({ version: '2.0.0' }));
  assert.equal(heard.length, 1);
  assert.equal((await storage.ledger.heads.pending(5)).length, 1);
  leave();
  await storage.admission.recordDecision(recordOf({ version: '3.0.0' }));
  assert.equal(heard.length, 1);
});
