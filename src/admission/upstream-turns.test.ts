/** An upstream that turns: it renames, republishes, deletes, or answers from a past that we lost. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import {
  hourMs,
  startAdmission,
  testUpstream,
  type AdmissionBench,
} from '../../test/support/admission-bench.ts';
import { npmTarball } from '../../test/support/tarball.ts';
import { anonymous } from '../core/subject.ts';
import { npmVersionOrder } from '../registries/npm/order.ts';
import { createIndexes } from './indexes.ts';
import { recommend } from './recommend.ts';

const upstream = testUpstream;
const principal = anonymous;
const long = '2020-01-01T00:00:00.000Z';

function show(bench: AdmissionBench, name: string) {
  return bench.shelves.show({ upstream, name, principal });
}

async function alarmKinds(bench: AdmissionBench): Promise<readonly string[]> {
  return (await bench.storage.read.alarms({ limit: 10 })).map((alarm) => alarm.kind);
}

interface Entry {
  readonly dist: { tarball: string; integrity: string; shasum: string };
}

/** Upstream gives the version's entry another file name, and other bytes under it. */
function rename(bench: AdmissionBench, name: string, version: string, file: string): void {
  const bytes = npmTarball({ manifest: { name, version }, files: { 'evil.js': 'inert\n' } });
  const edit = (body: string): string => {
    const index = JSON.parse(body) as { versions: Record<string, Entry> };
    const dist = index.versions[version]?.dist;
    if (dist !== undefined) {
      dist.tarball = dist.tarball.replace(/[^/]+$/, file);
      dist.integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      dist.shasum = createHash('sha1').update(bytes).digest('hex');
    }
    return JSON.stringify(index);
  };
  // Something else changes too, so that the index is sent again.
  bench.registry.publish({ name, version: '0.0.1' });
  bench.registry.lie({ path: `/${name}` }, { kind: 'edit', edit });
  bench.registry.lie({ path: `/${name}/-/${file}` }, { kind: 'body', body: bytes });
  bench.pass(hourMs);
}

test('other bytes for an admitted version are not admitted under another file name either', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'swap', version: '1.0.0' });
  const before = await bench.admit('swap', '1.0.0');
  rename(bench, 'swap', '1.0.0', 'swap-1.0.0-again.tgz');
  const shelf = await show(bench, 'swap');
  assert.deepEqual(
    shelf?.kept.map((one) => one.version),
    ['1.0.0'],
  );
  assert.ok(shelf !== undefined && !shelf.visible.includes('1.0.0'), 'listed once, as it was admitted');
  for (const file of ['swap-1.0.0-again.tgz', 'swap-1.0.0.tgz']) {
    const after = await bench.admission.admit({ upstream, name: 'swap', file, principal });
    assert.ok(before.state === 'allowed' && after.state === 'allowed');
    assert.equal(after.artifact.sha256, before.artifact.sha256);
  }
  assert.equal(bench.registry.countOf('/swap/-/swap-1.0.0-again.tgz'), 0);
  assert.deepEqual(await alarmKinds(bench), ['bytes-changed']);
});

test('the file name of an admitted version does not pass to another version', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'heir', version: '1.0.0' });
  const before = await bench.admit('heir', '1.0.0');
  bench.registry.unpublish('heir', '1.0.0');
  bench.registry.publish({ name: 'heir', version: '1.0.1', publishedAt: long });
  rename(bench, 'heir', '1.0.1', 'heir-1.0.0.tgz');
  bench.pass(100 * hourMs);
  const after = await bench.admit('heir', '1.0.0');
  assert.ok(before.state === 'allowed' && after.state === 'allowed');
  assert.equal(after.artifact.sha256, before.artifact.sha256);
  const shelf = await show(bench, 'heir');
  assert.ok(shelf !== undefined && !shelf.visible.includes('1.0.1'));
  assert.match(shelf.hidden.find((one) => one.version === '1.0.1')?.why ?? '', /1\.0\.0 was admitted with/);
});

