/** An admitted release that becomes known as malicious: refused once, recorded once, told, and let go again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdmission, testUpstream, type AdmissionBench } from '../../test/support/admission-bench.ts';
import { malwareRecord } from '../../test/support/feed-of-gate.ts';
import { lookupOf } from '../../test/support/osv.ts';
import { scanReport } from '../../test/support/scan-report.ts';
import type { Collector } from '../core/collector.ts';
import type { JsonObject } from '../core/json.ts';
import { anonymous, gateItself } from '../core/subject.ts';

const bad = malwareRecord('MAL-2026-1', 'turned', ['1.0.0']);

async function admitted(bench: AdmissionBench): Promise<void> {
  bench.registry.publish({ name: 'turned', version: '1.0.0' });
  bench.registry.publish({ name: 'turned', version: '1.0.1' });
  for (const version of ['1.0.0', '1.0.1'])
    assert.equal((await bench.admit('turned', version)).state, 'allowed');
}

function says(bench: AdmissionBench, ...records: readonly JsonObject[]): void {
  bench.setKnowledge({ advisories: lookupOf(records) });
}

const asked = { upstream: testUpstream, name: 'turned', file: 'turned-1.0.0.tgz', principal: anonymous };

/** Newest first. */
async function outcomes(bench: AdmissionBench): Promise<readonly string[]> {
  const { items } = await bench.storage.read.decisions({ name: 'turned', limit: 100 });
  return items.filter(({ version }) => version === '1.0.0').map(({ decision }) => decision.outcome);
}

test('asked for by many at once, and judged anew beside them, it is one transition in one chain', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  says(bench, bad);
  const many = Array.from({ length: 5 }, () => bench.admission.admit(asked));
  const anew = Array.from({ length: 3 }, () =>
    bench.admission.reconsider({ ...asked, principal: gateItself }),
  );
  await Promise.all([...many, ...anew]);
  for (const outcome of await Promise.all(many)) assert.equal(outcome.state, 'refused');
  assert.deepEqual(await outcomes(bench), ['block', 'allow']);
  const [alarm, ...others] = (await bench.storage.read.alarms({ limit: 10 })).filter(
    ({ kind }) => kind === 'malware-admitted',
  );
  assert.deepEqual([alarm?.about, alarm?.count, others.length], ['pkg:npm/turned@1.0.0', 1, 0]);
});

test('what is said of one version stops no other, and an index shows what may be had', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  const visible = async (): Promise<readonly string[]> =>
    (await bench.shelves.show({ upstream: testUpstream, name: 'turned', principal: anonymous }))?.visible ??
    [];
  assert.deepEqual(await visible(), ['1.0.0', '1.0.1']);
  says(bench, bad);
  assert.deepEqual(await visible(), ['1.0.1']);
  assert.equal((await bench.admit('turned', '1.0.1')).state, 'allowed');
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  says(bench);
  assert.deepEqual(await visible(), ['1.0.0', '1.0.1']);
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'allowed');
  assert.deepEqual(await outcomes(bench), ['allow', 'block', 'allow']);
});

test('upstream is down: what became malicious is refused and told of all the same', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  says(bench, bad);
  await bench.registry.close();
  const release = await bench.admission.reconsider({ ...asked, principal: gateItself });
  assert.equal(release?.decision.outcome, 'block');
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  assert.equal((await bench.admit('turned', '1.0.1')).state, 'allowed');
});

test('a deny list that is lifted shows the version again, though nobody could ask for it meanwhile', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  const visible = async (): Promise<readonly string[]> =>
    (await bench.shelves.show({ upstream: testUpstream, name: 'turned', principal: anonymous }))?.visible ??
    [];
  bench.setPolicy({ deny: [{ ecosystem: 'npm', name: 'turned', versions: '1.0.0', reason: 'a test' }] });
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  assert.deepEqual(await visible(), ['1.0.1']);
  bench.setPolicy({});
  assert.deepEqual(await visible(), ['1.0.0', '1.0.1']);
});

test('a feed that cannot be read any more lets go nothing that it refused, stops nothing admitted, and holds what is new', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  bench.registry.publish({ name: 'late', version: '1.0.0' });
  says(bench, bad);
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  bench.setKnowledge({ advisories: { feed: undefined, lost: 'it is damaged', match: () => [] } });
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  assert.equal((await bench.admit('turned', '1.0.1')).state, 'allowed');
  const late = await bench.admit('late', '1.0.0');
  assert.equal(late.state, 'refused');
  assert.deepEqual(
    late.release.decision.reasons.map(({ rule, outcome, result }) => [rule, outcome, result]),
    [['npm/feed-age', 'hold', 'error']],
  );
  says(bench, malwareRecord('MAL-2026-2', 'other', ['1.0.0']));
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'allowed');
  assert.equal((await bench.admit('late', '1.0.0')).state, 'allowed');
});

test('a feed that comes in the middle of an admission is heard before the first byte is served', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'turned', version: '1.0.0' });
  bench.setScan(() => {
    says(bench, bad);
    return Promise.resolve(scanReport());
  });
  assert.equal((await bench.admit('turned', '1.0.0')).state, 'refused');
  assert.equal((await outcomes(bench)).at(0), 'block');
});

test('after an upgrade that looks at more, deciding anew leaves it to the next install to collect that, and ends', async (t) => {
  const bench = await startAdmission(t);
  await admitted(bench);
  const upgraded = bench.rooms.collectors.map((one): Collector => {
    if (one.kind !== 'secrets') return one;
    const tool = { name: 'assay/secrets', version: '99' };
    return { ...one, version: '99', collect: async (input) => ({ ...(await one.collect(input)), tool }) };
  });
  bench.setCollectors(upgraded);
  says(bench, bad);
  const show = () => bench.shelves.show({ upstream: testUpstream, name: 'turned', principal: anonymous });
  assert.deepEqual((await show())?.visible, ['1.0.1']);
  const decided = async (): Promise<readonly string[]> =>
    (await bench.rooms.store.releasesOf(testUpstream, 'turned')).map(({ decidedAt }) => decidedAt);
  const before = await decided();
  for (let n = 0; n < 3; n += 1) {
    bench.pass(301_000);
    await show();
  }
  assert.deepEqual(await decided(), before);
  assert.equal((await bench.admit('turned', '1.0.1')).state, 'allowed');
  const release = (await bench.rooms.store.releasesOf(testUpstream, 'turned')).find(
    ({ version }) => version === '1.0.1',
  );
  const stored = release && (await bench.rooms.store.release(release.id));
  assert.equal(stored?.evidence.find(({ kind }) => kind === 'secrets')?.tool.version, '99');
});
