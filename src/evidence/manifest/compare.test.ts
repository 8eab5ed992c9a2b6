import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { compareManifests } from './compare.ts';

const base: JsonObject = { name: 'x', version: '1.0.0' };
const guarded = (index: JsonObject, tarball: JsonObject, files: readonly string[] = []): readonly string[] =>
  compareManifests({ ...base, ...index }, { ...base, ...tarball }, files).guarded.map(({ field, key }) =>
    key === undefined ? field : `${field}/${key}`,
  );
const agree = (index: JsonObject, tarball: JsonObject, files?: readonly string[]): void =>
  assert.deepEqual(guarded(index, tarball, files), []);

// ---- what must be found ----

test('manifest confusion: a hidden dependency, script, command or other name is found, one difference per entry', () => {
  assert.deepEqual(guarded({}, { dependencies: { sleepy: '1' } }), ['dependencies/sleepy']);
  assert.deepEqual(guarded({}, { scripts: { install: 'touch ./bad' } }), ['scripts/install']);
  assert.deepEqual(guarded({}, { bin: { npm: './evil.js' } }), ['bin/npm']);
  assert.deepEqual(guarded({}, { optionalDependencies: { a: '1' } }), ['optionalDependencies/a']);
  assert.deepEqual(
    guarded({ dependencies: { a: '1' } }, { dependencies: { a: '1' }, bundleDependencies: ['a'] }),
    ['bundleDependencies/a'],
  );
  assert.deepEqual(guarded({}, { name: 'express', version: '3.0.0' }), ['name', 'version']);
});

test('the other way round, what only the index shows is found as well', () => {
  assert.deepEqual(guarded({ dependencies: { a: '1' } }, {}), ['dependencies/a']);
  assert.deepEqual(guarded({ scripts: { postinstall: 'node x' } }, {}), ['scripts/postinstall']);
});

test('a changed value is found: range, script text, command target', () => {
  assert.deepEqual(guarded({ dependencies: { a: '^1' } }, { dependencies: { a: '^2' } }), ['dependencies/a']);
  assert.deepEqual(guarded({ scripts: { test: 'a' } }, { scripts: { test: 'b' } }), ['scripts/test']);
  assert.deepEqual(guarded({ bin: { x: 'a.js' } }, { bin: { x: 'b.js' } }), ['bin/x']);
});

test('a dependency moved to another repository, host or commit is found', () => {
  const moved = (a: string, b: string) => guarded({ dependencies: { d: a } }, { dependencies: { d: b } });
  assert.deepEqual(moved('github:a/b', 'github:evil/b'), ['dependencies/d']);
  assert.deepEqual(moved('github:a/b', 'gitlab:a/b'), ['dependencies/d']);
  assert.deepEqual(moved('a/b#v1', 'a/b#v2'), ['dependencies/d']);
  assert.deepEqual(moved('a/b', 'git+https://github.com.evil.example/a/b.git'), ['dependencies/d']);
  assert.deepEqual(moved('a/b', 'https://github.com/a/b/archive/x.tar.gz'), ['dependencies/d']);
});

test('__proto__ and constructor as keys are entries like any other', () => {
  const hostile = JSON.parse('{"dependencies":{"__proto__":"1","constructor":"2"}}') as JsonObject;
  assert.deepEqual(guarded({}, hostile), ['dependencies/__proto__', 'dependencies/constructor']);
  agree(hostile, hostile);
});

// ---- what npm does between a package.json and an index must not be found ----

test('npm cleans versions and trims names', () => {
  agree({ version: '1.2.3' }, { version: 'v1.2.3' });
  agree({ version: '1.2.3' }, { version: ' =1.2.3' });
  agree({ name: 'x' }, { name: ' x ' });
});

test('npm drops scripts that are no strings and a leading node_modules/.bin', () => {
  agree({ scripts: { test: 'tap' } }, { scripts: { test: './node_modules/.bin/tap', no: 1, none: null } });
  agree({}, { scripts: 'make' });
});

test('npm adds an install script for a .gyp file and a start script for server.js; other publishers do not', () => {
  for (const index of [{ gypfile: true, scripts: { install: 'node-gyp rebuild' } }, {}])
    agree(index, {}, ['binding.gyp']);
  for (const index of [{ scripts: { start: 'node server.js' } }, {}]) agree(index, {}, ['server.js']);
  assert.deepEqual(guarded({ scripts: { install: 'node-gyp rebuild' } }, {}, ['src/binding.gyp']), [
    'scripts/install',
  ]);
  assert.deepEqual(guarded({}, { scripts: { install: 'node evil' } }, ['binding.gyp']), ['scripts/install']);
});

test('a build that npm added for a file that was not packed is listed, not failed', () => {
  agree({ gypfile: true, scripts: { install: 'node-gyp rebuild' } }, {});
  assert.deepEqual(guarded({ gypfile: true, scripts: { install: 'node-gyp rebuild; curl x' } }, {}), [
    'scripts/install',
  ]);
});

test('npm before 1.1 added a preinstall for a wscript; only those exact texts are excused', () => {
  agree({ scripts: { preinstall: 'node-waf configure build' } }, {}, ['wscript']);
  assert.deepEqual(guarded({ scripts: { preinstall: 'node-waf configure build' } }, {}), [
    'scripts/preinstall',
  ]);
  assert.deepEqual(guarded({ scripts: { preinstall: 'node-waf x' } }, {}, ['wscript']), [
    'scripts/preinstall',
  ]);
  assert.deepEqual(guarded({}, { scripts: { preinstall: 'node-waf configure build' } }, ['wscript']), [
    'scripts/preinstall',
  ]);
});

