/** A real gate changes its log's key: who must be content stays content, and the log itself says what happened. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { sha256Bytes } from '../../src/ledger/leaf.ts';
import { verifyEd25519 } from '../../src/ledger/signing/ed25519.ts';
import { openCheckpoint } from '../../src/ledger/verify/checkpoint.ts';
import { openEnvelope, type Envelope } from '../../src/ledger/verify/dsse.ts';
import { parseVkey, type VerifierKey } from '../../src/ledger/verify/vkey.ts';
import type { LedgerStatus, RotateKeyAnswer } from '../../src/server/control/ledger-protocol.ts';
import { cleanEnvironment } from '../support/clients.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { runAssay, startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { get } from '../support/http.ts';

let registry: FakeRegistry;
let gate: Gate;
let home: string;
/** Vkeys, in the order in which they came. */
let old: string;
let fresh: string;

before(async () => {
  // Without keys of its own: to learn a registry's keys would be an entry too.
  registry = await startFakeRegistry({ plain: true });
  home = await mkdtemp(join(tmpdir(), 'assay-rotation-'));
  gate = await startGate({ upstream: registry.url });
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

async function status(): Promise<LedgerStatus> {
  return requestControl<LedgerStatus>(gate.dataDirectory, 'GET', '/ledger');
}

async function untilLogged(size: number, withinMs = 20_000): Promise<LedgerStatus> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const now = await status();
    if (now.state === 'running' && now.size >= size && now.waiting === 0) return now;
    assert.ok(Date.now() < deadline, `not logged after ${withinMs} ms: ${JSON.stringify(now)}`);
    await wait(10);
  }
}

/** One more decision, logged. */
async function decide(name: string): Promise<void> {
  registry.publish({ name, version: '1.0.0' });
  const { size } = await status();
  assert.equal((await get(`${gate.url}${name}/-/${name}-1.0.0.tgz`)).status, 200);
  await untilLogged(size + 1);
}

function operator(...args: readonly string[]): Promise<CommandResult> {
  return gate.command('ledger', ...args);
}

/** As somebody with nothing but keys. */
function auditor(...args: readonly string[]): Promise<CommandResult> {
  const env = { ...cleanEnvironment(home), ASSAY_DATA: join(home, 'no-data') };
  return runAssay(['ledger', ...args], { cwd: home, env });
}

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function rotate(step: string): Promise<RotateKeyAnswer> {
  const args = ['rotate-key', step, '--yes', '--format', 'json'];
  return JSON.parse(ended(await operator(...args), 0).stdout) as RotateKeyAnswer;
}

function log(): string {
  return `${gate.url}-/ledger/`;
}

function keyOf(vkey: string): VerifierKey {
  const key = parseVkey(vkey, sha256Bytes);
  assert.ok(key !== undefined, vkey);
  return key;
}

/** Who is content with the published checkpoint: those who know the old key, both, the new key. */
async function verdicts(): Promise<readonly (number | string)[]> {
  const note = (await get(`${log()}checkpoint`)).body.toString();
  return [[old], [old, fresh], [fresh]].map((vkeys) => {
    const logKeys = vkeys.map(keyOf);
    const opened = openCheckpoint(note, { origin: logKeys[0]?.name ?? '', logKeys }, verifyEd25519);
    return opened.ok ? opened.signatures.length : opened.problem;
  });
}

async function fsckCodes(): Promise<readonly (number | null)[]> {
  const codes: (number | null)[] = [];
  for (const keys of [
    ['--vkey', old],
    ['--vkey', old, '--vkey', fresh],
    ['--vkey', fresh],
  ])
    codes.push((await auditor('fsck', '--url', log(), ...keys)).code);
  return codes;
}

/** The entry's statement, as an auditor is shown it. */
async function provenStatement(what: string, folder: string): Promise<Envelope> {
  ended(await operator('prove', what, '--out', join(home, folder)), 0);
  const text = await readFile(join(home, folder, 'disclosure.json'), 'utf8');
  const { entries } = JSON.parse(text) as { readonly entries: readonly { readonly envelope: string }[] };
  return JSON.parse(entries[0]?.envelope ?? '{}') as Envelope;
}

function signers(envelope: Envelope): readonly string[] {
  const keys = [old, fresh].map(keyOf);
  return (openEnvelope(envelope, keys, verifyEd25519)?.signers ?? []).map(({ id }) => id).sort();
}

const bothIds = (): readonly string[] => [old, fresh].map((vkey) => keyOf(vkey).id).sort();

test('without a second key there is none to retire, and nobody is asked to destroy one by accident', async () => {
  old = (await untilLogged(0)).vkeys[0] ?? '';
  await decide('first');
  assert.match(ended(await operator('rotate-key', 'retire', '--yes'), 2).stderr, /LEDGER_ROTATION_REFUSED/);
  ended(await operator('rotate-key', 'retire'), 2);
  ended(await operator('rotate-key', 'sometime'), 2);
  assert.deepEqual((await status()).vkeys, [old]);
  ended(await auditor('watch', log(), '--vkey', old), 0);
});

