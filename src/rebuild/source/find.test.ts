import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { findNamedSource, findSource } from './find.ts';
import {
  isFound,
  makeRepository,
  manifest,
  memoryTags,
  release,
  sourceDeps,
  type MadeRepository,
} from './testing/repositories.ts';
import type { ProvenanceFacts } from './types.ts';

const url = 'https://git.example.com/acme/repo';
let repo: MadeRepository;

beforeEach(() => {
  repo = makeRepository();
});
afterEach(() => repo.remove());

function proved(commit: string, more: Partial<ProvenanceFacts> = {}): ProvenanceFacts {
  return { repositoryUri: url, repositoryId: '7', ownerId: '9', commit, ref: 'refs/tags/v1.0.0', ...more };
}

describe('finding the source of a version', () => {
  it('takes the tag of the version, with the folder at the top', async () => {
    repo.commit({ 'package.json': manifest('thing', '0.9.0') });
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0'), 'index.js': '1' });
    repo.git('tag', '-a', 'v1.0.0', '-m', 'one');
    repo.commit({ 'package.json': manifest('thing', '1.0.1') });
    const { found, movedTags } = isFound(await findSource(sourceDeps(repo.path), release('thing', '1.0.0')));
    assert.deepEqual(found.source, { kind: 'git', url, commit, ref: 'refs/tags/v1.0.0', directory: '' });
    assert.deepEqual([found.grade, found.confidence, found.reachable], ['tag', 'medium', 'yes']);
    assert.deepEqual([found.disagreements, movedTags], [[], []]);
    assert.equal(found.identity.repository, url);
  });

  it('prefers verified provenance, and gitHead over a tag; agreement makes it surer', async () => {
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    const deps = sourceDeps(repo.path);
    const byHead = isFound(await findSource(deps, release('thing', '1.0.0', { gitHead: commit })));
    assert.deepEqual([byHead.found.grade, byHead.found.confidence], ['git-head', 'high']);
    const byProof = isFound(
      await findSource(deps, release('thing', '1.0.0', { provenance: proved(commit) })),
    );
    assert.deepEqual([byProof.found.grade, byProof.found.confidence], ['provenance', 'high']);
    assert.deepEqual([byProof.found.identity.repositoryId, byProof.found.identity.ownerId], ['7', '9']);
  });

  it('tells when gitHead names another commit than the tag, and is less sure', async () => {
    const first = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.commit({ 'index.js': 'later' });
    repo.git('tag', 'v1.0.0');
    const { found } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0', { gitHead: first })),
    );
    assert.deepEqual([found.grade, found.confidence], ['git-head', 'low']);
    assert.match(found.disagreements.join(), /different commits/);
  });

  it('passes over a gitHead that no branch and no tag leads to, and says so', async () => {
    const honest = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    repo.git('checkout', '-q', '--detach');
    const imposter = repo.commit({ 'index.js': 'evil' });
    repo.git('checkout', '-q', 'main');
    const { found } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0', { gitHead: imposter })),
    );
    assert.deepEqual([found.grade, found.source.kind === 'git' && found.source.commit], ['tag', honest]);
    assert.match(found.disagreements.join(), /reached from no branch and no tag/);
    assert.equal(found.confidence, 'low');
  });

  it('says of a commit that provenance names and nothing leads to: not reachable', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('checkout', '-q', '--detach');
    const imposter = repo.commit({ 'index.js': 'evil' });
    repo.git('checkout', '-q', 'main');
    const { found, mirror } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0', { provenance: proved(imposter) })),
    );
    assert.deepEqual([found.grade, found.reachable, found.confidence], ['provenance', 'no', 'low']);
    assert.equal(mirror.history, undefined);
  });

  it('is not led to test data that has the name of the package by who publishes', async () => {
    const commit = repo.commit({
      'package.json': manifest('thing', '1.0.0'),
      'test/data/package.json': manifest('thing', '1.0.1'),
    });
    repo.git('tag', 'v1.0.1');
    const of = (directory?: string) =>
      release('thing', '1.0.1', { gitHead: commit, repository: { type: 'git', url, directory } });
    for (const directory of ['test/data', undefined]) {
      const { found } = isFound(await findSource(sourceDeps(repo.path), of(directory)));
      assert.equal(found.confidence, 'low', directory ?? 'nothing said');
      assert.match(found.disagreements.join(), /lies in the top folder too/);
    }
    // At the same version too.
    const same = repo.commit({ 'package.json': manifest('thing', '1.0.1') });
    repo.git('tag', 'thing@1.0.1');
    const { found } = isFound(
      await findSource(
        sourceDeps(repo.path),
        release('thing', '1.0.1', {
          gitHead: same,
          repository: { type: 'git', url, directory: 'test/data' },
        }),
      ),
    );
    assert.equal(found.confidence, 'low');
  });

  it('takes the folder of a monorepo whose private top has the same name, and a package beside test data', async () => {
    const commit = repo.commit({
      'package.json': manifest('thing', '0.0.0', { private: true }),
      'packages/thing/package.json': manifest('thing', '1.0.0'),
      'packages/thing/test/package.json': manifest('thing', '1.0.0'),
    });
    repo.git('tag', 'v1.0.0');
    for (const directory of ['packages/thing', undefined]) {
      const of = release('thing', '1.0.0', { gitHead: commit, repository: { type: 'git', url, directory } });
      const { found } = isFound(await findSource(sourceDeps(repo.path), of));
      assert.equal(found.confidence, 'high');
      assert.equal(found.source.kind === 'git' && found.source.directory, 'packages/thing');
    }
  });

  it('does not take a branch that nobody says is protected for one that is', async () => {
    repo.commit({ 'package.json': manifest('thing', '0.9.0') });
    repo.git('checkout', '-q', '-b', 'anybody');
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('checkout', '-q', 'main');
    const of = release('thing', '1.0.0', { provenance: proved(commit) });
    assert.equal(isFound(await findSource(sourceDeps(repo.path), of)).found.reachable, 'not-checked');
    const answers = (reachable: 'yes' | 'no') => ({
      repository: () => Promise.resolve({ state: 'not-checked', why: '' } as const),
      review: () => Promise.resolve({ state: 'not-checked', why: '' } as const),
      commit: () =>
        Promise.resolve({
          state: 'known',
          exists: true,
          reachable,
          committedAt: undefined,
          signature: 'unknown',
        } as const),
    });
    const asked = async (reachable: 'yes' | 'no') =>
      isFound(await findSource(sourceDeps(repo.path, { forge: answers(reachable) }), of)).found.reachable;
    assert.deepEqual([await asked('yes'), await asked('no')], ['yes', 'no']);
  });

  it('alarms about a moved tag, stays at the commit it was first seen at, and counts the tag for nothing', async () => {
    const first = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    const tags = memoryTags();
    isFound(await findSource(sourceDeps(repo.path, { tags }), release('thing', '1.0.0')));
    repo.git('checkout', '-q', '--detach');
    const evil = repo.commit({ 'index.js': 'evil' });
    repo.git('tag', '-f', 'v1.0.0');
    repo.git('checkout', '-q', 'main');
    const search = isFound(await findSource(sourceDeps(repo.path, { tags }), release('thing', '1.0.0')));
    assert.equal(search.found.source.kind === 'git' && search.found.source.commit, first);
    assert.deepEqual(
      search.movedTags.map(({ tag, firstCommit, commit }) => [tag, firstCommit, commit]),
      [['v1.0.0', first, evil]],
    );
    assert.equal(search.found.confidence, 'low');
    const of = release('thing', '1.0.0', { provenance: proved(evil) });
    assert.equal(isFound(await findSource(sourceDeps(repo.path, { tags }), of)).found.reachable, 'no');
  });

  it('finds a version that nobody tagged, by the first commit that has it; unsure', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    const commit = repo.commit({ 'package.json': manifest('thing', '1.1.0') });
    repo.commit({ 'index.js': 'more' });
    repo.commit({ 'package.json': manifest('thing', '1.2.0') });
    const { found } = isFound(await findSource(sourceDeps(repo.path), release('thing', '1.1.0')));
    assert.equal(found.source.kind === 'git' && found.source.commit, commit);
    assert.deepEqual([found.grade, found.confidence, found.reachable], ['first-commit', 'low', 'yes']);
  });

  it('does not take a tag whose commit has another version or another package', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0-dev') });
    repo.git('tag', 'v1.0.0');
    const search = await findSource(sourceDeps(repo.path), release('thing', '1.0.0'));
    assert.equal(search.state === 'not-found' && search.cause, 'no-commit');
    assert.match(search.because.join(), /but at version "1\.0\.0-dev"/);
    const other = await findSource(sourceDeps(repo.path), release('other', '1.0.0'));
    assert.equal(other.state === 'not-found' && other.cause, 'no-commit');
  });

  it('finds the folder of a package in a monorepo, and its own tag before the plain one', async () => {
    const files = {
      'package.json': manifest('root', '0.0.0', { private: true }),
      'packages/b/package.json': manifest('@acme/b', '2.0.0'),
      'deep/down/there/package.json': manifest('far', '2.0.0'),
    };
    repo.commit({ ...files, 'packages/a/package.json': manifest('@acme/a', '1.9.0') });
    repo.git('tag', 'v2.0.0');
    const commit = repo.commit({ 'packages/a/package.json': manifest('@acme/a', '2.0.0') });
    repo.git('tag', '@acme/a@2.0.0');
    const deps = sourceDeps(repo.path);
    const a = isFound(await findSource(deps, release('@acme/a', '2.0.0'))).found.source;
    assert.deepEqual(a.kind === 'git' && [a.commit, a.ref, a.directory], [
      commit,
      'refs/tags/@acme/a@2.0.0',
      'packages/a',
    ]);
    const far = isFound(await findSource(deps, release('far', '2.0.0'))).found.source;
    assert.equal(far.kind !== 'debian-source' && far.directory, 'deep/down/there');
  });

  it('tells when the package lies elsewhere than it says', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0'), 'lib/x.js': '' });
    repo.git('tag', '1.0.0');
    const repository = { type: 'git', url: `git+${url}.git`, directory: 'lib' };
    const { found } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0', { repository })),
    );
    assert.match(found.disagreements.join(), /says that it lies in "lib"/);
  });

  it('tells when provenance was made in another repository than the package names', async () => {
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    const provenance = proved(commit, { repositoryUri: 'https://git.example.com/other/fork' });
    const { found } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0', { provenance })),
    );
    assert.equal(found.identity.repository, 'https://git.example.com/other/fork');
    assert.match(found.disagreements.join(), /The package names the repository/);
  });
});

