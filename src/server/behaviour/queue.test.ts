import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { Purl } from '../../core/purl.ts';
import { openStorage, type Storage } from '../../storage/open.ts';
import { openWatchQueue, type WatchQueue, type WatchQueueDeps } from './queue.ts';
import type { WatchEnd } from './watch-one.ts';

const purl = 'pkg:npm/a@1.0.0' as Purl;
const artifact = sha256('a');
const recorded: WatchEnd = { state: 'recorded', artifact };

interface World {
  readonly storage: Storage;
  readonly open: (watch: WatchQueueDeps['watch'], change?: Partial<WatchQueueDeps>) => Promise<WatchQueue>;
  readonly told: string[];
  readonly idle: (string | undefined)[];
  readonly pass: (ms: number) => void;
  readonly until: (what: () => Promise<boolean>) => Promise<void>;
  readonly stateOf: (purl: Purl) => Promise<string | undefined>;
}

async function world(t: TestContext): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-watch-'));
  const storage = await openStorage({ directory });
  const told: string[] = [];
  const idle: (string | undefined)[] = [];
  const open: WatchQueue[] = [];
  let offset = 0;
  t.after(async () => {
    for (const queue of open) await queue.close();
    await storage.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    storage,
    told,
    idle,
    pass: (ms) => {
      offset += ms;
    },
    open: async (watch, change = {}) => {
      const queue = await openWatchQueue({
        jobs: storage.behaviourJobs,
        watch,
        tell: async (digest: Sha256) => void told.push(digest),
        setIdle: (why) => void idle.push(why),
        onlyAsked: false,
        clock: () => new Date(Date.now() + offset),
        log: { info: () => undefined, warn: () => undefined },
        ...change,
      });
      open.push(queue);
      return queue;
    },
    until: async (what) => {
      while (!(await what())) await new Promise((again) => setTimeout(again, 5));
    },
    stateOf: async (one) => (await storage.behaviourJobs.ofVersion(one))?.state,
  };
}

test('what was asked for is watched at once, told of, and then done', async (t) => {
  const { open, told, until, stateOf } = await world(t);
  const queue = await open(async (_request, { onLine }) => {
    onLine('it ran');
    return recorded;
  });
  await queue.add({ purl, artifact: undefined, reason: 'asked' });
  await until(async () => (await stateOf(purl)) === 'done');
  assert.deepEqual(told, [artifact]);
  assert.deepEqual(
    queue.linesOf(purl, 0).map(({ text }) => text),
    ['it ran'],
  );
});

test('only one runs at a time', async (t) => {
  const { open, until, stateOf } = await world(t);
  let now = 0;
  const queue = await open(async () => {
    now += 1;
    assert.equal(now, 1);
    await new Promise((later) => setTimeout(later, 10));
    now -= 1;
    return recorded;
  });
  const all = [1, 2, 3].map((n) => `pkg:npm/a@${n}.0.0` as Purl);
  await Promise.all(all.map((one) => queue.add({ purl: one, artifact, reason: 'asked' })));
  for (const one of all) await until(async () => (await stateOf(one)) === 'done');
});

test('a gate that was killed while it watched begins anew, and one killed before it told tells at its start', async (t) => {
  const { open, told, until, stateOf, storage } = await world(t);
  const other = 'pkg:npm/b@1.0.0' as Purl;
  const row = {
    purl,
    artifact,
    reason: 'decided',
    priority: 0,
    state: 'waiting',
    attempt: 0,
    notBefore: '2026-01-01T00:00:00.000Z',
    code: undefined,
    message: undefined,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: undefined,
    endedAt: undefined,
  } as const;
  await storage.behaviourJobs.add({ ...row, state: 'running', attempt: 1 });
  await storage.behaviourJobs.add({ ...row, purl: other, artifact: sha256('b'), state: 'recorded' });
  const watched: string[] = [];
  await open(async (request) => {
    watched.push(request.purl);
    return recorded;
  });
  await until(async () => (await stateOf(purl)) === 'done' && (await stateOf(other)) === 'done');
  assert.deepEqual(watched, [purl]);
  assert.deepEqual([...told].sort(), [artifact, sha256('b')].sort());
});

