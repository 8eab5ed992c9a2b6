/** What admission looks up of dependencies that are new: few, where they belong, and never at the cost of the admission. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { hourMs, startAdmission, testUpstream } from '../../test/support/admission-bench.ts';
import { dayMs, startHistory, type HistoryBench } from '../../test/support/history-bench.ts';
import type { NewDependency } from '../core/collector.ts';
import type { JsonObject } from '../core/json.ts';
import { anonymous, type UpstreamId } from '../core/subject.ts';
import { createAdmission } from './admit.ts';
import type { Rooms } from './rooms.ts';

const old = new Date(Date.now() - 30 * dayMs).toISOString();

async function bench(t: TestContext, dependencies: Readonly<Record<string, string>>): Promise<HistoryBench> {
  const found = await startHistory(t);
  const publish = (version: string, manifest: JsonObject): void => {
    found.registry.publish({ name: 'lib', version, publishedAt: old, manifest });
  };
  publish('1.0.0', { dependencies: { kept: '^1' } });
  publish('1.0.1', { dependencies: { kept: '^1', ...dependencies } });
  return found;
}

async function looked(
  { rooms, told }: HistoryBench,
  change: Partial<Rooms> = {},
): Promise<readonly NewDependency[]> {
  const admission = createAdmission(Object.create(rooms, Object.getOwnPropertyDescriptors(change)) as Rooms);
  const request = { upstream: testUpstream, name: 'lib', file: 'lib-1.0.1.tgz', principal: anonymous };
  await admission.admit(request);
  return told().newDependencies;
}

test('a new dependency is looked up in its own index; one that was there before, and the package itself, are not', async (t) => {
  const found = await bench(t, { fresh: '^2', lib: '^1', gone: '1' });
  found.registry.publish({ name: 'fresh', version: '2.0.0', publishedAt: old });
  const asked = await looked(found);
  assert.deepEqual(
    asked.map(({ name, state }) => [name, state]),
    [
      ['fresh', 'known'],
      ['gone', 'absent'],
    ],
  );
  assert.ok(asked[0]?.state === 'known');
  assert.deepEqual(
    asked[0].index.versions.map(({ version }) => version),
    ['2.0.0'],
  );
});

test('an upstream that fails, a name that nobody answers for and one for other callers cost nothing but knowledge', async (t) => {
  const found = await bench(t, { down: '1', '../evil': '1', '@corp/secret': '1' });
  const look: Rooms['indexes']['look'] = (upstream, name) =>
    name === 'lib' ? found.rooms.indexes.look(upstream, name) : Promise.reject(new Error('it is down'));
  const asked = await looked(found, {
    indexes: { ...found.rooms.indexes, look },
    routeOf: (name) => {
      if (name === '@corp/secret') return { upstream: 'corp' as UpstreamId, needsToken: true };
      return name === 'down' ? { upstream: testUpstream, needsToken: false } : undefined;
    },
  });
  assert.deepEqual(
    asked.map((one) => `${one.name}: ${one.state === 'not-checked' ? one.why : one.state}`),
    [
      'down: it is down',
      '../evil: no upstream answers for it',
      '@corp/secret: it is for callers of another upstream',
    ],
  );
});

test('at most twenty are looked up', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`d${n}`, '1']));
  assert.equal((await looked(await bench(t, many))).length, 20);
});

test('axios 2026: what comes along with a package made the day before is held past its cooldown; beside an old one it is not', async (t) => {
  const found = await startAdmission(t);
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
  const publish = (name: string, version: string, before: number, dependencies: JsonObject = {}): void => {
    found.registry.publish({ name, version, publishedAt: ago(before), manifest: { dependencies } });
  };
  for (const name of ['axe', 'tame']) publish(name, '1.0.0', 60 * dayMs);
  publish('decoy', '4.2.1', 6 * dayMs + 18 * hourMs);
  publish('settled', '4.2.1', 300 * dayMs);
  publish('axe', '1.0.1', 6 * dayMs, { decoy: '^4.2.1' });
  publish('tame', '1.0.1', 6 * dayMs, { settled: '^4.2.1' });
  assert.equal((await found.admit('tame', '1.0.1')).state, 'allowed');
  const held = await found.admit('axe', '1.0.1');
  assert.ok(held.state === 'refused');
  const [reason, ...others] = held.release.decision.reasons;
  assert.deepEqual(
    [held.release.decision.outcome, reason?.rule, others],
    ['hold', 'npm/dependency-changed', []],
  );
  assert.match(JSON.stringify(reason), /decoy.*first published/);
  found.pass(10 * dayMs);
  assert.equal((await found.admit('axe', '1.0.1')).state, 'allowed');
});
