/** What is said of machines that lack something, and that nothing is run there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { noSandbox, reachableFolder, testBase, testLimits } from '../../../test/support/sandbox.ts';
import { isAssayError } from '../../core/errors.ts';
import type { RunSpec } from '../../core/sandbox.ts';
import type { SandboxOptions } from './machine.ts';
import { createSandbox } from './sandbox.ts';

const folders: string[] = [];
function newFolder(): string {
  const path = reachableFolder();
  folders.push(path);
  return path;
}
after(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

const anything: RunSpec = {
  root: '/',
  mounts: [],
  command: ['/bin/true'],
  cwd: '/',
  env: {},
  network: { kind: 'none' },
  sourceDateEpoch: 0,
  freezeClock: false,
  limits: testLimits,
};

/** Nothing may run; gives the sentences. */
async function refused(options: Partial<SandboxOptions>): Promise<string> {
  const sandbox = await createSandbox({ directory: newFolder(), clock: () => performance.now(), ...options });
  const { level, limits, missing } = sandbox.isolation;
  assert.equal(level, 'none');
  assert.deepEqual(new Set(Object.values(limits)), new Set(['none']));
  await assert.rejects(
    sandbox.run(anything),
    (error) =>
      isAssayError(error, 'SANDBOX_UNAVAILABLE') && missing.every((why) => error.message.includes(why)),
  );
  return missing.join(' ');
}

/** A program in the place of bubblewrap. */
function fakeBubblewrap(words: string): string {
  const path = join(newFolder(), 'bwrap');
  writeFileSync(path, `#!/bin/sh\n${words}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('a machine without a sandbox', { skip: process.platform === 'linux' ? false : 'not Linux' }, () => {
  it('is told to install bubblewrap when there is none', async () => {
    assert.match(
      await refused({ bwrapPath: '/nonexistent/bwrap' }),
      /not installed.*apt-get install bubblewrap/,
    );
  });

  it('runs nothing when bubblewrap cannot make namespaces, and says where to look', async () => {
    const bwrapPath = fakeBubblewrap(
      '[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit; echo "bwrap: No permissions to create new namespace" >&2; exit 1',
    );
    assert.match(
      await refused({ bwrapPath }),
      /could not be started: bwrap: No permissions.*user namespaces/,
    );
  });

  it('runs nothing when what calls itself bubblewrap walls nothing off', async () => {
    // Runs the command as it is: it has its exit code told, as bubblewrap does.
    const bwrapPath = fakeBubblewrap(
      '[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit; while [ "$1" != -- ]; do shift; done; shift; "$@"; echo "{ \\"exit-code\\": $? }" >&4',
    );
    const said = await refused({ bwrapPath });
    assert.match(said, /Processes of the host/);
    assert.match(said, /No filter of system calls/);
  });

  it('runs nothing as root, whatever the configuration says', { skip: notRoot() ?? false }, async () => {
    assert.match(await refused({ uid: 0 }), /uid 0 are refused/);
    assert.match(await refused({ uid: 5, gid: 0 }), /uid 0 are refused/);
  });

  it(
    'runs nothing when the uid of the runs cannot enter the folder',
    { skip: notRoot() ?? noSandbox ?? false },
    async () => {
      const closed = join(newFolder(), 'closed');
      mkdirSync(closed, { mode: 0o700 });
      assert.match(await refused({ directory: join(closed, 'sandbox') }), /cannot enter/);
    },
  );
});

describe('bubblewrap with less than all walls', { skip: noSandbox ?? false }, () => {
  it('is `partial` when it knows no way to deny further user namespaces, and says so', async () => {
    const bwrapPath = fakeBubblewrap(
      'case " $* " in *" --disable-userns "*) echo "bwrap: Unknown option --disable-userns" >&2; exit 1;; esac; exec bwrap "$@"',
    );
    const { isolation } = await createSandbox({
      directory: newFolder(),
      bwrapPath,
      clock: () => performance.now(),
    });
    assert.equal(isolation.level, 'partial');
    assert.match(isolation.missing.join(' '), /further user namespaces/);
  });

  it(
    'is full also for a user that is not root, with limits by process',
    { skip: notRoot() ?? false },
    async () => {
      const folder = newFolder();
      const root = resolve(import.meta.dirname, '../../..');
      for (const path of ['package.json', 'src/core', 'src/rebuild/sandbox'])
        cpSync(join(root, path), join(folder, path), { recursive: true });
      cpSync(process.execPath, join(folder, 'node'));
      const user = 1_900_000_002;
      mkdirSync(join(folder, 'own'));
      chownSync(join(folder, 'own'), user, user);
      const base = await testBase();
      writeFileSync(
        join(folder, 'child.ts'),
        `import { createSandbox } from './src/rebuild/sandbox/sandbox.ts';
       const sandbox = await createSandbox({ directory: './own', clock: () => performance.now() });
       const workspace = await sandbox.workspace();
       const out = await workspace.folder('out');
       const result = await sandbox.run({ ...${JSON.stringify({ ...anything, root: base.path })}, cwd: '/out', command: ['/bin/sh', '-c', 'id -u; mkdir -m 0 closed; echo x > file'], mounts: [{ from: out, to: '/out', writable: true }] });
       await workspace.remove();
       console.log(JSON.stringify([sandbox.isolation, result.output, result.exitCode]));`.replace(
          "'./own'",
          JSON.stringify(join(folder, 'own')),
        ),
      );
      execFileSync('chmod', ['-R', 'a+rX', folder]);
      const printed = execFileSync(join(folder, 'node'), ['--no-warnings', join(folder, 'child.ts')], {
        uid: user,
        gid: user,
        cwd: folder,
        encoding: 'utf8',
      });
      const [isolation, output, exitCode] = JSON.parse(printed) as [
        { level: string; missing: [] },
        string,
        number,
      ];
      assert.deepEqual([isolation.level, isolation.missing, output, exitCode], ['full', [], '1000\n', 0]);
    },
  );
});

function notRoot(): string | undefined {
  return process.getuid?.() === 0 ? undefined : 'only root can become another uid';
}
