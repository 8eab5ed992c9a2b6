import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isAssayError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import {
  createRunner,
  type ChildDeath,
  type Runner,
  type RunnerLimits,
  type RunnerOptions,
} from './runner.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = join(root, 'test/support/hostile-child.ts');
const folder = mkdtempSync(join(tmpdir(), 'assay-runner-'));
/** Closed at the end, so that a failing test leaves no children that keep this process alive. */
const started: Runner[] = [];
after(async () => {
  await Promise.all(started.map((runner) => runner.close()));
  rmSync(folder, { recursive: true, force: true });
});

const limits: RunnerLimits = {
  cpuSeconds: 30,
  wallMs: 60_000,
  residentBytes: 512 * 1024 * 1024,
  answerBytes: 1024 * 1024,
};

interface Started extends Runner {
  readonly deaths: ChildDeath[];
  readonly ask: (what: string, more?: JsonObject) => Promise<Json>;
}

function start(
  changes: Partial<Omit<RunnerOptions, 'limits'>> & { readonly limits?: Partial<RunnerLimits> } = {},
): Started {
  const deaths: ChildDeath[] = [];
  const runner = createRunner({
    nodePath: process.execPath,
    entry,
    readable: [
      join(root, 'src'),
      join(root, 'test/support'),
      join(root, 'package.json'),
      join(folder, 'open'),
    ],
    children: 1,
    onDeath: (death) => deaths.push(death),
    ...changes,
    limits: { ...limits, ...changes.limits },
  });
  started.push(runner);
  return { ...runner, deaths, ask: (what, more = {}) => runner.run({ do: what, ...more }, () => undefined) };
}

const linuxOnly = existsSync('/proc/self/status') ? false : 'needs /proc, which this platform does not have';

async function failsAlone(
  runner: Started,
  what: string,
  message: RegExp,
  more: JsonObject = {},
): Promise<void> {
  const [bad, good] = await Promise.allSettled([
    runner.ask(what, more),
    runner.ask('echo', { argument: 'still here' }),
  ]);
  assert.equal(bad.status, 'rejected');
  assert.ok(bad.status === 'rejected' && isAssayError(bad.reason, 'ARCHIVE_READER_FAILED'), what);
  assert.match(bad.reason.message, message);
  assert.deepEqual(good, { status: 'fulfilled', value: 'still here' });
}

test('parts arrive in order, then the answer; one child serves many jobs', async () => {
  const runner = start();
  const parts: Json[] = [];
  assert.equal(await runner.run({ do: 'echo', argument: 'a' }, (part) => parts.push(part)), 'a');
  assert.deepEqual(parts, ['a']);
  assert.equal(await runner.ask('pid'), await runner.ask('pid'));
  await runner.close();
  assert.deepEqual(runner.deaths, []);
});

test('a job that fails fails alone, and its child goes on', async () => {
  const runner = start();
  const pid = await runner.ask('pid');
  await failsAlone(runner, 'fail', /cannot be done/);
  assert.equal(await runner.ask('pid'), pid);
  assert.deepEqual(runner.deaths, []);
  await runner.close();
});

test('a child killed in the middle of a job fails that job, and the next gets a new child', async () => {
  const runner = start();
  const pid = Number(await runner.ask('pid'));
  const waiting = runner.ask('wait');
  process.kill(pid, 'SIGKILL');
  await assert.rejects(
    waiting,
    (error) => isAssayError(error, 'ARCHIVE_READER_FAILED') && error.message.includes('SIGKILL'),
  );
  assert.notEqual(await runner.ask('pid'), pid);
  assert.deepEqual(
    runner.deaths.map(({ reason, job }) => [reason, job?.['do']]),
    [['died', 'wait']],
  );
  await runner.close();
});

test('a child that dies while idle is told of and replaced', async () => {
  const runner = start();
  const pid = Number(await runner.ask('pid'));
  process.kill(pid, 'SIGKILL');
  while (runner.deaths.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runner.deaths[0]?.job, undefined);
  assert.notEqual(await runner.ask('pid'), pid);
  await runner.close();
});

