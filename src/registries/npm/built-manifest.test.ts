import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtManifest } from './built-manifest.ts';
import type { JsonObject } from '../../core/json.ts';

const read = (manifest: unknown, paths: readonly string[] = ['package/package.json']) =>
  builtManifest('@a/tool', '1.0.0', { manifestText: JSON.stringify(manifest), paths });
const manifestOf = (manifest: JsonObject, paths?: readonly string[]): JsonObject => {
  const outcome = read({ name: '@a/tool', version: '1.0.0', ...manifest }, paths);
  return outcome.state === 'read' ? outcome.manifest : assert.fail(outcome.why);
};

test('a version is listed as its own package.json has it', () => {
  const fields = { dependencies: { b: '^1.0.0' }, engines: { node: '>=20' }, scripts: { test: 'x' } };
  assert.deepEqual(manifestOf(fields), {
    name: '@a/tool',
    version: '1.0.0',
    ...fields,
    _id: '@a/tool@1.0.0',
  });
});

test('a file that names another package or version, or none, is not listed', () => {
  for (const other of [
    { name: 'tool', version: '1.0.0' },
    { name: '@a/tool', version: '1.0.1' },
    { name: '@a/tool' },
    [],
    'x',
    null,
  ])
    assert.equal(read(other).state, 'unusable', JSON.stringify(other));
  assert.equal(builtManifest('a', '1.0.0', { manifestText: undefined, paths: [] }).state, 'unusable');
  assert.equal(builtManifest('a', '1.0.0', { manifestText: '{', paths: [] }).state, 'unusable');
  let deep: unknown = 1;
  for (let level = 0; level < 100; level += 1) deep = [deep];
  assert.equal(read({ name: '@a/tool', version: '1.0.0', deep }).state, 'unusable');
});

test('a package says nothing in the place of the registry: where it lies, who signed it, whether it is deprecated', () => {
  const manifest = manifestOf({
    dist: { tarball: 'https://evil.example.com/x.tgz', signatures: [] },
    deprecated: 'use evil',
    _resolved: 'https://evil.example.com/',
    _hasShrinkwrap: true,
    hasInstallScript: false,
    scripts: { postinstall: 'node x.js' },
  });
  for (const key of ['dist', 'deprecated', '_resolved', '_hasShrinkwrap'])
    assert.ok(!Object.hasOwn(manifest, key), key);
  assert.equal(manifest['hasInstallScript'], true);
});

test('what npm adds when it publishes is added: commands by name, a native build, a shrinkwrap', () => {
  assert.deepEqual(manifestOf({ bin: './cli.js' })['bin'], { tool: './cli.js' });
  assert.deepEqual(manifestOf({ bin: { x: './cli.js' } })['bin'], { x: './cli.js' });
  const native = manifestOf({}, ['package/binding.gyp', 'package/npm-shrinkwrap.json']);
  assert.deepEqual(
    ['gypfile', 'hasInstallScript', '_hasShrinkwrap'].map((key) => native[key]),
    [true, true, true],
  );
  const without = manifestOf({ gypfile: false }, ['package/binding.gyp']);
  assert.equal(without['hasInstallScript'], undefined);
  const deeper = manifestOf({}, ['package/lib/binding.gyp', 'package/test/npm-shrinkwrap.json']);
  assert.deepEqual([deeper['gypfile'], deeper['_hasShrinkwrap']], [undefined, undefined]);
});

test('whatever a package.json holds, it is read or refused, and never sets what is the registry’s', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc
          .dictionary(fc.string(), fc.jsonValue())
          .map((more) => JSON.stringify({ ...more, name: 'a', version: '1.0.0' })),
      ),
      (text) => {
        const outcome = builtManifest('a', '1.0.0', { manifestText: text, paths: [] });
        if (outcome.state === 'unusable') return;
        assert.equal(outcome.manifest['name'], 'a');
        assert.equal(outcome.manifest['version'], '1.0.0');
        for (const key of Object.keys(outcome.manifest))
          assert.ok(key === '_id' || !key.startsWith('_'), key);
        assert.ok(!Object.hasOwn(outcome.manifest, 'dist'));
      },
    ),
  );
});

test('a key that is a trap for programs is left out', () => {
  const text = '{"name":"a","version":"1.0.0","__proto__":{"dist":1}}';
  const outcome = builtManifest('a', '1.0.0', { manifestText: text, paths: [] });
  assert.ok(outcome.state === 'read' && !Object.hasOwn(outcome.manifest, '__proto__'));
});