test('once begun, checkpoints carry both signatures, and the entry is in the log within two seconds', async () => {
  const { size } = await status();
  const begin = await rotate('begin');
  await untilLogged(size + 1, 2000);
  [fresh = ''] = begin.after;
  assert.deepEqual([begin.before, begin.after], [[old], [fresh, old]]);
  assert.deepEqual((await status()).vkeys, [fresh, old]);
  assert.deepEqual(await verdicts(), [1, 2, 1]);
  assert.deepEqual(await fsckCodes(), [0, 0, 0]);
  const shown = ended(await operator('status'), 0).stdout;
  assert.ok(shown.includes(`vkey        ${fresh}`) && shown.includes(`vkey        ${old}`), shown);

  const envelope = await provenStatement(begin.recordedAs, 'begin');
  assert.deepEqual(signers(envelope), bothIds());
  for (const vkey of [old, fresh]) {
    const { stdout } = ended(await auditor('verify', 'begin', '--vkey', vkey), 0);
    assert.match(stdout, /key-rotation\/v1/);
    assert.match(stdout, /statement +signed$/m);
    assert.ok(stdout.includes(`the key ${fresh} comes`), stdout);
  }
});

test('a restart in between keeps both keys, and begins nothing anew', async () => {
  const { size } = await status();
  for (const end of ['stop', 'kill9'] as const) {
    if (end === 'stop') assert.equal(await gate.stop(), 0, gate.output());
    else await gate.kill9();
    gate = await startGate({ upstream: registry.url, after: gate });
    await untilLogged(size);
  }
  assert.deepEqual((await status()).vkeys, [fresh, old]);
  const again = await rotate('begin');
  assert.deepEqual([again.before, again.after], [again.after, [fresh, old]]);
  await decide('between');
  assert.equal((await status()).size, size + 1, 'no second entry about the same step');
  assert.deepEqual(await verdicts(), [1, 2, 1]);
  ended(await auditor('watch', log(), '--vkey', old), 0);
});

test('once retired, only the new key signs: the old one alone is refused, the new one proves all that came before', async () => {
  const { size } = await status();
  const told = ended(await operator('rotate-key', 'retire', '--yes'), 0);
  assert.ok(told.stdout.includes(`before  ${fresh}\nbefore  ${old}\nafter   ${fresh}\n`), told.stdout);
  assert.match(told.stderr, /remove the old vkey/);
  await untilLogged(size + 1, 2000);
  assert.deepEqual((await status()).vkeys, [fresh]);
  assert.deepEqual(await verdicts(), ['unsigned', 1, 1]);
  assert.deepEqual(await fsckCodes(), [3, 0, 0]);
  ended(await auditor('watch', log(), '--vkey', old), 3);
  assert.match(ended(await auditor('watch', log(), '--vkey', fresh), 0).stdout, /took nothing back/);

  const recordedAs = /entry +(\S+)/.exec(told.stdout)?.[1] ?? '';
  assert.deepEqual(signers(await provenStatement(recordedAs, 'retire')), bothIds());
  const { stdout } = ended(await auditor('verify', 'retire', '--vkey', fresh), 0);
  assert.ok(stdout.includes(`the key ${old} goes`), stdout);
  ended(await auditor('verify', 'retire', '--vkey', old), 3);
  // Decided and signed before the new key was made.
  ended(await operator('prove', 'first@1.0.0', '--out', join(home, 'first')), 0);
  assert.match(ended(await auditor('verify', 'first', '--vkey', fresh), 0).stdout, /key that was not given/);
  const both = ended(await auditor('verify', 'first', '--vkey', fresh, '--vkey', old), 0).stdout;
  assert.match(both, /statement +signed$/m);
});

test("the log's name proves every change of its key; the log goes on under the new one", async () => {
  assert.equal((await rotate('retire')).after[0], fresh);
  assert.equal(await gate.stop(), 0, gate.output());
  gate = await startGate({ upstream: registry.url, after: gate });
  const { origin, size } = await untilLogged(4);
  await decide('after');
  assert.equal((await status()).size, size + 1);
  assert.deepEqual(await verdicts(), ['unsigned', 1, 1]);
  const folder = join(home, 'changes');
  const { stdout } = ended(await operator('prove', origin, '--out', folder), 0);
  assert.deepEqual(
    [...stdout.matchAll(/the key (\S+) (\w+)/g)].map(([, vkey, step]) => [vkey, step]),
    [
      [fresh, 'comes'],
      [old, 'goes'],
    ],
  );
  assert.equal((await readdir(folder)).length, 5);
  ended(await auditor('verify', folder, '--vkey', fresh), 0);
});