test('a child that leaves in the middle of a job fails that job alone', async () => {
  const runner = start();
  await failsAlone(runner, 'exit', /code 3/);
  await runner.close();
});

test('an endless job is stopped at its wall time', async () => {
  const runner = start({ limits: { wallMs: 1500 } });
  await failsAlone(runner, 'wait', /longer than 1500 ms/);
  assert.deepEqual(
    runner.deaths.map((death) => death.reason),
    ['wall'],
  );
  await runner.close();
});

test('a spinning job is stopped at its CPU time', { skip: linuxOnly }, async () => {
  const runner = start({ limits: { cpuSeconds: 0.5 } });
  await failsAlone(runner, 'spin', /CPU/);
  assert.deepEqual(
    runner.deaths.map((death) => death.reason),
    ['cpu'],
  );
  await runner.close();
});

test('a spinning job is stopped at its wall time too, where CPU time cannot be watched', async () => {
  const runner = start({ limits: { wallMs: 1500 } });
  await failsAlone(runner, 'spin', /longer than/);
  await runner.close();
});

test('a job that fills the heap dies at the heap cap', async () => {
  const runner = start({ limits: { residentBytes: 128 * 1024 * 1024 } });
  await failsAlone(runner, 'grow-heap', /heap|SIGABRT|SIGTRAP|memory/);
  await runner.close();
});

test('a job that fills memory outside the heap is stopped by the watchdog', { skip: linuxOnly }, async () => {
  const runner = start({ limits: { residentBytes: 160 * 1024 * 1024 } });
  await failsAlone(runner, 'grow-buffers', /memory/);
  assert.deepEqual(
    runner.deaths.map((death) => death.reason),
    ['memory'],
  );
  await runner.close();
});

for (const [what, argument] of [
  ['not JSON', 'hello'],
  ['an array', '[1]'],
  ['another job', '{"id":99,"end":1}'],
  ['no answer', '{"id":1}'],
  ['inherited names', '{"__proto__":{"id":1,"end":1}}'],
] as const) {
  test(`a child that answers ${what} is ended`, async () => {
    const runner = start();
    await failsAlone(runner, 'raw', /not an answer|empty answer/, { argument });
    assert.deepEqual(
      runner.deaths.map((death) => death.reason),
      ['protocol'],
    );
    await runner.close();
  });
}

test('a line without end, and an answer without end, are cut off', async () => {
  const runner = start();
  await failsAlone(runner, 'long-line', /line that is too long/);
  await failsAlone(runner, 'long-answer', /answer is too long/);
  await runner.close();
});

test('an answer that the asker refuses fails the job and ends the child', async () => {
  const runner = start();
  const refusing = runner.run({ do: 'echo', argument: 1 }, () => {
    throw new Error('no');
  });
  await assert.rejects(refusing, (error) => isAssayError(error, 'ARCHIVE_READER_FAILED'));
  assert.equal(await runner.ask('echo', { argument: 2 }), 2);
  await runner.close();
});

test('children have no environment, and may read only what is named: no writing, no network, no processes, no eval', async () => {
  writeFileSync(join(folder, 'open'), 'x');
  writeFileSync(join(folder, 'shut'), 'x');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  const runner = start();
  const environment = await runner.ask('environment');
  // The shell itself sets these three.
  assert.deepEqual(
    Object.keys(environment as JsonObject).filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)),
    [],
  );
  const attempts: readonly (readonly [string, JsonObject, string])[] = [
    ['read', { path: join(folder, 'open') }, 'done'],
    ['read', { path: join(folder, 'shut') }, 'ERR_ACCESS_DENIED'],
    ['read', { path: '/etc/passwd' }, 'ERR_ACCESS_DENIED'],
    ['write', { path: join(folder, 'open') }, 'ERR_ACCESS_DENIED'],
    ['spawn', {}, 'ERR_ACCESS_DENIED'],
    ['connect', { port }, 'ERR_ACCESS_DENIED'],
    ['eval', {}, 'EvalError'],
  ];
  for (const [argument, more, expected] of attempts) {
    assert.equal(await runner.ask('try', { argument, ...more }), expected, argument);
  }
  await runner.close();
  server.close();
});

