import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Sha256 } from '../../core/digest.ts';
import { sha256 } from '../../core/digest.ts';
import { findNamedSource, findSource } from './find.ts';
import { leadsTo } from './history.ts';
import {
  makeRepository,
  manifest,
  memoryTags,
  release,
  sourceDeps,
  type MadeRepository,
} from './testing/repositories.ts';
import type { ProvenanceFacts, SourceSearch } from './types.ts';

const url = 'https://git.example.com/acme/repo';
let repo: MadeRepository;

beforeEach(() => {
  repo = makeRepository();
});
afterEach(() => repo.remove());

function isFound(search: SourceSearch): Extract<SourceSearch, { state: 'found' }> {
  assert.equal(search.state, 'found', search.because.join('\n'));
  assert.ok(search.state === 'found');
  return search;
}

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

  it('does not take a branch that nobody says is protected for one that is', async () => {
    repo.commit({ 'package.json': manifest('thing', '0.9.0') });
    repo.git('checkout', '-q', '-b', 'anybody');
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('checkout', '-q', 'main');
    const of = release('thing', '1.0.0', { provenance: proved(commit) });
    assert.equal(isFound(await findSource(sourceDeps(repo.path), of)).found.reachable, 'not-checked');
    const answers = (reachable: 'yes' | 'no') => ({
      repository: () => Promise.resolve({ state: 'not-checked', why: '' } as const),
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

describe('what is kept of a source', () => {
  it('is one archive, the same each time, with the tree of the commit and nothing that attributes change', async () => {
    repo.commit({
      'package.json': manifest('thing', '1.0.0'),
      '.gitattributes': 'secret.txt export-ignore\nid.txt export-subst\n*.crlf text eol=crlf\n',
      'secret.txt': 'kept',
      'id.txt': '$Format:%H$',
      'a.crlf': 'a\nb\n',
      [`${'long/'.repeat(30)}ä.txt`]: 'umlaut',
      'bin/run': '#!/bin/sh\n',
    });
    chmodSync(join(repo.path, 'bin/run'), 0o755);
    symlinkSync('../package.json', join(repo.path, 'bin/link'));
    repo.commit({});
    repo.git('tag', 'v1.0.0');
    const deps = sourceDeps(repo.path);
    const one = isFound(await findSource(deps, release('thing', '1.0.0'))).mirror;
    const two = isFound(await findSource(sourceDeps(repo.path), release('thing', '1.0.0'))).mirror;
    assert.equal(one.archive, two.archive);
    const out = mkdtempSync(join(tmpdir(), 'assay-untar-'));
    try {
      execFileSync('tar', ['-x', '-C', out], { input: deps.blobs.get(one.archive) });
      const clone = join(out, 'clone');
      execFileSync('git', ['-c', 'core.autocrlf=false', 'clone', '-q', repo.path, clone]);
      rmSync(join(clone, '.git'), { recursive: true });
      writeFileSync(join(clone, 'a.crlf'), 'a\nb\n');
      execFileSync('git', ['diff', '--no-index', '--exit-code', clone, join(out, 'source')]);
      assert.equal(
        execFileSync('stat', ['-c', '%a', join(out, 'source/bin/run')], { encoding: 'utf8' }).trim(),
        '755',
      );
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('comes with the way from the ref to the commit, which can be walked again by hashes alone', async () => {
    const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    for (let n = 0; n < 5; n += 1) repo.commit({ 'n.txt': String(n) });
    repo.git('checkout', '-q', '-b', 'side', commit);
    repo.commit({ 'm.txt': '' });
    repo.git('checkout', '-q', 'main');
    repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    const tip = repo.git('rev-parse', 'HEAD');
    const deps = sourceDeps(repo.path);
    const { mirror } = isFound(await findSource(deps, release('thing', '1.0.0', { gitHead: commit })));
    const bytes = deps.blobs.get(mirror.history ?? ('' as Sha256));
    assert.equal(leadsTo(bytes, tip, commit), true);
    assert.equal(leadsTo(bytes, commit, tip), false);
    for (const at of [10, 60, bytes.length - 5]) {
      const bent = Uint8Array.from(bytes, (byte, place) => (place === at ? byte ^ 1 : byte));
      assert.equal(leadsTo(bent, tip, commit), false);
    }
    assert.equal(leadsTo(bytes.subarray(0, bytes.length / 2), tip, commit), false);
  });

  it('refuses trees that lead elsewhere, and more of them than are kept', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    const blob = repo.git('rev-parse', 'HEAD:package.json');
    const tree = (text: string): string =>
      execFileSync('git', ['hash-object', '--literally', '-t', 'tree', '-w', '--stdin'], {
        cwd: repo.path,
        input: text,
        encoding: 'utf8',
      }).trim();
    const raw = Buffer.from(blob, 'hex');
    const entry = (name: string) => Buffer.concat([Buffer.from(`100644 ${name}\0`), raw]);
    const manifestEntry = entry('package.json');
    for (const name of ['..', '.GIT', 'a/b', 'package.json']) {
      const bad = tree(Buffer.concat([entry(name), manifestEntry]) as unknown as string);
      const commit = repo.git('commit-tree', '-m', 'bad', bad);
      repo.git('tag', '-f', 'v1.0.0', commit);
      const search = await findSource(sourceDeps(repo.path), release('thing', '1.0.0'));
      assert.equal(search.state, 'not-found', name);
      assert.match(search.because.join(), /may not be|failed/, name);
    }
    repo.git('tag', '-f', 'v1.0.0', 'main');
    const limited = { limits: { entries: 1 } };
    const search = await findSource(sourceDeps(repo.path), release('thing', '1.0.0'), limited);
    assert.match(search.because.join(), /more than 1 files/);
  });

  it('takes an archive that is vouched for when git leads nowhere, by its digest alone', async () => {
    const bytes = Buffer.from('an archive');
    const offer = {
      url: 'https://files.example.com/pool/thing_1.0.0.orig.tar.gz',
      sha256: sha256(bytes),
      directory: '',
      because: 'A distribution signed it.',
      keys: ['B', 'A'],
    };
    const archives = () => Promise.resolve([offer]);
    const files = { read: () => Promise.resolve(bytes) };
    const of = release('thing', '1.0.0', { repository: undefined });
    const { found, mirror } = isFound(await findSource(sourceDeps(repo.path, { archives, files }), of));
    assert.deepEqual(
      [found.grade, found.reachable, found.confidence],
      ['archive', 'not-available', 'medium'],
    );
    assert.deepEqual(found.identity, {
      repository: 'https://files.example.com/pool/thing_{version}.orig.tar.gz',
      repositoryId: undefined,
      ownerId: undefined,
      keys: ['A', 'B'],
    });
    assert.equal(mirror.archive, offer.sha256);
    const other = { read: () => Promise.resolve(Buffer.from('another')) };
    const search = await findSource(sourceDeps(repo.path, { archives, files: other }), of);
    assert.equal(search.state, 'not-found');
    assert.match(search.because.join(), /other bytes/);
  });
});
