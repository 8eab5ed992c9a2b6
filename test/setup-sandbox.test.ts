/** The set-up of what builds need of the system: as root on Debian it is installed, elsewhere it is said what is missing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/repository.ts';
import { withTree } from './support/tree.ts';

const notRoot = process.getuid?.() === 0 ? false : 'only root installs packages';
const all = ['bwrap', 'mmdebstrap', 'strace', 'dpkg-source'];

/** Runs the script where the named programs are the only ones. */
function setUp(programs: readonly string[]): { code: number | null; stderr: string; asked: string } {
  return withTree({}, (folder) => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const asked = join(folder, 'asked');
    for (const program of programs) {
      const [name = '', ends = '0'] = program.split('=');
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >>${asked}\nexit ${ends}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/setup-sandbox.mjs')], {
      env: { PATH: bin },
      encoding: 'utf8',
    });
    return { code: status, stderr, asked: existsSync(asked) ? readFileSync(asked, 'utf8') : '' };
  });
}

test('nothing is done where everything is here', () => {
  assert.deepEqual(setUp([...all, 'apt-get']), { code: 0, stderr: '', asked: '' });
});

test('what is missing is installed, and nothing else', { skip: notRoot }, () => {
  const { code, asked } = setUp(['bwrap', 'dpkg-source', 'apt-get']);
  assert.equal(code, 0);
  assert.equal(asked, 'update -qq\ninstall -y -qq --no-install-recommends mmdebstrap strace\n');
});

test('the tests go on where it cannot be installed, and it is said', { skip: notRoot }, () => {
  const failed = setUp(['apt-get=1']);
  assert.equal(failed.code, 0);
  assert.match(failed.stderr, /failed.*skipped/);
  const elsewhere = setUp(['strace']);
  assert.equal(elsewhere.code, 0);
  assert.match(elsewhere.stderr, /without bubblewrap, mmdebstrap, dpkg-dev .* skipped/);
});