test('what fails with these bytes is tried three times, and then left alone', async (t) => {
  const { open, pass, until, stateOf, storage, told } = await world(t);
  let runs = 0;
  const queue = await open(async (request) => {
    if (request.purl !== purl) return { state: 'recorded', artifact: sha256('b') };
    runs += 1;
    return { state: 'failed', artifact, code: 'SANDBOX_FAILED', message: 'it died' };
  });
  await queue.add({ purl, artifact, reason: 'asked' });
  for (const n of [1, 2, 3]) {
    await until(async () => {
      const job = await storage.behaviourJobs.ofVersion(purl);
      return job?.attempt === n && job.state !== 'running';
    });
    pass(601_000);
    // Another one makes it look.
    await queue.add({ purl: `pkg:npm/look@${n}.0.0` as Purl, artifact: sha256('b'), reason: 'asked' });
  }
  await until(async () => (await stateOf('pkg:npm/look@3.0.0' as Purl)) === 'done');
  assert.deepEqual([await stateOf(purl), runs], ['failed', 3]);
  assert.ok(!told.includes(artifact));
});

test('a machine that cannot watch says why, keeps the job, and blames no package for it', async (t) => {
  const { open, until, storage, idle, stateOf } = await world(t);
  const queue = await open(async () => ({
    state: 'away',
    code: 'BEHAVIOUR_UNAVAILABLE',
    message: 'this machine has no sandbox',
  }));
  await queue.add({ purl, artifact, reason: 'asked' });
  await until(async () => (await storage.behaviourJobs.ofVersion(purl))?.message !== undefined);
  const job = await storage.behaviourJobs.ofVersion(purl);
  assert.deepEqual([job?.state, job?.attempt], ['waiting', 0]);
  assert.deepEqual(idle, ['this machine has no sandbox']);
  assert.equal(await stateOf(purl), 'waiting');
});

test('a gate that stops ends what runs, and goes on with it when it starts', async (t) => {
  const { open, until, stateOf, storage } = await world(t);
  const queue = await open(
    (_request, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          resolve({ state: 'away', code: 'BEHAVIOUR_CANCELLED', message: 'it was cancelled' }),
        );
      }),
  );
  await queue.add({ purl, artifact, reason: 'asked' });
  await until(async () => (await stateOf(purl)) === 'running');
  await queue.close();
  const job = await storage.behaviourJobs.ofVersion(purl);
  assert.deepEqual([job?.state, job?.attempt, job?.message], ['waiting', 0, undefined]);
});

test('while a machine cannot watch, one job tells, and the others wait until a person asks', async (t) => {
  const { open, until, storage, pass } = await world(t);
  const tried: string[] = [];
  const queue = await open(async (request) => {
    tried.push(request.purl);
    return { state: 'away', code: 'BASE_UNAVAILABLE', message: 'no base root' };
  });
  const others = [1, 2].map((n) => `pkg:npm/other@${n}.0.0` as Purl);
  for (const one of others) await queue.add({ purl: one, artifact, reason: 'decided' });
  for (const n of [1, 2, 3, 4]) {
    const asked = `pkg:npm/asked@${n}.0.0` as Purl;
    await queue.add({ purl: asked, artifact, reason: 'asked' });
    await until(async () => (await storage.behaviourJobs.ofVersion(asked))?.code !== undefined);
    // Those that were not asked for are due by now.
    pass(6000);
  }
  assert.deepEqual(
    tried,
    [1, 2, 3, 4].map((n) => `pkg:npm/asked@${n}.0.0`),
  );
});

test('switched off, only what a person asks for is run', async (t) => {
  const { open, until, stateOf, pass } = await world(t);
  const queue = await open(async () => recorded, { onlyAsked: true });
  const other = 'pkg:npm/other@1.0.0' as Purl;
  await queue.add({ purl: other, artifact, reason: 'decided' });
  pass(6000);
  await queue.add({ purl, artifact, reason: 'asked' });
  await until(async () => (await stateOf(purl)) === 'done');
  await queue.close();
  assert.equal(await stateOf(other), 'waiting');
});

test('a stream of later releases, each with one to compare it with, keeps nobody waiting', async (t) => {
  const { open, until, stateOf, pass } = await world(t);
  const tried: string[] = [];
  const queue = await open(async (request) => {
    tried.push(request.purl);
    return recorded;
  });
  const [first, old, later] = ['first', 'old', 'later'].map((name) => `pkg:npm/${name}@1.0.0` as Purl);
  assert.ok(first !== undefined && old !== undefined && later !== undefined);
  await queue.add({ purl: first, artifact, reason: 'decided' });
  pass(4000);
  await queue.add({ purl: later, artifact, reason: 'decided' });
  await queue.add({ purl: old, artifact, reason: 'before' });
  pass(10_000);
  await queue.add({ purl, artifact, reason: 'asked' });
  await until(async () => (await stateOf(later)) === 'done');
  assert.deepEqual(tried, [purl, first, old, later]);
});
