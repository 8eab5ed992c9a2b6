/** Git in a real sandbox: over https through the tunnel, and from a folder of this machine. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noSandbox, openTestSandbox, testBase, type TestSandbox } from '../../../../test/support/sandbox.ts';
import { testAuthority } from '../../../upstream/testing/certificates.ts';
import { findNamedSource, findSource } from '../find.ts';
import { gitHost, type GitHost } from '../testing/git-https.ts';
import {
  makeRepository,
  manifest,
  release,
  sourceDeps,
  type MadeRepository,
} from '../testing/repositories.ts';
import { defaultGitLimits, sandboxedGit } from './git-sandbox.ts';

describe('git in the sandbox', { skip: noSandbox ?? false }, () => {
  let box: TestSandbox;
  let repo: MadeRepository;
  let host: GitHost;
  let folder: string;
  let commit: string;
  before(async () => {
    box = await openTestSandbox();
    repo = makeRepository();
    repo.commit({ 'package.json': manifest('thing', '0.9.0') });
    commit = repo.commit({ 'package.json': manifest('thing', '1.0.0'), 'index.js': 'x' });
    repo.git('tag', 'v1.0.0');
    folder = mkdtempSync(join(tmpdir(), 'assay-git-host-'));
    chmodSync(folder, 0o755);
    chmodSync(repo.path, 0o755);
    execFileSync('git', ['clone', '-q', '--bare', repo.path, join(folder, 'repo.git')]);
    host = await gitHost(folder);
  });
  after(async () => {
    host.close();
    repo.remove();
    rmSync(folder, { recursive: true });
    await box.close();
  });

  function deps() {
    const git = sandboxedGit({
      sandbox: box.sandbox,
      base: testBase,
      dial: host.dial,
      authorities: testAuthority,
    });
    return sourceDeps(repo.path, { git });
  }

  it('finds a source over https, and dials nothing but its host', async () => {
    const repository = 'git+https://registry.example.com/repo.git';
    const search = await findSource(deps(), release('thing', '1.0.0', { repository }));
    assert.equal(search.state, 'found', search.because.join('\n'));
    assert.ok(search.state === 'found' && search.found.source.kind === 'git');
    assert.equal(search.found.source.commit, commit);
    assert.equal(search.found.reachable, 'yes');
    assert.deepEqual([...new Set(host.dialled)], ['registry.example.com:443']);
  });

  it('finds a source in a folder of this machine that a recipe names, without any network', async () => {
    const before = host.dialled.length;
    const named = { kind: 'git', url: `file://${repo.path}`, commit, directory: '' } as const;
    const search = await findNamedSource(deps(), release('thing', '1.0.0'), named);
    assert.equal(search.state, 'found', search.because.join('\n'));
    assert.equal(host.dialled.length, before);
    const missing = await findNamedSource(deps(), release('thing', '1.0.0'), {
      ...named,
      url: 'file:///no/where',
    });
    assert.match(missing.because.join(), /no repository at "\/no\/where"/);
  });

  it('says why a host could not be reached', async () => {
    const git = sandboxedGit({
      sandbox: box.sandbox,
      base: testBase,
      dial: () => Promise.reject(new Error('nobody is called so')),
    });
    const repository = 'https://registry.example.com/repo.git';
    const search = await findSource(
      sourceDeps(repo.path, { git }),
      release('thing', '1.0.0', { repository }),
    );
    assert.match(search.because.join(), /nobody is called so/);
  });

  it('ends a repository that is larger than may be fetched, by what came and by what it takes on the disk', async () => {
    const big = makeRepository();
    try {
      chmodSync(big.path, 0o755);
      const text = randomBytes(6 << 20).toString('hex');
      const made = big.commit({ 'package.json': manifest('thing', '1.0.0'), 'big.txt': text });
      execFileSync('git', ['clone', '-q', '--bare', big.path, join(folder, 'big.git')]);
      const limited = (limits: Partial<typeof defaultGitLimits>) =>
        sourceDeps(big.path, {
          git: sandboxedGit({
            sandbox: box.sandbox,
            base: testBase,
            dial: host.dial,
            authorities: testAuthority,
            limits: { ...defaultGitLimits, ...limits },
          }),
        });
      const repository = 'https://registry.example.com/big.git';
      const traffic = limited({ trafficBytes: 1 << 20 });
      const search = await findSource(traffic, release('thing', '1.0.0', { repository }));
      assert.match(search.because.join(), /more than 1048576 bytes went to and from/);
      const named = { kind: 'git', url: `file://${big.path}`, commit: made, directory: '' } as const;
      const full = await findNamedSource(limited({ diskBytes: 1 << 20 }), release('thing', '1.0.0'), named);
      assert.equal(full.state === 'not-found' && full.cause, 'fetch-failed');
      assert.match(full.because.join(), /too much of the disk|No space left|file too large|write error/i);
    } finally {
      big.remove();
    }
  });

  it('says what a host answered that has no such repository', async () => {
    const repository = 'https://registry.example.com/none.git';
    const search = await findSource(deps(), release('thing', '1.0.0', { repository }));
    assert.equal(search.state === 'not-found' && search.cause, 'fetch-failed');
    assert.match(search.because.join(), /not found/);
  });
});
