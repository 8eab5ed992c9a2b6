import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { formatPurl, type Purl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { BuildJob } from '../../storage/build-jobs.ts';
import { openQueue, type BuildQueue } from './queue.ts';
import { rebuildOne } from './rebuild-one.ts';
import { comparedAs, notBuilt, rebuildBench, type RebuildBench } from './testing/bench.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const silent = { info: () => {}, warn: () => {} };

async function queueOf(t: TestContext, bench: RebuildBench, concurrency = 1): Promise<BuildQueue> {
  const queue = await openQueue({
    jobs: bench.storage.buildJobs,
    rebuild: (request, watch) => rebuildOne(bench.deps, request, watch),
    clock: bench.deps.clock,
    newId: () => `job-${Math.random().toString(36).slice(2)}`,
    concurrency,
    log: silent,
  });
  t.after(queue.close);
  return queue;
}

const ask = (queue: BuildQueue, of: Purl = purl, recipe?: string): Promise<BuildJob> =>
  queue.add({ purl: of, reason: 'asked', principal: localOperator, recipe });

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 2000; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came');
}

function jobWhen(bench: RebuildBench, id: string, is: (job: BuildJob) => boolean): Promise<BuildJob> {
  return until(async () => {
    const job = await bench.storage.buildJobs.byId(id);
    return job !== undefined && is(job) ? job : undefined;
  });
}

test('a build that was asked for is made, recorded, and its lines can be followed', async (t) => {
  const bench = await rebuildBench(t, (of, watch) => {
    watch.phase('build');
    watch.line('compiling');
    return comparedAs(of, 'identical');
  });
  const queue = await queueOf(t, bench);
  const { id } = await ask(queue);
  const job = await jobWhen(bench, id, ({ state }) => state === 'done');
  assert.equal((await bench.storage.builds.byId(job.buildId ?? ''))?.verdict, 'identical');
  const lines = queue.linesOf(id, 0);
  assert.ok(lines.some(({ text }) => text === 'compiling'));
  assert.deepEqual(queue.linesOf(id, lines.at(-1)?.number ?? 0), []);
  assert.deepEqual(bench.changed, [purl]);
});

test('a passing cause is tried again after a pause, a lasting one is not', async (t) => {
  const bench = await rebuildBench(t, (of) => notBuilt(of === purl ? 'fetch-failed' : 'build-failed'));
  const queue = await queueOf(t, bench);
  const passing = await ask(queue);
  const waiting = await jobWhen(
    bench,
    passing.id,
    ({ state, attempt }) => state === 'waiting' && attempt === 1,
  );
  assert.equal(waiting.cause, 'fetch-failed');
  assert.ok(waiting.notBefore > waiting.createdAt);
  const lasting = await ask(queue, formatPurl('npm', 'b', '1.0.0'));
  const failed = await jobWhen(bench, lasting.id, ({ state }) => state === 'failed');
  assert.deepEqual([failed.cause, failed.attempt], ['build-failed', 1]);
  bench.setTime('2026-11-21T10:00:00.000Z');
  await ask(queue);
  await jobWhen(bench, passing.id, ({ attempt, state }) => attempt === 2 && state === 'waiting');
  bench.setTime('2026-11-22T10:00:00.000Z');
  await ask(queue);
  const last = await jobWhen(bench, passing.id, ({ state }) => state === 'failed');
  assert.equal(last.attempt, 3);
});

test('a build that runs, and one that waits, can be cancelled', async (t) => {
  const bench = await rebuildBench(
    t,
    (_of, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(notBuilt('cancelled')));
      }),
  );
  const queue = await queueOf(t, bench);
  const first = await ask(queue);
  await jobWhen(bench, first.id, ({ state }) => state === 'running');
  const second = await ask(queue, formatPurl('npm', 'b', '1.0.0'));
  assert.equal(await queue.cancel(second.id), true);
  assert.equal(await queue.cancel(first.id), true);
  for (const { id } of [first, second])
    assert.equal((await bench.storage.buildJobs.byId(id))?.state, 'cancelled');
  assert.equal(await queue.cancel(first.id), false);
  assert.equal(await queue.cancel('nobody'), false);
});

test('a gate that stops leaves its build waiting, and the next one makes it', async (t) => {
  let finish = false;
  const bench = await rebuildBench(t, (of, { signal }) =>
    finish
      ? comparedAs(of, 'equivalent')
      : new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(notBuilt('cancelled')));
        }),
  );
  const queue = await queueOf(t, bench);
  const { id } = await ask(queue);
  await jobWhen(bench, id, ({ state }) => state === 'running');
  await queue.close();
  assert.equal((await bench.storage.buildJobs.byId(id))?.state, 'waiting');
  finish = true;
  await queueOf(t, bench);
  const job = await jobWhen(bench, id, ({ state }) => state === 'done');
  assert.equal(job.attempt, 1);
});

test('no more run at a time than are allowed', async (t) => {
  let [now, most] = [0, 0];
  const bench = await rebuildBench(t, async (of) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now -= 1;
    return comparedAs(of, 'identical');
  });
  const queue = await queueOf(t, bench, 2);
  const jobs = await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map((name) => ask(queue, formatPurl('npm', name, '1.0.0'))),
  );
  for (const { id } of jobs) await jobWhen(bench, id, ({ state }) => state === 'done');
  assert.equal(most, 2);
});

test('a version that differs where an earlier one matched raises an alarm and is built once more, once', async (t) => {
  const bench = await rebuildBench(t, (of) => comparedAs(of, of === purl ? 'identical' : 'suspicious'));
  const queue = await queueOf(t, bench);
  const good = await ask(queue);
  await jobWhen(bench, good.id, ({ state }) => state === 'done');
  const poisoned = formatPurl('npm', 'a', '1.0.1');
  await ask(queue, poisoned, 'a recipe');
  const list = await until(async () => {
    const jobs = await bench.storage.buildJobs.list(10);
    const of = jobs.filter((job) => job.purl === poisoned);
    return of.length === 2 && of.every(({ state }) => state === 'done') ? of : undefined;
  });
  assert.deepEqual(list.map(({ reason }) => reason).sort(), ['asked', 'regression']);
  assert.deepEqual(
    list.map(({ recipe }) => recipe),
    ['a recipe', 'a recipe'],
    'in the same way as before',
  );
  const kinds = bench.alarms.map(({ kind }) => kind);
  assert.ok(kinds.includes('rebuild-suspicious') && kinds.includes('rebuild-regression'));
  const told = bench.alarms.find(({ kind }) => kind === 'rebuild-regression');
  assert.match(told?.message ?? '', /stay with 1\.0\.0: npm install --save-exact a@1\.0\.0$/);
  const messages = bench.alarms
    .filter(({ kind }) => kind === 'rebuild-regression')
    .map(({ message }) => message);
  assert.equal(messages.length, 2);
  assert.ok(
    messages.some((message) => message.includes('once more from clean, pkg:npm/a@1.0.1 still differs')),
  );
  assert.equal((await bench.storage.builds.ofVersion(poisoned, 10)).length, 2);
});
