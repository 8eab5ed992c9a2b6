import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readNpmLockfile } from './npm.ts';

const lock = (packages: unknown): string => JSON.stringify({ name: 'x', lockfileVersion: 3, packages });

test('what each package resolves its dependencies to is found as Node finds it, and what the project asks for itself', () => {
  const { entries, direct } = readNpmLockfile(
    lock({
      '': {
        name: 'root',
        dependencies: { a: '1', '@s/w': '1' },
        devDependencies: { d: '1' },
        peerDependencies: { 'not-there': '1' },
      },
      'node_modules/a': {
        version: '1.0.0',
        dependencies: { b: '1', c: '1' },
        optionalDependencies: { e: '1' },
      },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { c: '1', constructor: '1' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0', dependencies: { b: '1' }, devDependencies: { d: '1' } },
      'node_modules/d': { version: '1.0.0' },
      'node_modules/@s/w': { resolved: 'packages/w', link: true },
      'packages/w': { version: '1.0.0', dependencies: { c: '1', x: '1' } },
      'packages/w/node_modules/x': { version: '1.0.0' },
    }),
  );
  assert.deepEqual(direct, ['node_modules/a', 'node_modules/@s/w', 'node_modules/d']);
  assert.deepEqual(Object.fromEntries(entries.map(({ key, dependsOn }) => [key, dependsOn])), {
    'node_modules/a': ['node_modules/a/node_modules/b', 'node_modules/c'],
    'node_modules/a/node_modules/b': ['node_modules/c'],
    'node_modules/b': [],
    'node_modules/c': ['node_modules/b'],
    'node_modules/d': [],
    'node_modules/@s/w': ['packages/w'],
    'packages/w': ['node_modules/c', 'packages/w/node_modules/x'],
    'packages/w/node_modules/x': [],
  });
});

test('an edge leads to an entry of the lockfile and nowhere else, however the keys are nested', () => {
  const part = fc.constantFrom('a', 'b', 'node_modules', '__proto__', 'constructor', 'packages');
  const key = fc
    .array(part, { minLength: 1, maxLength: 8 })
    .map((parts) => `${parts.join('/')}/node_modules/a`);
  const value = fc.record({
    version: fc.constant('1.0.0'),
    dependencies: fc.dictionary(part, fc.constant('*')),
  });
  fc.assert(
    fc.property(fc.dictionary(key, value), (packages) => {
      const { entries } = readNpmLockfile(lock(packages));
      const keys = new Set(entries.map((entry) => entry.key));
      for (const { dependsOn = [] } of entries) for (const to of dependsOn) assert.ok(keys.has(to), to);
    }),
  );
});
