/** `assay expect` against a real gate: what a person sets is in force at once, on record, and never asked twice. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExpectAnswer, ExpectChanged, ExpectHistory } from '../../src/server/control/expect-protocol.ts';
import type { LedgerStatus } from '../../src/server/control/ledger-protocol.ts';
import type { DecisionList } from '../../src/server/control/protocol.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';

let registry: FakeRegistry;
let gate: Gate;
let home: string;

before(async () => {
  registry = await startFakeRegistry();
  home = await mkdtemp(join(tmpdir(), 'assay-expect-'));
  gate = await startGate({ upstream: registry.url });
});

after(async () => {
  await gate.remove();
  await registry.close();
  await rm(home, { recursive: true, force: true });
});

function ended(result: CommandResult, code: number): CommandResult {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
  return result;
}

async function json<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(ended(await gate.command(...args, '--format', 'json'), 0).stdout) as T;
}

async function untilLogged(size: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await requestControl<LedgerStatus>(gate.dataDirectory, 'GET', '/ledger');
    if (now.state === 'running' && now.size >= size && now.waiting === 0) return;
    assert.ok(Date.now() < deadline, JSON.stringify(now));
    await wait(10);
  }
}

test('a package that nobody asked for has no expectation, and there is nothing to forget', async () => {
  const shown = ended(await gate.command('expect', 'show', 'left'), 0);
  assert.match(shown.stderr, /Nothing is expected of left yet/);
  const forgotten = ended(await gate.command('expect', 'forget', 'left', '--reason', 'x'), 2);
  assert.match(forgotten.stderr, /EXPECTATION_UNKNOWN/);
});

test('what is set by hand is in force, says who and why, and is an entry that opens', async () => {
  const given =
    '--repository-id 42 --owner-id 7 --workflow .github/workflows/release.yml --ref refs/tags/* --trigger push';
  const reason = 'moved \u001b[31m, see issue 12';
  const changed = await json<ExpectChanged>(
    'expect',
    'set',
    '@scope/left',
    ...given.split(' '),
    '--reason',
    reason,
  );
  assert.deepEqual(
    changed.changed.map(({ line, revision, origin, standing }) => [line, revision, origin, standing]),
    [['*', 1, 'set', 'firm']],
  );
  await json('expect', 'set', '@scope/left', '--line', '5', '--repository-id', '43', '--reason', 'a fork');
  const { expectations } = await json<ExpectAnswer>('expect', 'show', '@scope/left');
  assert.deepEqual(
    expectations.map(({ line, identity, principal }) => [line, identity?.repositoryId, principal.name]),
    [
      ['*', '42', 'operator (local)'],
      ['5', '43', 'operator (local)'],
    ],
  );
  const table = ended(await gate.command('expect', 'show', '@scope/left'), 0).stdout;
  assert.match(table, /whole package {2}revision 1 {2}set, firm/);
  assert.ok(!table.includes('\u001b'), 'a reason is no way into the terminal');
  await untilLogged(2);
  const entry = ended(await gate.command('ledger', 'show', '1'), 0).stdout;
  assert.match(entry, /expectation\/v1/);
  assert.match(entry, /expectation 1 of line 5, set/);
  assert.match(entry, /prev opened/);
});

test('setting the whole package again also replaces its lines; forgetting ends all of them; the history keeps them', async () => {
  await json('expect', 'set', '@scope/left', '--repository-id', '44', '--reason', 'moved again');
  const { expectations } = await json<ExpectAnswer>('expect', 'show', '@scope/left');
  assert.deepEqual(
    expectations.map(({ line, revision, identity }) => [line, revision, identity?.repositoryId]),
    [
      ['*', 2, '44'],
      ['5', 2, '44'],
    ],
  );
  await json<ExpectChanged>('expect', 'forget', '@scope/left', '--reason', 'new owners');
  const { revisions } = await json<ExpectHistory>('expect', 'history', '@scope/left');
  assert.deepEqual(
    revisions.map(({ line, revision, identity, reason }) => [line, revision, identity?.repositoryId, reason]),
    [
      ['*', 3, undefined, 'new owners'],
      ['5', 3, undefined, 'new owners'],
      ['*', 2, '44', 'moved again'],
      ['5', 2, '44', 'moved again'],
      ['5', 1, '43', 'a fork'],
      ['*', 1, '42', 'moved \u001b[31m, see issue 12'],
    ],
  );
  assert.match(ended(await gate.command('expect', 'show', '@scope/left'), 0).stdout, /nothing is compared/);
  assert.equal(new Set(revisions.map(({ eventId }) => eventId)).size, 6, 'each is an entry of its own');
});

test('a change raises the epoch that decisions carry, so that what was refused is asked again', async () => {
  registry.publish({ name: 'young', version: '1.0.0', publishedAt: new Date().toISOString() });
  const ask = async (): Promise<number> => (await fetch(`${gate.url}young/-/young-1.0.0.tgz`)).status;
  assert.equal(await ask(), 403);
  const first = await decidedAt();
  assert.equal(await ask(), 403);
  assert.equal(await decidedAt(), first, 'it stands');
  await json('expect', 'set', 'young', '--trigger', 'push', '--reason', 'x');
  assert.equal(await ask(), 403);
  assert.notEqual(await decidedAt(), first);
});

async function decidedAt(): Promise<string | undefined> {
  const list = await requestControl<DecisionList>(gate.dataDirectory, 'GET', '/decisions?name=young&limit=1');
  return list.decisions[0]?.decidedAt;
}

test('what cannot be meant is refused before anything is recorded', async () => {
  const wrong = ended(await gate.command('expect', 'set', 'other', '--ref', 'main', '--reason', 'x'), 2);
  assert.match(wrong.stderr, /USAGE_INVALID/);
  ended(await gate.command('expect', 'set', '../x', '--trigger', 'push', '--reason', 'x'), 2);
  ended(await gate.command('expect', 'show', 'left', '--upstream', 'nobody'), 2);
  assert.deepEqual((await json<ExpectHistory>('expect', 'history', 'other')).revisions, []);
});
