/** The witness over HTTP: its files, its lock, and what a request may be. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { signedLog, type SignedLog } from '../../../test/support/signed-log.ts';
import { formatAddCheckpoint, maxRequestBytes } from '../../ledger/witness/add-checkpoint.ts';
import { originHash } from '../../ledger/witness/witness.ts';
import { makeWitnessKey, readWitnessKey } from './key.ts';
import { startWitness, type RunningWitness, type WitnessOptions } from './start.ts';

const origin = 'assay.example.com/log';
const code = 'LEDGER_WITNESS_UNUSABLE';

async function folderWithKey(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-witness-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await makeWitnessKey(join(folder, 'key'), 'witness.example.com/w1');
  return folder;
}

function optionsIn(folder: string, log: SignedLog): WitnessOptions {
  return {
    listen: '127.0.0.1',
    port: 0,
    directory: join(folder, 'state'),
    keyFile: join(folder, 'key'),
    logs: [log.vkey],
    clock: () => new Date(),
  };
}

async function started(t: TestContext, options: WitnessOptions): Promise<RunningWitness> {
  const witness = await startWitness(options);
  t.after(() => witness.close());
  return witness;
}

function grown(): SignedLog {
  const log = signedLog(origin);
  log.grow(9);
  return log;
}

async function offer(
  { url }: RunningWitness,
  log: SignedLog,
  oldSize: number,
  size: number,
): Promise<Response> {
  const body = formatAddCheckpoint(oldSize, log.proof(oldSize, size), log.checkpoint(size));
  return fetch(`${url}/add-checkpoint`, { method: 'POST', body });
}

test('it cosigns over HTTP, says the size in the form of the specification, and remembers over a restart', async (t) => {
  const folder = await folderWithKey(t);
  const log = grown();
  const options = optionsIn(folder, log);
  const first = await started(t, options);
  assert.match(first.vkey, /^witness\.example\.com\/w1\+[0-9a-f]{8}\+B/);
  const good = await offer(first, log, 0, 5);
  assert.equal(good.status, 200);
  assert.match(await good.text(), /^— witness\.example\.com\/w1 [^ ]+\n$/);
  await first.close();
  assert.deepEqual(
    readdirSync(join(folder, 'state')).filter((name) => !name.startsWith('lock')),
    [`${originHash(origin)}.checkpoint`],
  );

  const second = await started(t, options);
  const conflict = await offer(second, log, 0, 9);
  assert.equal(conflict.status, 409);
  assert.equal(conflict.headers.get('content-type'), 'text/x.tlog.size');
  assert.equal(await conflict.text(), '5\n');
  assert.equal((await offer(second, log, 5, 9)).status, 200);
});

test('two witnesses on one folder: the second is refused', async (t) => {
  const folder = await folderWithKey(t);
  const options = optionsIn(folder, grown());
  const first = await started(t, options);
  await assert.rejects(startWitness(options), { code, message: /another witness/ });
  await first.close();
  await started(t, options);
});

test('a memory that is damaged keeps it from starting', async (t) => {
  const folder = await folderWithKey(t);
  const log = grown();
  const options = optionsIn(folder, log);
  const witness = await started(t, options);
  await offer(witness, log, 0, 5);
  await witness.close();
  const file = join(folder, 'state', `${originHash(origin)}.checkpoint`);
  const text = readFileSync(file, 'utf8');
  for (const damaged of [text.replace('\n5\n', '\n4\n'), text.slice(0, 20), '']) {
    writeFileSync(file, damaged);
    await assert.rejects(startWitness(options), { code, message: /damaged/ });
  }
  writeFileSync(file, text);
  await started(t, options);
});

test('a key is made once, closed to others, and refused when it is open or none', async (t) => {
  const folder = await folderWithKey(t);
  const key = join(folder, 'key');
  assert.equal(statSync(key).mode & 0o777, 0o600);
  const before = readFileSync(key, 'utf8');
  await assert.rejects(makeWitnessKey(key, 'witness.example.com/w1'), { code });
  assert.equal(readFileSync(key, 'utf8'), before);
  await assert.rejects(makeWitnessKey(join(folder, 'x'), 'a b'), { code, message: /no name/ });
  chmodSync(key, 0o640);
  await assert.rejects(readWitnessKey(key), { code, message: /open to others/ });
  chmodSync(key, 0o600);
  writeFileSync(key, before.replace('witness', 'wicked'));
  await assert.rejects(readWitnessKey(key), { code, message: /no key of a witness/ });
  await assert.rejects(readWitnessKey(join(folder, 'nowhere')), { code, message: /no key at/ });
});

test('what is no vkey of a log, and a port that is taken, are told', async (t) => {
  const folder = await folderWithKey(t);
  const log = grown();
  const options = optionsIn(folder, log);
  const { vkey, url } = await started(t, options);
  for (const wrong of ['', 'x', vkey]) {
    const other = { ...options, directory: join(folder, 'other'), logs: [wrong] };
    await assert.rejects(startWitness(other), { code, message: /no vkey of a log/ });
  }
  const taken = { ...options, directory: join(folder, 'other'), port: Number(new URL(url).port) };
  await assert.rejects(startWitness(taken), { code: 'PORT_IN_USE' });
  // Nothing stayed open.
  await started(t, { ...options, directory: join(folder, 'other') });
});

test('other paths and methods are refused', async (t) => {
  const folder = await folderWithKey(t);
  const { url } = await started(t, optionsIn(folder, grown()));
  const statusOf = async (path: string, method: string): Promise<number> =>
    (await fetch(`${url}${path}`, { method })).status;
  assert.equal(await statusOf('/add-checkpoint', 'GET'), 405);
  assert.equal(await statusOf(`/${originHash(origin)}/checkpoint`, 'POST'), 405);
  assert.equal(await statusOf(`/${originHash(origin)}/checkpoint`, 'GET'), 404);
  for (const path of ['/', '/sign-subtree', '/x/checkpoint', `/${'A'.repeat(64)}/checkpoint`, '/%2e%2e/key'])
    assert.equal(await statusOf(path, 'GET'), 404, path);
});

test('a body over the bound is refused, announced or not, and what is not UTF-8 is no request', async (t) => {
  const folder = await folderWithKey(t);
  const { url } = await started(t, optionsIn(folder, grown()));
  const large = Buffer.alloc(maxRequestBytes + 1, 'x');
  assert.equal((await fetch(`${url}/add-checkpoint`, { method: 'POST', body: large })).status, 413);
  const streamed = await new Promise<number | undefined>((resolve, reject) => {
    const asked = request(`${url}/add-checkpoint`, { method: 'POST' }, (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    asked.on('error', reject);
    asked.write(large.subarray(0, maxRequestBytes));
    asked.end(large.subarray(0, 2));
  });
  assert.equal(streamed, 413);
  const binary = await fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body: Buffer.from([0xff, 0xfe, 0x0a, 0x0a]),
  });
  assert.equal(binary.status, 400);
});

test('nonsense on the wire harms nobody', async (t) => {
  const folder = await folderWithKey(t);
  const log = grown();
  const witness = await started(t, optionsIn(folder, log));
  const socket = connect(Number(new URL(witness.url).port), '127.0.0.1');
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', () => undefined);
    socket.end('\x16\x03\x01 nonsense\r\n\r\n');
  });
  assert.match(answer, /^HTTP\/1\.1 400/);
  assert.equal((await offer(witness, log, 0, 5)).status, 200);
});
