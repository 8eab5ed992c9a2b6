import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hourMs, startAdmission } from '../../test/support/admission-bench.ts';

test('a new install script is compared with the last admitted version', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'turncoat', version: '1.0.0' });
  await bench.admit('turncoat', '1.0.0');
  bench.registry.publish({
    name: 'turncoat',
    version: '1.0.1',
    manifest: { scripts: { postinstall: 'node steal.js' } },
  });
  bench.registry.publish({
    name: 'turncoat',
    version: '1.0.2',
    manifest: { scripts: { test: 'node test.js' } },
  });
  bench.pass(100 * hourMs);
  const refused = await bench.admit('turncoat', '1.0.1');
  assert.ok(refused.state === 'refused');
  assert.deepEqual(
    refused.release.decision.reasons.map((reason) => reason.rule),
    ['npm/install-script'],
  );
  assert.equal(
    (await bench.admit('turncoat', '1.0.2')).state,
    'allowed',
    'a script that npm does not run at install is none',
  );
});

test('an install script of a version of the same days makes it no older in the next one (nx, August 2025)', async (t) => {
  const bench = await startAdmission(t);
  const postinstall = { manifest: { scripts: { postinstall: 'node telemetry.js' } } };
  const publish = (version: string, publishedAt: string, more: typeof postinstall | object = {}): unknown =>
    bench.registry.publish({ name: 'hurried', version, publishedAt, ...more });
  publish('1.0.0', '2021-01-01T00:00:00.000Z');
  publish('1.0.1', '2021-08-26T22:32:00.000Z', postinstall);
  publish('1.0.2', '2021-08-26T23:54:00.000Z', postinstall);
  publish('1.0.3', '2021-09-26T00:00:00.000Z', postinstall);
  for (const version of ['1.0.1', '1.0.2']) {
    const outcome = await bench.admit('hurried', version);
    assert.ok(outcome.state === 'refused', version);
    assert.deepEqual(
      outcome.release.decision.reasons.map((reason) => reason.rule),
      ['npm/install-script'],
    );
  }
  assert.equal((await bench.admit('hurried', '1.0.3')).state, 'allowed', 'a month later it is no news');
});

test('at first sight of a package its install script is a warning, not a refusal', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({
    name: 'native',
    version: '1.0.0',
    manifest: { scripts: { postinstall: 'node build.js' } },
  });
  const outcome = await bench.admit('native', '1.0.0');
  assert.ok(outcome.state === 'allowed');
});

test('a native build that the index does not show is no news in the next version', async (t) => {
  const bench = await startAdmission(t);
  const native = { files: { 'binding.gyp': '{}' } };
  bench.registry.publish({ name: 'gyp', version: '1.0.0', ...native });
  assert.equal((await bench.admit('gyp', '1.0.0')).state, 'allowed');
  bench.registry.publish({ name: 'gyp', version: '1.0.1', ...native });
  bench.pass(100 * hourMs);
  assert.equal((await bench.admit('gyp', '1.0.1')).state, 'allowed');
});

test('a script that replaces a native build which the index does not show is no new install script', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'gyp', version: '1.0.0', files: { 'binding.gyp': '{}' } });
  bench.registry.publish({
    name: 'gyp',
    version: '1.0.1',
    manifest: { scripts: { install: 'node prebuilt.js || node-gyp rebuild' } },
    files: { 'binding.gyp': '{}' },
  });
  assert.equal((await bench.admit('gyp', '1.0.1')).state, 'allowed');
});

test('a native build or script that the bytes of the preceding version lack is new, though only its index was known', async (t) => {
  const bench = await startAdmission(t);
  bench.registry.publish({ name: 'turned', version: '1.0.0' });
  bench.registry.publish({ name: 'turned', version: '1.0.1', files: { 'binding.gyp': '{}' } });
  bench.registry.publish({ name: 'turned', version: '1.1.0' });
  bench.registry.publish({
    name: 'turned',
    version: '1.1.1',
    manifest: { scripts: { install: 'node steal.js' } },
  });
  for (const version of ['1.0.1', '1.1.1']) {
    const refused = await bench.admit('turned', version);
    assert.ok(refused.state === 'refused');
    assert.deepEqual(
      refused.release.decision.reasons.map((reason) => reason.rule),
      ['npm/install-script'],
    );
  }
});

test('a preceding version whose bytes are not to be had is what the index says; in an outage nothing is decided', async (t) => {
  const bench = await startAdmission(t);
  for (const name of ['gone', 'down']) {
    bench.registry.publish({ name, version: '1.0.0', files: { 'binding.gyp': '{}' } });
    bench.registry.publish({ name, version: '1.0.1', manifest: { scripts: { install: 'node x' } } });
  }
  bench.registry.lie({ path: /gone-1\.0\.0\.tgz$/ }, { kind: 'status', status: 404 });
  assert.equal((await bench.admit('gone', '1.0.1')).state, 'refused');
  bench.registry.lie({ path: /down-1\.0\.0\.tgz$/ }, { kind: 'drop' });
  await assert.rejects(bench.admit('down', '1.0.1'), { code: 'UPSTREAM_UNREACHABLE' });
});
