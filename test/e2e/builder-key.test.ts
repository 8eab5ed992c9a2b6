/** A real gate changes the key of its builder: the log knows each before it signs, also when the gate is killed in between. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  BuilderKeysAnswer,
  DiscloseAnswer,
  LedgerStatus,
} from '../../src/server/control/ledger-protocol.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';

let registry: FakeRegistry;
let gate: Gate;

before(async () => {
  registry = await startFakeRegistry({ plain: true });
  gate = await startGate({ upstream: registry.url });
  await untilRunning();
});

after(async () => {
  await gate.remove();
  await registry.close();
});

async function untilRunning(): Promise<void> {
  for (;;) {
    const { state } = await requestControl<LedgerStatus>(gate.dataDirectory, 'GET', '/ledger');
    if (state === 'running') return;
    await wait(50);
  }
}

async function ended(command: Promise<CommandResult>, code: number): Promise<CommandResult> {
  const result = await command;
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function keys(...args: readonly string[]): Promise<BuilderKeysAnswer['keys']> {
  const { stdout } = await ended(gate.command('ledger', 'builder-key', ...args, '--format', 'json'), 0);
  return (JSON.parse(stdout) as BuilderKeysAnswer).keys;
}

test('before the first build there is no key; each that comes is an entry of the log, which both keys and the log signed', async () => {
  assert.match((await ended(gate.command('ledger', 'builder-key'), 0)).stderr, /first build makes it/);
  await ended(gate.command('ledger', 'builder-key', '--rotate'), 2);
  const [first] = await keys('--rotate', '--yes');
  const [second, replaced, ...more] = await keys('--rotate', '--yes');
  assert.ok(first !== undefined && second !== undefined && more.length === 0);
  assert.deepEqual(replaced, { ...first, inForce: false });
  assert.ok(second.inForce && second.vkey !== first.vkey);
  const { disclosure, waiting } = await requestControl<DiscloseAnswer>(
    gate.dataDirectory,
    'POST',
    '/ledger/disclose',
    { query: second.recordedAs, fields: ['subject', 'statement'] },
  );
  assert.equal(waiting, 0, 'it does not sign before its entry is in the log');
  const [entry] = (JSON.parse(disclosure) as { entries: { envelope: string }[] }).entries;
  const envelope = JSON.parse(entry?.envelope ?? '') as { payload: string; signatures: { keyid: string }[] };
  assert.equal(envelope.signatures.length, 3);
  const said = Buffer.from(envelope.payload, 'base64').toString('utf8');
  assert.ok(said.includes(second.vkey) && said.includes(first.vkey), said);
  const shown = await ended(gate.command('ledger', 'builder-key'), 0);
  assert.match(shown.stdout, /^signs {3}\S+\/builder\+\S+ {2}since \S+, entry \S+\nbefore {2}\S+\/builder\+/);
});

test('a gate that is killed while the key changes ends with one key in force that the log knows', async () => {
  const known = await keys();
  const asked = requestControl(gate.dataDirectory, 'POST', '/ledger/rotate-builder-key', {}).catch(
    () => undefined,
  );
  await gate.kill9();
  await asked;
  gate = await startGate({ upstream: registry.url, after: gate });
  await untilRunning();
  const now = await keys('--rotate', '--yes');
  assert.deepEqual(
    now.map(({ inForce }) => inForce),
    now.map((_, index) => index === 0),
  );
  assert.deepEqual(
    now.slice(-known.length).map(({ vkey }) => vkey),
    known.map(({ vkey }) => vkey),
  );
});