describe('what a search does not do', () => {
  it('ends with a cause when there is no repository, no sandbox, no host', async () => {
    const none = await findSource(
      sourceDeps(repo.path),
      release('thing', '1.0.0', { repository: 'file:///etc' }),
    );
    assert.equal(none.state === 'not-found' && none.cause, 'no-source');
    const unboxed = await findSource(sourceDeps(repo.path, { git: undefined }), release('thing', '1.0.0'));
    assert.equal(unboxed.state === 'not-found' && unboxed.cause, 'sandbox');
    const gone = await findSource(sourceDeps('/nowhere/at-all'), release('thing', '1.0.0'));
    assert.equal(gone.state === 'not-found' && gone.cause, 'fetch-failed');
  });

  it('reads neither files of this machine nor ssh for what a package says; a recipe may', async () => {
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    const search = await findSource(
      sourceDeps(repo.path),
      release('thing', '1.0.0', { repository: `file://${repo.path}`, gitHead: commit }),
    );
    assert.equal(search.state === 'not-found' && search.cause, 'no-source');
    const named = { kind: 'git', url: `file://${repo.path}`, commit, directory: '' } as const;
    const { found } = isFound(await findNamedSource(sourceDeps(repo.path), release('thing', '1.0.0'), named));
    assert.deepEqual([found.reachable, found.grade], ['yes', 'git-head']);
    assert.equal(found.identity.repository, `file://${repo.path}`);
  });

  it('runs no hook, filter, pager or submodule of a repository', async () => {
    const marks = mkdtempSync(join(tmpdir(), 'assay-marks-'));
    try {
      const script = join(marks, 'run.sh');
      writeFileSync(script, `#!/bin/sh\ntouch ${marks}/ran\ncat\n`);
      chmodSync(script, 0o755);
      repo.commit({
        'package.json': manifest('thing', '1.0.0'),
        '.gitattributes': '* filter=bad diff=bad\n',
        '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ${marks}\n`,
        'index.js': 'x',
      });
      repo.git('update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},x`);
      repo.git('commit', '-q', '-m', 'submodule');
      repo.git('tag', 'v1.0.0');
      for (const [key, value] of [
        ['filter.bad.clean', script],
        ['filter.bad.smudge', script],
        ['diff.bad.textconv', script],
        ['core.fsmonitor', script],
        ['core.pager', script],
        ['uploadpack.packObjectsHook', script],
        ['core.alternateRefsCommand', script],
      ] as const)
        repo.git('config', key, value);
      for (const hook of ['post-checkout', 'pre-receive', 'reference-transaction', 'post-index-change'])
        symlinkSync(script, join(repo.path, '.git/hooks', hook));
      rmSync(join(marks, 'ran'), { force: true });
      const { mirror } = isFound(await findSource(sourceDeps(repo.path), release('thing', '1.0.0')));
      assert.deepEqual(mirror.submodules, ['x']);
      assert.equal(existsSync(join(marks, 'ran')), false);
    } finally {
      rmSync(marks, { recursive: true, force: true });
    }
  });
});
