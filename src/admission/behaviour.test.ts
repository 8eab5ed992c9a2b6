/** Install scripts that are watched after their release was decided: refused where they attack, and else left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdmission, testUpstream, type AdmissionBench } from '../../test/support/admission-bench.ts';
import type { BehaviourFinding, BehaviourOutcome } from '../core/behaviour.ts';
import { gateItself } from '../core/subject.ts';
import { predecessorIn } from './behaviour.ts';

const name = 'turned';

function publish(bench: AdmissionBench, version: string, script: string | undefined): void {
  const manifest = script === undefined ? {} : { scripts: { postinstall: script } };
  bench.registry.publish({ name, version, manifest });
}

function seen(...severities: readonly BehaviourFinding['severity'][]): BehaviourOutcome {
  const findings = severities.map((severity) => ({
    rule: 'behaviour/honeytoken-read',
    severity,
    message: 'It read a token that was laid out.',
    process: 'node setup.js',
    at: 1,
  }));
  const report = {
    schema: 1,
    observer: 'watcher 1',
    isolation: 'full',
    scripts: ['postinstall'],
    ended: 'exit',
    events: 1,
    whole: true,
    actions: [],
    findings,
  } as const;
  return { state: 'observed', report, previous: undefined };
}

const request = {
  upstream: testUpstream,
  name,
  file: 'turned-1.0.0.tgz',
  principal: gateItself,
};

async function alarmsOf(bench: AdmissionBench): Promise<readonly string[]> {
  return (await bench.storage.read.alarms({ limit: 10 }))
    .filter(({ kind }) => kind === 'behaviour-suspicious')
    .map(({ message }) => message);
}

test('what was admitted before it was watched is revoked when its scripts are seen to attack, also with upstream down', async (t) => {
  const bench = await startAdmission(t);
  publish(bench, '1.0.0', 'node setup.js');
  assert.equal((await bench.admit(name, '1.0.0')).state, 'allowed');
  await bench.registry.close();
  bench.setBehaviour(() => Promise.resolve(seen('critical')));
  const release = await bench.admission.reconsider(request);
  assert.deepEqual(
    release?.decision.reasons.map(({ rule, outcome }) => [rule, outcome]),
    [['npm/behaviour', 'block']],
  );
  assert.equal((await bench.admit(name, '1.0.0')).state, 'refused');
  const [alarm = ''] = await alarmsOf(bench);
  assert.match(alarm, /refused from now on.*honey|refused from now on.*token/s);
});

test('one whose scripts do nothing of weight, or are only to be looked at, stays admitted', async (t) => {
  for (const outcome of [seen(), seen('low'), seen('medium')]) {
    const bench = await startAdmission(t);
    publish(bench, '1.0.0', 'node thanks.js');
    assert.equal((await bench.admit(name, '1.0.0')).state, 'allowed');
    bench.setBehaviour(() => Promise.resolve(outcome));
    await bench.admission.reconsider(request);
    assert.equal((await bench.admit(name, '1.0.0')).state, 'allowed');
    assert.deepEqual(await alarmsOf(bench), []);
  }
});

test('what was seen once stands: that nobody knows it any more, or that a run failed, lets nothing go', async (t) => {
  const bench = await startAdmission(t);
  publish(bench, '1.0.0', 'node setup.js');
  await bench.admit(name, '1.0.0');
  bench.setBehaviour(() => Promise.resolve(seen('high')));
  assert.equal((await bench.admit(name, '1.0.0')).state, 'refused');
  for (const outcome of [
    { state: 'not-observed', why: 'it was lost', awaited: true },
    { state: 'failed', code: 'SANDBOX_FAILED', message: 'it died' },
  ] as const) {
    bench.setBehaviour(() => Promise.resolve(outcome));
    assert.equal((await bench.admit(name, '1.0.0')).state, 'refused', outcome.state);
  }
});

test('strict holds what was not watched yet, and lets it go as soon as it was', async (t) => {
  const bench = await startAdmission(t);
  publish(bench, '1.0.0', 'node thanks.js');
  bench.setPolicy({ preset: 'strict' });
  const held = await bench.admit(name, '1.0.0');
  assert.equal(held.state, 'refused');
  const lacking = (outcome: Awaited<ReturnType<typeof bench.admit>>): boolean =>
    outcome.state === 'refused' &&
    outcome.release.decision.reasons.some(({ rule }) => rule === 'npm/behaviour');
  assert.ok(lacking(held));
  bench.setBehaviour(() => Promise.resolve(seen()));
  assert.ok(!lacking(await bench.admit(name, '1.0.0')));
});

test('who watches hears of each decision, and the record says what to compare with', async (t) => {
  const bench = await startAdmission(t);
  publish(bench, '0.9.0', 'node thanks.js');
  publish(bench, '1.0.0', 'node thanks.js');
  await bench.admit(name, '0.9.0');
  await bench.admit(name, '1.0.0');
  const [first, second] = bench.wanted.map(({ subject, evidence, artifact }) => {
    const behaviour = evidence.find(({ kind }) => kind === 'behaviour');
    assert.equal(behaviour?.facts['watchable'], true);
    return { before: behaviour && predecessorIn(subject, behaviour), artifact };
  });
  assert.equal(first?.before, undefined);
  assert.deepEqual(second?.before, {
    version: '0.9.0',
    purl: 'pkg:npm/turned@0.9.0',
    artifact: first?.artifact?.sha256,
  });
});

test('a release without install scripts is never waited for', async (t) => {
  const bench = await startAdmission(t);
  publish(bench, '1.0.0', undefined);
  await bench.admit(name, '1.0.0');
  bench.setBehaviour(() => assert.fail('nobody is to be asked'));
  assert.equal((await bench.admit(name, '1.0.0')).state, 'allowed');
});