test('a version that was deleted and published again is as new as its return, whatever time it claims', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'back', version: '1.0.0', publishedAt: long });
  bench.registry.publish({ name: 'back', version: '1.0.1', publishedAt: long });
  await bench.admit('back', '1.0.0');
  bench.registry.unpublish('back', '1.0.1');
  bench.pass(hourMs);
  await show(bench, 'back');
  bench.registry.publish({ name: 'back', version: '1.0.1', publishedAt: long, files: { 'evil.js': 'x' } });
  bench.pass(hourMs);
  const held = await bench.admit('back', '1.0.1');
  assert.ok(held.state === 'refused');
  assert.deepEqual(
    held.release.decision.reasons.map((reason) => reason.rule),
    ['npm/cooldown'],
  );
});

test('a version that was given other bytes is as new as the bytes, also when upstream was silent in between', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'other', version: '1.0.0', publishedAt: long });
  bench.registry.publish({ name: 'other', version: '1.0.1', publishedAt: long });
  await bench.admit('other', '1.0.0');
  const endLie = bench.registry.lie({ path: '/other' }, { kind: 'status', status: 404 });
  bench.pass(hourMs);
  await show(bench, 'other');
  endLie();
  bench.pass(hourMs);
  assert.ok((await show(bench, 'other'))?.visible.includes('1.0.1'), 'a passing 404 makes nothing new');
  bench.registry.replaceBytes({ name: 'other', version: '1.0.1', files: { 'evil.js': 'x' } });
  bench.pass(hourMs);
  assert.equal((await bench.admit('other', '1.0.1')).state, 'refused');
});

test('a whole package that upstream deletes raises an alarm for what was admitted of it, once', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'left', version: '1.0.0' });
  await bench.admit('left', '1.0.0');
  bench.registry.lie({ path: '/left' }, { kind: 'status', status: 404 });
  for (let look = 0; look < 3; look += 1) {
    bench.pass(hourMs);
    assert.equal((await show(bench, 'left'))?.gone, true);
  }
  const alarms = await bench.storage.read.alarms({ limit: 10 });
  assert.deepEqual(
    alarms.map(({ kind, count }) => [kind, count]),
    [['version-vanished', 1]],
  );
});

test('an index that upstream says has not changed, and that we lost, is fetched whole', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'lost', version: '1.0.0' });
  await bench.admit('lost', '1.0.0');
  const { store, clock, blobs } = bench.rooms;
  const state = await bench.rooms.indexes.look(upstream, 'lost');
  assert.ok(state.state === 'known');
  await rm((await blobs.path(state.body)) ?? '');
  // As after a restart: nothing is in memory.
  const indexes = createIndexes({
    upstream: bench.rooms.upstream,
    reader: {
      ...bench.rooms.indexReader,
      read: async (id, name, body) => {
        await blobs.read(body, 1 << 20);
        return bench.rooms.indexReader.read(id, name, body);
      },
    },
    store,
    clock,
    freshSeconds: 300,
    absentSeconds: 60,
    onChange: () => Promise.resolve(),
  });
  assert.equal((await indexes.look(upstream, 'lost')).state, 'known');
});

test('a clock that was set back does not keep an index fresh', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'past', version: '1.0.0' });
  await bench.admit('past', '1.0.0');
  bench.registry.forgetRequests();
  bench.pass(-1000 * hourMs);
  await show(bench, 'past');
  assert.equal(bench.registry.countOf('/past'), 1);
});

test('a denied release is refused also when its bytes are lost and upstream is down', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'denied', version: '1.0.0' });
  const admitted = await bench.admit('denied', '1.0.0');
  assert.ok(admitted.state === 'allowed');
  await rm((await bench.storage.blobs.path(admitted.artifact.sha256)) ?? '');
  bench.setPolicy({ deny: [{ ecosystem: 'npm', name: 'denied', versions: undefined, reason: undefined }] });
  bench.registry.lie({ path: /tgz$/ }, { kind: 'drop' });
  assert.equal((await bench.admit('denied', '1.0.0')).state, 'refused');
});

test('an upstream that dawdles delays the advice, not the refusal', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'slow', version: '1.0.0' });
  bench.registry.lie({ path: /slow-1\.0\.0\.tgz$/ }, { kind: 'hang', when: 'before-headers' });
  const wanted = { upstream, name: 'slow', version: '2.0.0', principal };
  const advise = (patienceMs: number) =>
    recommend(bench.admission, bench.shelves, npmVersionOrder, { ...wanted, patienceMs });
  const first = await Promise.race([advise(1), bench.admit('slow', '1.0.0').catch(() => 'upstream gave up')]);
  assert.equal(first, undefined, 'the advice was given up first');
});