test('children run under the kernel limits', { skip: linuxOnly }, async () => {
  const runner = start();
  const pid = Number(await runner.ask('pid'));
  const set = readFileSync(`/proc/${pid}/limits`, 'utf8');
  assert.match(set, /Max core file size\s+0\s/);
  assert.match(set, /Max file size\s+0\s/);
  assert.match(set, /Max open files\s+64\s/);
  assert.match(set, /Max cpu time\s+\d+\s/);
  assert.match(set, /Max data size\s+\d+\s/);
  await runner.close();
});

test('nothing in a path or an option reaches the shell', async () => {
  const runner = start({
    readable: [
      join(root, 'src'),
      join(root, 'test/support'),
      join(root, 'package.json'),
      `$(touch ${folder}/pwned)`,
      '; exit 9',
    ],
  });
  assert.equal(await runner.ask('echo', { argument: 'x' }), 'x');
  assert.ok(!existsSync(join(folder, 'pwned')));
  await runner.close();
});

test('a child is replaced after its number of jobs, without a word of death', async () => {
  const runner = start({ jobsPerChild: 2 });
  const pids = [await runner.ask('pid'), await runner.ask('pid'), await runner.ask('pid')];
  assert.equal(pids[0], pids[1]);
  assert.notEqual(pids[1], pids[2]);
  await runner.close();
  assert.deepEqual(runner.deaths, []);
});

test('no more children run than allowed', async () => {
  const runner = start({ children: 2, jobsPerChild: 100 });
  const pids = await Promise.all(Array.from({ length: 30 }, () => runner.ask('pid')));
  assert.ok(new Set(pids).size <= 2);
  await runner.close();
});

test('the queue is bounded', async () => {
  const runner = start({ queue: 1 });
  const first = runner.ask('wait');
  const second = runner.ask('wait');
  await assert.rejects(runner.ask('echo'), (error) => isAssayError(error, 'ARCHIVE_READER_BUSY'));
  const both = Promise.allSettled([first, second]);
  await runner.close();
  assert.deepEqual(
    (await both).map((each) => each.status),
    ['rejected', 'rejected'],
  );
});

test('close ends busy and idle children and fails what waits; afterwards nothing is taken', async () => {
  const runner = start({ children: 2 });
  const pids = [Number(await runner.ask('pid'))];
  const busy = runner.ask('spin');
  const both = Promise.allSettled([busy, runner.ask('wait'), runner.ask('echo')]);
  await runner.close();
  assert.ok(
    (await both).every(
      (each) => each.status === 'rejected' && isAssayError(each.reason, 'ARCHIVE_READER_FAILED'),
    ),
  );
  for (const pid of pids) assert.throws(() => process.kill(pid, 0));
  await assert.rejects(runner.ask('echo'), (error) => isAssayError(error, 'ARCHIVE_READER_FAILED'));
  assert.deepEqual(runner.deaths, []);
});

test('a child that cannot start fails each job with the reason, and does not hang', async () => {
  const runner = start({ nodePath: join(folder, 'no-such-node') });
  for (const _ of [1, 2])
    await assert.rejects(runner.ask('echo'), (error) => isAssayError(error, 'ARCHIVE_READER_FAILED'));
  await runner.close();
});

test('children end when the process that started them is killed', async () => {
  const script = `
    import { createRunner } from ${JSON.stringify(join(root, 'src/archive/runner.ts'))};
    const runner = createRunner({ nodePath: process.execPath, entry: ${JSON.stringify(entry)}, children: 1,
      readable: ${JSON.stringify([join(root, 'src'), join(root, 'test/support'), join(root, 'package.json')])},
      limits: ${JSON.stringify(limits)} });
    console.log(await runner.run({ do: 'pid' }, () => undefined));
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')])) as [unknown];
  assert.ok(Buffer.isBuffer(line), 'the parent ended before its child had started');
  const pid = Number(line.toString());
  parent.kill('SIGKILL');
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has reaped yet (no init in a container) is dead all the same.
    return (
      !existsSync('/proc/self/status') || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
    );
  } catch {
    return false;
  }
}
