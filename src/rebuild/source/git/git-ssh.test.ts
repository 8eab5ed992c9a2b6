/** Git over ssh in a real sandbox, from a real sshd on this machine; skipped by name where there is none and none can be fetched. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { noSandbox, openTestSandbox, testBase, type TestSandbox } from '../../../../test/support/sandbox.ts';
import { findSshd } from '../../../../test/support/sshd.ts';
import { findNamedSource } from '../find.ts';
import {
  makeRepository,
  manifest,
  release,
  sourceDeps,
  type MadeRepository,
} from '../testing/repositories.ts';
import { sandboxedGit, type SshIdentity } from './git-sandbox.ts';

const sshd = noSandbox ?? (await findSshd());
const { command: [program = '', ...first] = [], env = {} } = typeof sshd === 'string' ? {} : sshd;

describe('git over ssh', { skip: typeof sshd === 'string' ? sshd : false }, () => {
  let box: TestSandbox;
  let repo: MadeRepository;
  let commit: string;
  let folder: string;
  let server: ChildProcess;
  const dialled: string[] = [];
  const port = 20_022 + (process.pid % 10_000);

  before(async () => {
    box = await openTestSandbox();
    repo = makeRepository();
    commit = repo.commit({ 'package.json': manifest('thing', '1.0.0'), 'index.js': 'x' });
    repo.git('tag', 'v1.0.0');
    folder = mkdtempSync(join(tmpdir(), 'assay-ssh-'));
    for (const name of ['host', 'client', 'other'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    const key = readFileSync(join(folder, 'client.pub'), 'utf8');
    writeFileSync(join(folder, 'authorized'), key, { mode: 0o600 });
    knownHosts('known', 'host');
    knownHosts('wrong', 'other');
    server = await startServer();
  });
  after(async () => {
    server.kill('SIGTERM');
    repo.remove();
    rmSync(folder, { recursive: true });
    await box.close();
  });

  function knownHosts(name: string, of: string): void {
    const [type, key] = readFileSync(join(folder, `${of}.pub`), 'utf8').split(' ');
    writeFileSync(join(folder, name), `[git.example.com]:${port} ${type} ${key}\n`);
  }

  async function startServer(): Promise<ChildProcess> {
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    chmodSync(folder, 0o755);
    const options = [
      `Port=${port}`,
      'ListenAddress=127.0.0.1',
      `HostKey=${join(folder, 'host')}`,
      `AuthorizedKeysFile=${join(folder, 'authorized')}`,
      'StrictModes=no',
      'UsePAM=no',
      'PasswordAuthentication=no',
      'PermitRootLogin=yes',
      `PidFile=${join(folder, 'pid')}`,
    ].flatMap((option) => ['-o', option]);
    const child = spawn(program, [...first, '-D', '-e', '-f', '/dev/null', ...options], {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    for (let round = 0; round < 200; round += 1) {
      if (await listens()) return child;
      await wait(50);
    }
    throw new Error('sshd did not start');
  }

  function listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }

  function search(change: Partial<SshIdentity> | undefined) {
    const identity: SshIdentity = {
      keyFile: join(folder, 'client'),
      knownHostsFile: join(folder, 'known'),
      dial: (host, at) => {
        dialled.push(`${host}:${at}`);
        return Promise.resolve(connect(at, '127.0.0.1'));
      },
      ...change,
    };
    const git = sandboxedGit({
      sandbox: box.sandbox,
      base: testBase,
      dial: () => Promise.reject(new Error('only ssh is used here')),
      ...(change === undefined ? {} : { ssh: identity }),
    });
    const url = `ssh://${userInfo().username}@git.example.com:${port}${repo.path}`;
    const named = { kind: 'git', url, commit, directory: '' } as const;
    return findNamedSource(sourceDeps(repo.path, { git }), release('thing', '1.0.0'), named);
  }

  it('gives the source that a recipe names, from a host whose key is known, and dials nothing else', async () => {
    const found = await search({});
    assert.equal(found.state, 'found', found.because.join('\n'));
    assert.ok(found.state === 'found' && found.found.source.kind === 'git');
    assert.equal(found.found.source.commit, commit);
    assert.deepEqual([...new Set(dialled)], [`git.example.com:${port}`]);
  });

  it('refuses a host that shows another key, a key that the host does not know, and to try without an identity', async () => {
    const foreign = await search({ knownHostsFile: join(folder, 'wrong') });
    assert.notEqual(foreign.state, 'found');
    assert.match(foreign.because.join('\n'), /host key|Host key/i);
    const stranger = await search({ keyFile: join(folder, 'other') });
    assert.notEqual(stranger.state, 'found');
    assert.match(stranger.because.join('\n'), /Permission denied/);
    const nobody = await search(undefined);
    assert.match(nobody.because.join('\n'), /rebuild\.sshKey/);
    const missing = await search({ keyFile: join(folder, 'no-such-key') });
    assert.match(missing.because.join('\n'), /ssh identity/);
  });
});
