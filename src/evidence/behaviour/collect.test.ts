import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BehaviourFinding, BehaviourOutcome, BehaviourReport } from '../../core/behaviour.ts';
import { evidenceDigest } from '../../core/evidence.ts';
import { sampleInput } from '../../../test/support/collector-input.ts';
import { behaviourChanges } from './changes.ts';
import { behaviourCollector } from './collect.ts';

const collected = async (behaviour: BehaviourOutcome) =>
  behaviourCollector.collect(sampleInput({ behaviour }));

function report(change: Partial<BehaviourReport> = {}): BehaviourReport {
  return {
    schema: 1,
    observer: 'watcher 1',
    isolation: 'full',
    scripts: ['postinstall'],
    ended: 'exit',
    events: 12,
    whole: true,
    actions: ['exec:node'],
    findings: [],
    ...change,
  };
}

function observed(
  change: Partial<BehaviourReport>,
  before?: Partial<BehaviourReport>,
): Extract<BehaviourOutcome, { state: 'observed' }> {
  const previous = before === undefined ? undefined : { version: '1.2.2', report: report(before) };
  return { state: 'observed', report: report(change), previous };
}

function finding(severity: BehaviourFinding['severity']): BehaviourFinding {
  return {
    rule: 'behaviour/honeytoken-read',
    severity,
    message: 'It read a token that was laid out.',
    process: 'node setup.js',
    at: 3,
  };
}

test('without an install script there is nothing to watch, and that is a result', async () => {
  const evidence = await collected({ state: 'no-script' });
  assert.deepEqual([evidence.result, evidence.facts['observed']], ['pass', false]);
});

test('scripts that nobody ran are not checked, and a run that failed is an error: neither passes', async () => {
  assert.equal((await collected({ state: 'not-observed', why: 'no sandbox' })).result, 'not-checked');
  assert.equal((await collected({ state: 'failed', code: 'X', message: 'it died' })).result, 'error');
});

test('what only an attack does fails, what is to be looked at warns, and what is harmless passes', async () => {
  const of = async (...severities: readonly BehaviourFinding['severity'][]) =>
    (await collected(observed({ findings: severities.map(finding) }))).result;
  assert.deepEqual(
    [await of(), await of('low'), await of('medium'), await of('unknown'), await of('low', 'high')],
    ['pass', 'pass', 'warn', 'warn', 'fail'],
  );
});

test('what the scripts of the version before did not do is told, by the same observer alone', async () => {
  const actions = ['connect:203.0.113.7:443', 'exec:node'];
  const evidence = await collected(observed({ actions }, {}));
  assert.deepEqual([evidence.result, evidence.items[0]?.id], ['warn', 'behaviour/new-network']);
  assert.equal((await collected(observed({ actions }, { actions }))).result, 'pass');
  const other = await collected(observed({ actions }, { observer: 'watcher 0' }));
  assert.deepEqual([other.result, other.facts['comparedWith']], ['pass', null]);
});

test('only what has weight counts as new: a network, a program, a write, and no other way to say hello', async () => {
  const before = { actions: ['exec:node', 'exec:sh'] };
  const ids = async (...actions: readonly string[]) => {
    const evidence = await collected(observed({ actions: [...before.actions, ...actions] }, before));
    return [evidence.result, ...evidence.items.map(({ id }) => id.replace('behaviour/', ''))];
  };
  assert.deepEqual(await ids('exec:uname', 'exec:mkdir', 'connect:registry'), ['pass']);
  assert.deepEqual(await ids('exec:curl'), ['warn', 'new-program']);
  assert.deepEqual(await ids('exec:compiler', 'exec:written:package'), [
    'warn',
    'new-program',
    'new-program',
  ]);
  assert.deepEqual(await ids('write:outside:./x', 'write:lasting:~/.bashrc'), [
    'warn',
    'new-write',
    'new-write',
  ]);
  assert.deepEqual(await ids('leak:npm token', 'sleep:long'), ['warn', 'new-other', 'new-other']);
});

test('what the version before did already, or what it did and this one does not, is no change', () => {
  const some = fc.uniqueArray(fc.string());
  fc.assert(
    fc.property(some, some, (before, now) => {
      const [previous, next] = [report({ actions: before }), report({ actions: now })];
      assert.deepEqual(behaviourChanges(previous, previous), []);
      assert.deepEqual(behaviourChanges(undefined, next), []);
      for (const { action } of behaviourChanges(previous, next))
        assert.ok(now.includes(action) && !before.includes(action));
    }),
  );
});

test('what was cut off, or watched in a sandbox with holes, is never clean', async () => {
  for (const change of [
    { whole: false },
    { ended: 'timeout' },
    { ended: 'killed' },
    { isolation: 'partial' },
    { isolation: 'none' },
  ] as const)
    assert.equal((await collected(observed(change))).result, 'warn', JSON.stringify(change));
});

test('hostile texts leave a record that can be hashed, and a bounded one', async () => {
  const findings = Array.from({ length: 200 }, (_, at) => ({
    ...finding('high'),
    message: `\u001b[31m\ud800${'x'.repeat(2000)}`,
    at,
  }));
  const evidence = await collected(observed({ findings }));
  assert.ok(evidenceDigest(evidence));
  assert.equal(evidence.items.length, 50);
});
