import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { at, recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import type { DecisionRecord, OutboxEvent } from '../admission/deps.ts';
import { sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import { openStorage, type Storage } from './open.ts';

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  context.after(() => storage.close());
  return storage;
}

/** A decision that differs from the one before, with its event. */
function transition(
  seconds: number,
  previousEventId?: string,
): DecisionRecord & { readonly event: OutboxEvent } {
  const record = recordOf({
    seconds,
    outcome: seconds % 2 === 0 ? 'hold' : 'block',
    caseSeed: String(seconds),
  });
  assert.ok(record.event !== undefined);
  return { ...record, event: { ...record.event, previousEventId } };
}

function erasureOf(eventId: string, previousEventId: string, field = 'actor') {
  const record: OutboxEvent = {
    eventId: randomUUID(),
    type: 'erasure/v1',
    time: at(100),
    leaf: `{"erased":"${eventId}"}`,
    salts: { subject: 'cc'.repeat(32), statement: 'dd'.repeat(32) },
    statement: { predicateType: 'erasure' },
    previousEventId,
  };
  return { eventId, saltsOf: field, statement: undefined, forgetEnvelope: false, record };
}

async function sequenced({ ledger }: Storage): Promise<void> {
  await ledger.heads.inaugurate('log.example.com');
  const head = await ledger.heads.head();
  const pending = await ledger.heads.pending(100);
  assert.ok(head !== undefined);
  const size = head.size + pending.length;
  const entries = pending.map(({ eventId }, n) => ({
    eventId,
    index: head.size + n,
    leafHash: sha256(eventId),
  }));
  const { epoch, ...rest } = head;
  assert.ok(await ledger.heads.commit(epoch, { ...rest, size }, entries));
}

test("a release's events are read in order, each with the one before it and its place in the log", async (context) => {
  const storage = await opened(context);
  const { admission, events } = storage;
  const first = transition(0);
  const second = transition(1, first.event.eventId);
  for (const record of [first, second]) await admission.recordDecision(record);
  assert.equal(await events.waiting(), 2);
  await sequenced(storage);
  assert.equal(await events.waiting(), 0);
  const history = await events.ofRelease(first.release.id);
  assert.deepEqual(
    history.map(({ eventId, previousEventId, index }) => [eventId, previousEventId, index]),
    [
      [first.event.eventId, undefined, 0],
      [second.event.eventId, first.event.eventId, 1],
    ],
  );
  assert.deepEqual(await events.byIndex(1), history[1]);
  assert.deepEqual(await events.byId(first.event.eventId), history[0]);
  assert.deepEqual(history[0]?.salts, first.event.salts);
  assert.equal(await events.byIndex(2), undefined);
  assert.equal(await events.byId('none'), undefined);
  assert.deepEqual(await events.releasesOfArtifact(first.release.artifact?.sha256 ?? sha256('')), [
    first.release.id,
  ]);
});

test('no two events of a release follow the same one', async (context) => {
  const { admission, events } = await opened(context);
  const first = transition(0);
  await admission.recordDecision(first);
  await admission.recordDecision(transition(1, first.event.eventId));
  for (const stale of [transition(2, first.event.eventId), transition(2, undefined)])
    await assert.rejects(admission.recordDecision(stale), (error) => isAssayError(error, 'STORAGE_FAILED'));
  assert.equal((await events.ofRelease(first.release.id)).length, 2);
});

test('erasing a field deletes its salt, keeps the entry, and is an event itself that the log hears of', async (context) => {
  const { admission, events, ledger } = await opened(context);
  const { release, event } = transition(0);
  await admission.recordDecision({ ...transition(0), release, event });
  let heard = 0;
  ledger.onEvent(() => (heard += 1));
  const erasure = erasureOf(event.eventId, event.eventId);
  assert.equal(await events.erase({ ...erasure, statement: { kept: true } }), 'erased');
  assert.equal(heard, 1);
  const [erased, record] = await events.ofRelease(release.id);
  assert.deepEqual(Object.keys(erased?.salts ?? {}), ['subject']);
  assert.equal(erased?.leaf, event.leaf);
  assert.deepEqual(erased.statement, { kept: true });
  assert.deepEqual([record?.type, record?.previousEventId], ['erasure/v1', event.eventId]);
});

test('what was erased, or never there, is not erased again; a stale record of it is made anew', async (context) => {
  const { admission, events } = await opened(context);
  const first = transition(0);
  await admission.recordDecision(first);
  const { eventId } = first.event;
  assert.equal(await events.erase(erasureOf('none', eventId)), 'nothing');
  assert.equal(await events.erase(erasureOf(eventId, eventId, 'evidence')), 'nothing');
  assert.equal(await events.erase(erasureOf(eventId, 'another')), 'moved');
  assert.equal((await events.ofRelease(first.release.id)).length, 1);
  assert.equal(await events.erase(erasureOf(eventId, eventId)), 'erased');
  const newest = (await events.ofRelease(first.release.id)).at(-1)?.eventId ?? '';
  assert.equal(await events.erase(erasureOf(eventId, newest)), 'nothing');
});

test('the evidence set is erased with all its places, and no field whose name only begins alike', async (context) => {
  const { admission, events } = await opened(context);
  const record = transition(0);
  const salts = { 'evidence/0': 'a', 'evidence/1': 'b', prev: 'c', statement: 'd' };
  await admission.recordDecision({ ...record, event: { ...record.event, salts } });
  const { eventId } = record.event;
  assert.equal(await events.erase(erasureOf(eventId, eventId, 'evidence')), 'erased');
  assert.deepEqual((await events.byId(eventId))?.salts, { prev: 'c', statement: 'd' });
});

test('statements are signed once, in order; an erased one has no envelope and is passed over', async (context) => {
  const storage = await opened(context);
  const { admission, events } = storage;
  const salts = { statement: 'a', actor: 'b' };
  const records = [0, 1, 2].map((n) => {
    const record = recordOf({ name: `pkg-${n}` });
    return { ...record, event: record.event && { ...record.event, salts } };
  });
  for (const record of records) await admission.recordDecision(record);
  assert.deepEqual(await events.unsigned(10), []);
  await sequenced(storage);
  const [a, b, c] = await events.unsigned(10);
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  assert.equal((await events.unsigned(2)).length, 2);
  const erasure = { ...erasureOf(b.eventId, b.eventId, 'statement'), forgetEnvelope: true };
  assert.equal(await events.erase(erasure), 'erased');
  assert.equal((await events.unsigned(10))[1]?.statement, undefined);
  const envelopes = [a, b].map(({ eventId }) => ({
    eventId,
    envelope: sha256(eventId),
    summary: sha256(`summary of ${eventId}`),
  }));
  assert.deepEqual(await events.recordEnvelopes(envelopes, 1), [
    sha256(b.eventId),
    sha256(`summary of ${b.eventId}`),
  ]);
  assert.deepEqual(
    (await events.unsigned(10)).map(({ index }) => index),
    [2],
  );
  assert.equal((await events.byId(a.eventId))?.envelope, sha256(a.eventId));
  assert.equal((await events.byId(b.eventId))?.envelope, undefined);
});

function aboutLog(previousEventId: string | undefined): OutboxEvent {
  return {
    eventId: randomUUID(),
    type: 'key-rotation/v1',
    time: at(0),
    leaf: '{"about":"the log"}',
    salts: { subject: 'ab'.repeat(32), statement: 'cd'.repeat(32) },
    statement: { predicateType: 'key-rotation' },
    previousEventId,
  };
}

test('entries about the log itself are a chain of their own, come signed, and are recorded once', async (context) => {
  const storage = await opened(context);
  const { admission, events, ledger } = storage;
  let heard = 0;
  ledger.onEvent(() => (heard += 1));
  const record = transition(0);
  const decided = { ...record, event: { ...record.event, salts: { statement: 'a' } } };
  await admission.recordDecision(decided);
  const first = aboutLog(undefined);
  const envelope = sha256('an envelope');
  for (const _ of [1, 2]) await events.recordOfLog(first, envelope);
  assert.equal(heard, 3);
  const second = aboutLog(first.eventId);
  await events.recordOfLog(second, envelope);
  for (const stale of [aboutLog(undefined), aboutLog(first.eventId), aboutLog(decided.event.eventId)])
    await assert.rejects(events.recordOfLog(stale, envelope), (error) =>
      isAssayError(error, 'STORAGE_FAILED'),
    );
  await sequenced(storage);
  assert.deepEqual(
    (await events.ofLog()).map((one) => [one.eventId, one.releaseId, one.previousEventId, one.index]),
    [
      [first.eventId, undefined, undefined, 1],
      [second.eventId, undefined, first.eventId, 2],
    ],
  );
  assert.deepEqual((await events.ofLog())[0]?.envelope, envelope);
  assert.deepEqual((await events.ofRelease(decided.release.id)).length, 1);
  assert.deepEqual(
    (await events.unsigned(10)).map(({ eventId, statement }) => [eventId, statement !== undefined]),
    [
      [decided.event.eventId, true],
      [first.eventId, false],
      [second.eventId, false],
    ],
  );
  assert.equal(await events.erase(erasureOf(first.eventId, second.eventId)), 'nothing');
});

test('a summary is kept under its digest, signed with the statement, and erased with it', async (context) => {
  const storage = await opened(context);
  const { admission, events } = storage;
  const record = transition(0);
  const summary = { predicateType: 'summary', predicate: { b: 1, a: 2 } };
  const salts = { statement: 'a', actor: 'b' };
  await admission.recordDecision({ ...record, event: { ...record.event, salts, summary } });
  const { eventId } = record.event;
  const digest = sha256('{"predicate":{"a":2,"b":1},"predicateType":"summary"}');
  assert.deepEqual((await events.byId(eventId))?.summary, {
    digest,
    statement: summary,
    envelope: undefined,
  });
  await sequenced(storage);
  assert.deepEqual((await events.unsigned(10))[0]?.summary, summary);
  const signed = { eventId, envelope: sha256('statement'), summary: sha256('summary') };
  assert.deepEqual(await events.recordEnvelopes([signed], 0), []);
  assert.equal((await events.byId(eventId))?.summary?.envelope, sha256('summary'));
  assert.equal(await events.erase(erasureOf(eventId, eventId)), 'erased');
  assert.ok((await events.byId(eventId))?.summary !== undefined, 'the actor is no part of it');
  const newest = (await events.ofRelease(record.release.id)).at(-1)?.eventId ?? '';
  const erasure = { ...erasureOf(eventId, newest, 'statement'), forgetEnvelope: true };
  assert.equal(await events.erase(erasure), 'erased');
  assert.equal((await events.byId(eventId))?.summary, undefined);
});

test('an entry of a chain is recorded with its setting, or neither is', async (context) => {
  const storage = await opened(context);
  const { events, settings } = storage;
  assert.equal(await events.newestOfChain('trust'), undefined);
  const first = { ...aboutLog(undefined), type: 'trust-material/v1' };
  await events.recordInChain('trust', first, { key: 'trust', value: 'one' });
  assert.equal(await events.newestOfChain('trust'), first.eventId);
  assert.equal(await settings.setting('trust'), 'one');
  const stale = { ...aboutLog(undefined), type: 'trust-material/v1' };
  await assert.rejects(events.recordInChain('trust', stale, { key: 'trust', value: 'two' }), {
    code: 'STORAGE_FAILED',
  });
  assert.equal(await settings.setting('trust'), 'one');
  const second = { ...aboutLog(first.eventId), type: 'trust-material/v1' };
  await events.recordInChain('trust', second, { key: 'trust', value: 'two' });
  assert.equal((await events.byId(second.eventId))?.previousEventId, first.eventId);
  assert.deepEqual(await events.ofLog(), []);
});
