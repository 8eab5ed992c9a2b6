import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { at, temporaryDirectory } from '../../test/support/storage-records.ts';
import type { BehaviourKey, BehaviourStore } from '../admission/behaviour-deps.ts';
import { sha256 } from '../core/digest.ts';
import type { Purl } from '../core/purl.ts';
import { createBehaviourJobStore, type BehaviourJobStore, type WatchJob } from './behaviour-jobs.ts';
import { createBehaviourStore } from './behaviours.ts';
import { closeDatabase, openDatabase } from './open.ts';

const purl = 'pkg:npm/a@1.0.0' as Purl;
const artifact = sha256('a tarball');
const key: BehaviourKey = { artifact, observer: 'watcher 1', purl };

async function opened(
  context: TestContext,
): Promise<{ readonly behaviours: BehaviourStore; readonly jobs: BehaviourJobStore }> {
  const database = await openDatabase(join(await temporaryDirectory(context), 'assay.db'));
  context.after(() => closeDatabase(database));
  const { db, queue } = database;
  return { behaviours: createBehaviourStore(db, queue), jobs: createBehaviourJobStore(db, queue) };
}

test('what was seen is known by artifact and by version, newest first, of each observer', async (t) => {
  const { behaviours } = await opened(t);
  assert.deepEqual(await behaviours.ofArtifact(artifact), []);
  const [first, second] = [sha256('first'), sha256('second')];
  await behaviours.recordReport(key, first, at(1));
  await behaviours.recordReport({ ...key, observer: 'watcher 2' }, second, at(2));
  for (const records of [await behaviours.ofArtifact(artifact), await behaviours.ofVersion(purl)])
    assert.deepEqual(
      records.map(({ observer, report }) => [observer, report]),
      [
        ['watcher 2', second],
        ['watcher 1', first],
      ],
    );
  assert.deepEqual(await behaviours.ofArtifact(sha256('other')), []);
});

test('failures are counted until a report ends them, and one after it does not take the report away', async (t) => {
  const { behaviours } = await opened(t);
  const failure = { code: 'SANDBOX_FAILED', message: 'it died' };
  for (const n of [1, 2]) await behaviours.recordFailure(key, failure, at(n));
  const known = async () => {
    const [record] = await behaviours.ofArtifact(artifact);
    return [record?.report, record?.failure, record?.failures];
  };
  assert.deepEqual(await known(), [undefined, failure, 2]);
  const report = sha256('report');
  await behaviours.recordReport(key, report, at(3));
  assert.deepEqual(await known(), [report, undefined, 0]);
  await behaviours.recordFailure(key, failure, at(4));
  assert.deepEqual(await known(), [report, failure, 1]);
});

function job(change: Partial<WatchJob> = {}): WatchJob {
  return {
    purl,
    artifact,
    reason: 'decided',
    priority: 0,
    state: 'waiting',
    attempt: 0,
    notBefore: at(5),
    code: undefined,
    message: undefined,
    createdAt: at(1),
    startedAt: undefined,
    endedAt: undefined,
    ...change,
  };
}

test('a version waits once, whoever asks, and whoever asks for more does not wait for the pause', async (t) => {
  const { jobs } = await opened(t);
  await jobs.add(job());
  await jobs.add(job());
  assert.equal((await jobs.counts()).waiting, 1);
  assert.equal(await jobs.next(at(4)), undefined);
  await jobs.add(job({ reason: 'asked', priority: 100, notBefore: at(2) }));
  assert.equal((await jobs.next(at(4)))?.reason, 'asked');
  await jobs.add(job({ notBefore: at(9) }));
  assert.equal((await jobs.next(at(4)))?.priority, 100);
  await jobs.change(purl, { notBefore: at(9), message: 'it failed' });
  assert.equal(await jobs.next(at(4)), undefined);
  await jobs.add(job({ reason: 'asked', priority: 100, notBefore: at(2) }));
  assert.equal((await jobs.next(at(4)))?.message, undefined);
});

test('a job that runs is not begun anew, and one that ended is', async (t) => {
  const { jobs } = await opened(t);
  await jobs.add(job({ notBefore: at(1) }));
  await jobs.change(purl, { state: 'running', attempt: 1 });
  assert.equal((await jobs.add(job())).state, 'running');
  assert.equal(await jobs.next(at(9)), undefined);
  await jobs.change(purl, { state: 'failed', message: 'it died' });
  const again = await jobs.add(job({ notBefore: at(1) }));
  assert.deepEqual([again.state, again.attempt, again.message], ['waiting', 0, undefined]);
  assert.equal((await jobs.next(at(9)))?.purl, purl);
});

test('who may begin first is first, whoever was queued first: what failed goes behind those that wait', async (t) => {
  const { jobs } = await opened(t);
  const [other, before] = ['pkg:npm/b@1.0.0' as Purl, 'pkg:npm/b@0.9.0' as Purl];
  await jobs.add(job({ notBefore: at(1) }));
  await jobs.add(job({ purl: other, notBefore: at(3), createdAt: at(2) }));
  await jobs.add(job({ purl: before, reason: 'before', notBefore: at(2), createdAt: at(2) }));
  const order: Purl[] = [];
  await jobs.change(purl, { attempt: 1, notBefore: at(4) });
  for (let next = await jobs.next(at(9)); next !== undefined; next = await jobs.next(at(9))) {
    order.push(next.purl);
    await jobs.change(next.purl, { state: 'done' });
  }
  assert.deepEqual(order, [before, other, purl]);
});
