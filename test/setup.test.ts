/** The set-up step: installs exactly when what is installed is not what is locked, and says what to do when it can't. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/repository.ts';
import { withTree } from './support/tree.ts';

const locked = {
  '': { name: 'assay' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', dev: true },
  'node_modules/elsewhere': { version: '3.0.0', integrity: 'sha512-c', optional: true },
};
const { '': _, 'node_modules/elsewhere': __, ...installed } = locked;

interface Case {
  /** What npm's record in node_modules says; undefined: there is none. */
  readonly installed: Readonly<Record<string, unknown>> | string | undefined;
  /** What `npm ci` does: installs what is locked, nothing, or fails. Undefined: there is no npm. */
  readonly npm?: 'installs' | 'does nothing' | 'fails';
}

interface Outcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly npmRan: boolean;
}

/** Runs a copy of the script in a folder of its own, with a stand-in for npm as the only program. */
function setUp({ installed: record, npm = 'installs' }: Case, hasNpm = true): Outcome {
  return withTree({ 'package-lock.json': JSON.stringify({ packages: locked }) }, (folder) => {
    mkdirSync(join(folder, 'scripts'));
    cpSync(join(root, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'));
    const writeInstalled = (text: string): void => {
      for (const path of ['node_modules/a', 'node_modules/b']) {
        mkdirSync(join(folder, path), { recursive: true });
        writeFileSync(join(folder, path, 'package.json'), '{}');
      }
      writeFileSync(join(folder, 'node_modules/.package-lock.json'), text);
    };
    if (record !== undefined)
      writeInstalled(typeof record === 'string' ? record : JSON.stringify({ packages: record }));
    mkdirSync(join(folder, 'bin'));
    const good = JSON.stringify({ packages: installed });
    const installs = `mkdir -p node_modules/a node_modules/b && echo {} > node_modules/a/package.json && echo {} > node_modules/b/package.json && printf '%s' '${good}' > node_modules/.package-lock.json`;
    const action = { installs, 'does nothing': 'true', fails: 'echo "npm error network" >&2; exit 1' }[npm];
    if (hasNpm) {
      writeFileSync(join(folder, 'bin/npm'), `#!/bin/sh\necho "$@" > npm-ran\n${action}\n`);
      chmodSync(join(folder, 'bin/npm'), 0o755);
    }
    const env = { PATH: `${join(folder, 'bin')}${hasNpm ? ':/usr/bin:/bin' : ''}` };
    const run = spawnSync(process.execPath, [join(folder, 'scripts/setup.mjs')], {
      cwd: dirname(folder),
      env,
      encoding: 'utf8',
    });
    return { code: run.status, stderr: run.stderr, npmRan: existsSync(join(folder, 'npm-ran')) };
  });
}

test('nothing is done and nothing printed when all that is locked is installed', () => {
  assert.deepEqual(setUp({ installed }), { code: 0, stderr: '', npmRan: false });
});

test('what is missing, of another version, of other bytes or no longer locked is installed anew, in one line', () => {
  const { 'node_modules/a': a, ...withoutA } = installed;
  const cases: readonly Case['installed'][] = [
    undefined,
    withoutA,
    { ...installed, 'node_modules/a': { ...a, version: '0.9.0' } },
    { ...installed, 'node_modules/a': { ...a, integrity: 'sha512-x' } },
    { ...installed, 'node_modules/extra': { version: '1.0.0' } },
    'cut off in the mid',
  ];
  for (const record of cases) {
    const { code, stderr, npmRan } = setUp({ installed: record });
    assert.deepEqual({ code, npmRan }, { code: 0, npmRan: true }, stderr);
    assert.match(stderr, /^assay: installing the pinned dependencies \(.+\)\.\.\.\n$/);
  }
});

test('a failed install says what is needed, and one that changed nothing is not taken for done', () => {
  const failed = setUp({ installed: undefined, npm: 'fails' });
  assert.equal(failed.code, 4);
  assert.match(failed.stderr, /npm error network\nassay: npm ci failed.*npm config get registry/);
  const idle = setUp({ installed: undefined, npm: 'does nothing' });
  assert.equal(idle.code, 4);
  assert.match(idle.stderr, /still not as locked/);
});

test('without npm it says so', () => {
  const { code, stderr } = setUp({ installed: undefined }, false);
  assert.equal(code, 4);
  assert.match(stderr, /npm is not on the PATH/);
});