test('old indexes list optional dependencies in both places, new ones in one', () => {
  const tarball = { dependencies: { a: '1' }, optionalDependencies: { o: '2' } };
  agree({ dependencies: { a: '1', o: '2' }, optionalDependencies: { o: '2' } }, tarball);
  agree(tarball, { ...tarball, dependencies: { a: '1', o: '2' } });
  assert.deepEqual(guarded({ dependencies: { a: '1', o: '2' } }, tarball), [
    'dependencies/o',
    'optionalDependencies/o',
  ]);
});

test('dependencies as text or list are those of the object npm makes of them', () => {
  agree({ dependencies: { a: '1.0', b: '' } }, { dependencies: ['a@1.0', 'b'] });
  agree({ dependencies: { a: '', b: '' } }, { dependencies: 'a, b' });
  agree({}, { dependencies: null });
});

test('a repository at a forge may be written in any of its ways', () => {
  const forms = [
    'a/b',
    'github:a/b',
    'git://github.com/a/b.git',
    'git+https://github.com/a/b.git',
    'git+ssh://git@github.com/a/b.git',
    'git@github.com:a/b.git',
    'https://github.com/a/b',
  ];
  for (const form of forms) agree({ dependencies: { d: 'github:a/b' } }, { dependencies: { d: form } });
});

test('bin as text, list or object, with any spelling of its path, is what npm makes of it', () => {
  agree({ bin: { x: 'cli.js' } }, { bin: './cli.js' });
  agree({ name: '@s/x', bin: { x: 'cli.js' } }, { name: '@s/x', bin: './cli.js' });
  agree({ bin: { 'a.js': 'bin/a.js' } }, { bin: ['bin/a.js'] });
  agree({ bin: { run: 'run' } }, { bin: { './evil/../run': '../../run', '..': 'x', no: 1 } });
  for (const none of [{ bin: null }, { bin: {} }, { bin: '' }, { bin: false }]) agree({}, none);
});

test('directories.bin is expanded from the archive, by npm and by us', () => {
  const tarball = { directories: { bin: './bin' } };
  const files = ['bin/a', 'bin/sub/b.js', 'bin/.hidden', 'binary/c'];
  agree({ ...tarball, bin: { a: 'bin/a', 'b.js': 'bin/sub/b.js' } }, tarball, files);
  agree(tarball, tarball, files);
  assert.deepEqual(guarded({ ...tarball, bin: { a: 'bin/a', 'b.js': 'lib/evil.js' } }, tarball, files), [
    'bin/b.js',
  ]);
});

test('bundled dependencies: both spellings, true, false, an object; an undeclared one counts as a dependency', () => {
  const deps = { dependencies: { a: '1' } };
  for (const form of [
    { bundleDependencies: ['a'] },
    { bundledDependencies: ['a'] },
    { bundleDependencies: true },
    { bundleDependencies: { a: '' } },
  ]) {
    agree({ ...deps, bundleDependencies: ['a'] }, { ...deps, ...form });
  }
  agree({}, { bundleDependencies: false });
  agree({ dependencies: { b: '*' }, bundleDependencies: ['b'] }, { bundleDependencies: ['b'] });
});

test('other fields are listed, those npm or a registry rewrites are not', () => {
  const { other } = compareManifests(
    { ...base, main: 'a.js', _id: 'x@1', dist: {}, author: { name: 'n' }, maintainers: [] },
    { ...base, main: 'b.js', author: 'n', peerDependencies: { p: '\ud800' } },
    [],
  );
  assert.deepEqual(
    other.map((entry) => entry.field),
    ['main', 'peerDependencies'],
  );
});

// ---- for every manifest ----

const key = fc.oneof(
  fc.constantFrom('a', 'install', '__proto__', '../x', 'constructor'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const anyField = fc.oneof(
  fc.json().map((text) => JSON.parse(text) as never),
  fc.dictionary(key, fc.string({ unit: 'binary' })),
  fc.string(),
  fc.boolean(),
  fc.array(fc.string()),
);
const anyManifest = fc.dictionary(
  fc.constantFrom(
    'name',
    'version',
    'scripts',
    'dependencies',
    'optionalDependencies',
    'bin',
    'bundleDependencies',
    'bundledDependencies',
    'directories',
    'gypfile',
    'main',
  ),
  anyField,
) as fc.Arbitrary<JsonObject>;
const anyFiles = fc.array(fc.constantFrom('binding.gyp', 'server.js', 'wscript', 'bin/a', 'package.json'));

test('any two manifests compare without a crash, and each agrees with itself', () => {
  fc.assert(
    fc.property(anyManifest, anyManifest, anyFiles, (a, b, files) => {
      compareManifests(a, b, files);
      const same = compareManifests(a, structuredClone(a), files);
      assert.deepEqual([...same.guarded, ...same.other], []);
    }),
    { numRuns: 500 },
  );
});

test('an install script that only the tarball has is always found', () => {
  const text = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(
      anyManifest,
      fc.constantFrom('preinstall', 'install', 'postinstall'),
      text,
      anyFiles,
      (manifest, event, script, files) => {
        const shown = { ...manifest, scripts: {} };
        const packed = { ...manifest, scripts: { [event]: `run ${script}` } };
        const found = compareManifests(shown, packed, files).guarded;
        assert.ok(found.some((entry) => entry.field === 'scripts' && entry.key === event));
      },
    ),
  );
});
