/** The real process: its walls, its death, its lock. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { smallLog } from '../../../test/support/small-log.ts';
import { localOperator } from '../../core/subject.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { openCheckpoint } from '../../ledger/verify/checkpoint.ts';
import { openEnvelope } from '../../ledger/verify/dsse.ts';
import { parseVkey } from '../../ledger/verify/vkey.ts';
import { signerFlags } from './launch-process.ts';
import { launchSigner, type LaunchedSigner, type LaunchOptions } from './launch.ts';
import { inception, next, origin, statement } from './testing/bench.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-launch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Launched {
  readonly signer: LaunchedSigner;
  readonly folder: string;
  readonly pids: readonly (number | undefined)[];
  readonly deaths: readonly string[];
}

async function launched(
  t: TestContext,
  folder = folderOf(t),
  rest: Partial<LaunchOptions> = {},
): Promise<Launched> {
  const pids: (number | undefined)[] = [];
  const deaths: string[] = [];
  const signer = await launchSigner({
    directory: join(folder, 'keys', 'signer'),
    dataDirectory: join(folder, 'data'),
    nodePath: process.execPath,
    onStart: (pid) => pids.push(pid),
    onDeath: (why) => deaths.push(why),
    pauseMs: { first: 1, longest: 1 },
    ...rest,
  });
  t.after(() => signer.close());
  return { signer, folder, pids, deaths };
}

function signal(pid: number | undefined, name: NodeJS.Signals): number {
  assert.ok(pid !== undefined && pid > 1);
  process.kill(pid, name);
  return pid;
}

async function untilAnswered<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'LEDGER_SIGNER_UNAVAILABLE', String(error));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

test('it begins a log, signs its checkpoints and statements, and ends when it is closed', async (t) => {
  const { signer, folder, deaths } = await launched(t);
  const log = smallLog();
  await signer.sign(inception);
  log.grow(300);
  const note = await signer.sign(next(log, 0));
  const keys = (await signer.vkeys(origin)).flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []);
  const opened = openCheckpoint(note, { origin, logKeys: keys }, verifyEd25519);
  assert.ok(opened.ok);
  assert.equal(opened.checkpoint.size, 300);
  assert.ok(openEnvelope(await signer.attest(origin, statement), keys, verifyEd25519));
  assert.equal((await signer.rotateKey(origin, 'begin', localOperator)).vkeys.length, 2);
  assert.equal(signer.problem(), undefined);
  await signer.close();
  await assert.rejects(signer.last(origin), { code: 'LEDGER_SIGNER_UNAVAILABLE' });
  assert.deepEqual(deaths, []);
  // A later one remembers.
  const { signer: later } = await launched(t, folder);
  assert.deepEqual(await later.last(origin), { size: 300, root: log.root() });
});

test('refusals keep their code and say why', async (t) => {
  const { signer } = await launched(t);
  const log = smallLog();
  log.grow(3);
  await assert.rejects(signer.sign(next(log, 0)), {
    code: 'LEDGER_SIGNER_REFUSED',
    message: /copied here without its signer/,
  });
  await signer.sign(inception);
  await signer.sign(next(log, 0));
  await assert.rejects(signer.sign({ ...next(log, 3), size: 2 }), { code: 'LEDGER_SIGNER_REFUSED' });
  assert.equal(signer.problem(), undefined, 'to refuse is to be well');
});

test('requests at once are answered each with its own answer', async (t) => {
  const { signer } = await launched(t);
  const names = Array.from({ length: 20 }, (_, n) => `log-${n}.example.com`);
  await Promise.all(names.map((name) => signer.sign({ ...inception, origin: name })));
  const vkeys = await Promise.all(names.map((name) => signer.vkeys(name)));
  for (const [n, name] of names.entries()) assert.ok(vkeys[n]?.[0]?.startsWith(`${name}+`));
});

test('when it is killed, what was asked fails, and the next one is started and remembers', async (t) => {
  const { signer, pids, deaths } = await launched(t);
  await signer.sign(inception);
  const log = smallLog();
  for (let round = 0; round < 3; round += 1) {
    const size = log.size();
    log.grow(2);
    await untilAnswered(() => signer.sign(next(log, size)));
    const pid = signal(pids.at(-1), 'SIGKILL');
    const last = await untilAnswered(async () => signer.last(origin));
    assert.deepEqual(last, { size: log.size(), root: log.root() });
    await untilAnswered(async () => assert.notEqual(pids.at(-1), pid));
  }
  assert.equal(deaths.length, 3);
  assert.match(deaths[0] ?? '', /SIGKILL/);
});

test('after a death it is left alone for a while, and says so', async (t) => {
  const { signer, pids } = await launched(t, folderOf(t), {
    pauseMs: { first: 3_600_000, longest: 3_600_000 },
  });
  await signer.sign(inception);
  signal(pids[0], 'SIGKILL');
  for (let alive = true; alive;) {
    try {
      await signer.last(origin);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'LEDGER_SIGNER_UNAVAILABLE');
      alive = false;
    }
  }
  await assert.rejects(signer.last(origin), { code: 'LEDGER_SIGNER_UNAVAILABLE', message: /died/ });
  assert.equal(pids.length, 1);
  assert.match(signer.problem() ?? '', /SIGKILL/);
});

test('one that does not answer is ended', async (t) => {
  const { signer, pids } = await launched(t, folderOf(t), { answerMs: 300 });
  signal(pids[0], 'SIGSTOP');
  await assert.rejects(signer.last(origin), { code: 'LEDGER_SIGNER_UNAVAILABLE', message: /SIGKILL/ });
});

test('a program that cannot be started is a problem, not a crash', async (t) => {
  const { signer } = await launched(t, folderOf(t), { nodePath: '/nowhere/node' });
  await assert.rejects(signer.last(origin), { code: 'LEDGER_SIGNER_UNAVAILABLE' });
  assert.match(signer.problem() ?? '', /died/);
});

test('two signers for one log: the second is refused while the first lives, and remembers all it signed after', async (t) => {
  const { signer: first, folder } = await launched(t);
  const { signer: second } = await launched(t, folder);
  await first.sign(inception);
  await assert.rejects(second.sign(inception), { code: 'LEDGER_SIGNER_LOCKED' });
  await assert.rejects(second.last(origin), { code: 'LEDGER_SIGNER_LOCKED' });
  // Another log is nobody's yet.
  await second.sign({ ...inception, origin: 'other.example.com/log' });
  const log = smallLog();
  log.grow(4);
  await first.sign(next(log, 0));
  await first.close();
  assert.deepEqual(await second.last(origin), { size: 4, root: log.root() });
});

test("the signer's folder must be closed to others and apart from the data directory", async (t) => {
  const folder = folderOf(t);
  const data = join(folder, 'data');
  const start = (directory: string): Promise<LaunchedSigner> =>
    launchSigner({ directory, dataDirectory: data, nodePath: process.execPath });
  const code = 'LEDGER_SIGNER_UNUSABLE';
  await assert.rejects(start(join(data, 'signer')), { code, message: /data directory/ });
  await assert.rejects(start(data), { code });
  await assert.rejects(start(folder), { code });
  symlinkSync(data, join(folder, 'link'));
  await assert.rejects(start(join(folder, 'link', 'signer')), { code, message: /data directory/ });
  mkdirSync(join(folder, 'open'));
  chmodSync(join(folder, 'open'), 0o755);
  await assert.rejects(start(join(folder, 'open')), { code, message: /mode 755/ });
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(start(join(folder, 'file')), { code });
  await (await start(`${data}-signer`)).close();
});

/** What the signer's own flags let a program do. */
async function insideTheWalls(t: TestContext, folder: string, program: string): Promise<string> {
  const keys = join(folder, 'keys');
  mkdirSync(keys, { recursive: true });
  const script = join(keys, 'try.mjs');
  writeFileSync(script, program);
  const child = spawn(process.execPath, [...signerFlags(keys), script], {
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output.trim();
}

test('inside the walls: its own folder can be written, and nothing else can be read, written, started or reached', async (t) => {
  const folder = folderOf(t);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'assay.db'), 'secret');
  const server = createServer((socket) => socket.end('reached'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { readonly port: number };
  const program = `
    import fs from 'node:fs'; import net from 'node:net';
    const said = [];
    async function attempt(what, work) { try { await work(); said.push(what + ' yes'); } catch (e) { said.push(what + ' ' + (e.code ?? e.message)); } }
    await attempt('own', () => fs.writeFileSync(${JSON.stringify(join(folder, 'keys', 'x'))}, 'x'));
    await attempt('data', () => fs.readFileSync(${JSON.stringify(join(folder, 'data', 'assay.db'))}));
    await attempt('list', () => fs.readdirSync(${JSON.stringify(join(folder, 'data'))}));
    await attempt('write', () => fs.writeFileSync(${JSON.stringify(join(folder, 'data', 'y'))}, 'y'));
    await attempt('code', () => fs.writeFileSync(${JSON.stringify(join(import.meta.dirname, 'planted.ts'))}, 'y'));
    await attempt('passwd', () => fs.readFileSync('/etc/passwd'));
    await attempt('link', () => { fs.symlinkSync('/etc/passwd', ${JSON.stringify(join(folder, 'keys', 'l'))}); fs.readFileSync(${JSON.stringify(join(folder, 'keys', 'l'))}); });
    await attempt('child', async () => (await import('node:child_process')).execFileSync('/bin/true'));
    await attempt('worker', async () => new (await import('node:worker_threads')).Worker('1', { eval: true }));
    await attempt('net', () => new Promise((done, fail) => net.connect(${port}, '127.0.0.1').on('data', done).on('error', fail)));
    await attempt('eval', () => new Function('return 1')());
    await attempt('env', () => { if (Object.keys(process.env).length > 0) throw new Error(Object.keys(process.env).join()); });
    console.log(said.join('\\n'));
  `;
  assert.deepEqual((await insideTheWalls(t, folder, program)).split('\n'), [
    'own yes',
    'data ERR_ACCESS_DENIED',
    'list ERR_ACCESS_DENIED',
    'write ERR_ACCESS_DENIED',
    'code ERR_ACCESS_DENIED',
    'passwd ERR_ACCESS_DENIED',
    'link ERR_ACCESS_DENIED',
    'child ERR_ACCESS_DENIED',
    'worker ERR_ACCESS_DENIED',
    'net ERR_ACCESS_DENIED',
    'eval Code generation from strings disallowed for this context',
    'env yes',
  ]);
});

test('no key and no seed ever goes over the pipe', async (t) => {
  const { signer, folder } = await launched(t);
  const said = [await signer.sign(inception), ...(await signer.vkeys(origin))];
  said.push(JSON.stringify(await signer.rotateKey(origin, 'begin', localOperator)));
  said.push(JSON.stringify(await signer.attest(origin, statement)));
  const keys = join(folder, 'keys', 'signer');
  const [log = ''] = readdirSync(keys);
  const names = readdirSync(join(keys, log)).filter((name) => name.endsWith('.key'));
  assert.equal(names.length, 2);
  for (const name of names) {
    const seed = readFileSync(join(keys, log, name), 'utf8')
      .trim()
      .slice(-43);
    assert.equal(Buffer.from(seed, 'base64').length, 32);
    assert.ok(!said.join('\n').includes(seed));
  }
});
