import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, startAdmission, testUpstream } from '../../test/support/admission-bench.ts';
import { anonymous } from '../core/subject.ts';

type Bench = Awaited<ReturnType<typeof startAdmission>>;

const show = (bench: Bench, name: string) =>
  bench.shelves.show({ upstream: testUpstream, name, principal: anonymous });

test('a shelf is made once, also for many who ask at once', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'good', version: '1.0.0' });
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => show(bench, 'good')));
  assert.ok(first !== undefined);
  for (const other of [...others, await show(bench, 'good')]) assert.equal(other, first);
});

test('a refusal hides its version at once, and another policy shows another shelf', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'mixed', version: '1.0.0' });
  bench.registry.publish({ name: 'mixed', version: '1.1.0', indexManifest: { scripts: { install: 'x' } } });
  assert.deepEqual((await show(bench, 'mixed'))?.visible, ['1.0.0', '1.1.0']);
  assert.equal((await bench.admit('mixed', '1.1.0')).state, 'refused');
  assert.deepEqual((await show(bench, 'mixed'))?.visible, ['1.0.0']);
  bench.setPolicy({ deny: [{ ecosystem: 'npm', name: 'mixed', versions: '1.0.0', reason: undefined }] });
  assert.ok(!(await show(bench, 'mixed'))?.visible.includes('1.0.0'));
});

test('a held version appears on the shelf when its time has come, and a new one when upstream is asked again', async (t) => {
  const bench = await startAdmission(t);
  const publishedAt = new Date(Date.parse((await firstLook(bench)) ?? '') - hourMs).toISOString();
  bench.registry.publish({ name: 'young', version: '1.0.0' });
  bench.registry.publish({ name: 'young', version: '1.1.0', publishedAt });
  assert.deepEqual((await show(bench, 'young'))?.visible, ['1.0.0']);
  bench.pass(72 * hourMs);
  assert.deepEqual((await show(bench, 'young'))?.visible, ['1.0.0', '1.1.0']);
});

/** The bench's own clock, as a look at some package records it. */
async function firstLook(bench: Bench): Promise<string | undefined> {
  bench.registry.publish({ name: 'clock', version: '1.0.0' });
  return (await show(bench, 'clock'))?.lookedAt;
}
