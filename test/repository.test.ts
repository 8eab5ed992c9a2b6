/** Promises about the whole repository, each with a planted case that shows the check can fail. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  filesNaming,
  filesOver,
  lockfileProblems,
  machineHosts,
  missingBinaries,
  root,
  runtimePackages,
  trackedFiles,
  type Lockfile,
} from './support/repository.ts';

const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;

test('no tracked file names a registry or mirror this machine is set to', (t) => {
  const hosts = machineHosts();
  if (hosts.length === 0) return t.skip("the machine's package managers name no host");
  assert.deepEqual(filesNaming(trackedFiles(), hosts), []);
  const host = hosts[0] ?? '';
  assert.equal(
    filesNaming([{ path: 'planted', text: `x https://${host.toUpperCase()}/y` }], hosts).length,
    1,
  );
});

test('no tracked file names a path of this machine', () => {
  assert.deepEqual(filesNaming(trackedFiles(), [`${root}/`]), []);
  assert.equal(filesNaming([{ path: 'planted', text: `at ${root}/src` }], [`${root}/`]).length, 1);
});

test('no code file is longer than 400 lines', () => {
  assert.deepEqual(filesOver(trackedFiles(), 400), []);
  assert.equal(filesOver([{ path: 'planted.ts', text: 'x\n'.repeat(401) }], 400).length, 1);
});

test('the lockfile names no host, has strong integrity throughout, and no install script at run time', () => {
  assert.ok(Object.keys(lockfile.packages).length > 20, 'the lockfile was read');
  assert.deepEqual(lockfileProblems(lockfile), []);
  const planted = {
    packages: {
      '': {},
      'node_modules/x': { resolved: 'https://registry.example.com/x', hasInstallScript: true },
    },
  };
  assert.equal(lockfileProblems(planted).length, 3);
});

test('the lockfile has the binaries of every platform, so that npm ci takes it', () => {
  assert.deepEqual(missingBinaries(lockfile), []);
  const planted = {
    packages: {
      'node_modules/a': { optionalDependencies: { 'a-linux': '2.0.0', 'a-darwin': '2.0.0' } },
      'node_modules/a/node_modules/a-linux': { version: '2.0.0' },
      'node_modules/a-darwin': { version: '1.0.0' },
    },
  };
  assert.deepEqual(missingBinaries(planted), ['node_modules/a wants a-darwin 2.0.0']);
});

test('the README says how many runtime dependencies there are', () => {
  const stated = /\b(\d+) runtime dependencies\b/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1];
  assert.equal(stated, String(runtimePackages(lockfile).length), 'README.md: "<N> runtime dependencies"');
});

test('every room says at its door what lives there', () => {
  const rooms = globSync('src/*/', { cwd: root });
  assert.ok(rooms.length >= 5);
  assert.deepEqual(
    rooms.filter((room) => !existsSync(join(root, room, 'README.md'))),
    [],
  );
});
