import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { at, recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator } from '../core/subject.ts';
import { newEventId } from '../ledger/event-maker.ts';
import { makeRebuildEvent } from '../ledger/rebuild-event.ts';
import type { BuildJob } from './build-jobs.ts';
import type { StoredBuild } from './builds.ts';
import { openStorage, type Storage } from './open.ts';

const purl = formatPurl('npm', '@a/b', '1.0.0');

async function opened(context: TestContext): Promise<Storage> {
  const storage = await openStorage({ directory: join(await temporaryDirectory(context), 'data') });
  context.after(storage.close);
  return storage;
}

function build(id: string, n: number, of = purl): StoredBuild {
  return {
    id,
    purl: of,
    artifact: sha256('upstream'),
    verdict: 'equivalent',
    record: sha256(`record ${id}`),
    summary: { isolation: 'full' },
    provenance: undefined,
    comparison: sha256(`comparison ${id}`),
    eventId: newEventId(randomBytes),
    at: at(n),
  };
}

function eventOf(one: StoredBuild, previousEventId: string | undefined) {
  return makeRebuildEvent({
    ...one,
    build: one.id,
    cause: undefined,
    isolation: 'full',
    builder: 'b',
    principal: localOperator,
    time: one.at,
    previousEventId,
    randomBytes,
  });
}

test('builds are kept with their entries, newest first, and those of one version are a chain', async (t) => {
  const { builds, events } = await opened(t);
  const [first, second, other] = [
    build('b1', 1),
    build('b2', 2),
    build('b3', 3, formatPurl('npm', 'x', '1.0.0')),
  ];
  await builds.record(first, eventOf(first, undefined));
  assert.equal(await builds.newestEvent(purl), first.eventId);
  await assert.rejects(builds.record(second, eventOf(second, undefined)), { code: 'STORAGE_FAILED' });
  assert.equal(await builds.byId('b2'), undefined, 'neither the entry nor the build');
  await builds.record(second, eventOf(second, first.eventId));
  await builds.record(other, eventOf(other, undefined));
  assert.deepEqual(await builds.ofVersion(purl, 10), [second, first]);
  assert.deepEqual(await builds.ofPackage('npm', '@a/b', 1), [second]);
  assert.deepEqual(await builds.page(undefined, 2), [first, second]);
  assert.deepEqual(await builds.page({ at: second.at, id: second.id }, 2), [other]);
  assert.equal((await events.byId(second.eventId))?.previousEventId, first.eventId);
});

function job(id: string, more: Partial<BuildJob> = {}): BuildJob {
  return {
    id,
    purl: formatPurl('npm', id, '1.0.0'),
    reason: 'asked',
    principal: localOperator,
    priority: 0,
    state: 'waiting',
    attempt: 0,
    notBefore: at(0),
    recipe: undefined,
    phase: 'waiting',
    cause: undefined,
    message: undefined,
    buildId: undefined,
    createdAt: at(1),
    startedAt: undefined,
    endedAt: undefined,
    ...more,
  };
}

test('the next job is the most wanted one, then the oldest, and none before its time', async (t) => {
  const { buildJobs } = await opened(t);
  await buildJobs.add(job('late', { createdAt: at(2) }));
  await buildJobs.add(job('early'));
  await buildJobs.add(job('wanted', { priority: 5, createdAt: at(3) }));
  await buildJobs.add(job('later', { priority: 9, notBefore: at(30) }));
  const order: string[] = [];
  for (;;) {
    const next = await buildJobs.next(at(10));
    if (next === undefined) break;
    order.push(next.id);
    await buildJobs.change(next.id, { state: 'running', startedAt: at(10), phase: 'source' });
  }
  assert.deepEqual(order, ['wanted', 'early', 'late']);
  assert.equal((await buildJobs.next(at(40)))?.id, 'later');
  assert.equal((await buildJobs.inState('running')).length, 3);
});

test('a version waits once, with the highest priority and the recipe it was asked with', async (t) => {
  const { buildJobs } = await opened(t);
  const first = await buildJobs.add(job('a'));
  const same = await buildJobs.add({ ...job('b', { priority: 3, recipe: 'schema: 1' }), purl: first.purl });
  assert.deepEqual([same.id, same.priority, same.recipe], ['a', 3, 'schema: 1']);
  assert.deepEqual(await buildJobs.byId('a'), same);
  assert.equal(await buildJobs.byId('b'), undefined);
  await buildJobs.change('a', { state: 'done', endedAt: at(5), buildId: 'x' });
  const again = await buildJobs.add({ ...job('c'), purl: first.purl });
  assert.equal(again.id, 'c');
  assert.deepEqual(
    (await buildJobs.list(10)).map(({ id }) => id),
    ['c', 'a'],
  );
});

test('wanted are admitted versions that nobody built or asked for, those with most pullers first', async (t) => {
  const { admission, pulls, buildJobs, builds } = await opened(t);
  await pulls.begin(at(0));
  const names = ['quiet', 'busy', 'built', 'asked', 'refused'];
  const made = names.map((name) =>
    recordOf({ name, version: '1.0.0', outcome: name === 'refused' ? 'block' : 'allow', event: false }),
  );
  for (const record of made) await admission.recordDecision(record);
  const busy = made[1]?.release.id ?? assert.fail();
  const pulled = ['a', 'b'].map((name) => ({
    releaseId: busy,
    puller: { kind: 'robot', name } as const,
    firstAt: at(1),
    lastAt: at(1),
    count: 1,
  }));
  await pulls.record({ id: 'batch', pulls: pulled, lost: 0 });
  const one = build('b9', 9, formatPurl('npm', 'built', '1.0.0'));
  await builds.record(one, eventOf(one, undefined));
  await buildJobs.add(job('asked'));
  assert.deepEqual(await buildJobs.wanted('npm', 10), [
    { purl: formatPurl('npm', 'busy', '1.0.0'), pullers: 2 },
    { purl: formatPurl('npm', 'quiet', '1.0.0'), pullers: 0 },
  ]);
  assert.equal((await buildJobs.wanted('npm', 1)).length, 1);
  assert.deepEqual(await buildJobs.wanted('debian', 10), []);
});
