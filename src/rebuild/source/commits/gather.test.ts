/** Who wrote and reviewed what came since a version, of real repositories and their twins. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  commitsSentence,
  type CommitsListed,
  type CommitsSince,
  type ReviewKind,
} from '../../../core/commits.ts';
import type { SourceForge } from '../deps.ts';
import { findSource } from '../find.ts';
import {
  isFound,
  makeRepository,
  manifest,
  memoryTags,
  release,
  sourceDeps,
  type MadeRepository,
} from '../testing/repositories.ts';
import type { EarlierSource } from './gather.ts';

const url = 'https://git.example.com/acme/repo';
let repo: MadeRepository;
beforeEach(() => {
  repo = makeRepository();
});
afterEach(() => repo.remove());

function forge(review: SourceForge['review']): SourceForge {
  const unasked = () => Promise.resolve({ state: 'not-checked', why: 'not asked' } as const);
  return { repository: unasked, commit: unasked, review };
}

/** Of each commit by its message's first word. */
function reviewed(kinds: Readonly<Record<string, ReviewKind>>): SourceForge {
  return forge(async (_, commit) => {
    const word = repo.git('show', '-s', '--format=%s', commit).split(' ', 1)[0] ?? '';
    const kind = kinds[word];
    if (kind === undefined) return { state: 'not-checked', why: 'no answer' };
    return { state: 'known', exists: true, kind, request: '1' };
  });
}

function built(commit: string, ...branches: readonly string[]): EarlierSource {
  return builtOn(commit, branches.length === 0 ? ['refs/heads/main'] : branches);
}

/** `undefined`: nobody wrote down which branches led to it. */
function builtOn(commit: string, branches: readonly string[] | undefined): EarlierSource {
  return { version: '1.0.0', admitted: true, found: { repository: url, commit, branches } };
}

async function since(
  earlier: EarlierSource,
  version: string,
  more: Parameters<typeof sourceDeps>[1] = {},
): Promise<CommitsSince | undefined> {
  const deps = sourceDeps(repo.path, more);
  const { found } = isFound(await findSource(deps, release('thing', version), { earlier }));
  assert.ok(found.commits !== undefined && found.because.includes(commitsSentence(found.commits)));
  return found.commits;
}

async function listed(...of: Parameters<typeof since>): Promise<CommitsListed> {
  const said = await since(...of);
  assert.ok(said?.state === 'listed', JSON.stringify(said));
  return said;
}

/** Version 1.0.0, tagged; returns its commit. */
function first(files: Readonly<Record<string, string>> = {}): string {
  const commit = repo.commit({ 'package.json': manifest('thing', '1.0.0'), ...files }, 'first');
  repo.git('tag', 'v1.0.0');
  return commit;
}

function last(): string {
  const commit = repo.commit({ 'package.json': manifest('thing', '1.0.1') }, 'release 1.0.1');
  repo.git('tag', 'v1.0.1');
  return commit;
}

function by(who: string, files: Readonly<Record<string, string>>, message = 'help'): string {
  repo.commit(files, message);
  repo.git('commit', '-q', '--amend', '--no-edit', '--author', who);
  return repo.git('rev-parse', 'HEAD');
}

const rules = ({ findings }: CommitsListed): readonly string[] => findings.map(({ rule }) => rule);

describe('what came since the version before', () => {
  it('names who wrote it and who is new, and keeps no address', async () => {
    const from = first();
    repo.commit({ 'a.js': '1' });
    by('Jia <jia@example.com>', { 'b.js': '1' });
    last();
    const said = await listed(built(from), '1.0.1');
    assert.equal(
      commitsSentence(said),
      'Commits since 1.0.0: 3 by 3 people, 1 new; who reviewed them is not known (no forge in this test).',
    );
    assert.deepEqual(
      said.people.map(({ name, commits, isNew, isNamesake }) => [name, commits, isNew, isNamesake]),
      [
        ['C', 3, false, false],
        ['A', 2, false, false],
        ['Jia', 1, true, false],
      ],
    );
    assert.deepEqual([said.lineage, said.findings, said.since.by], ['descends', [], 'built']);
    assert.doesNotMatch(JSON.stringify(said), /example\.com|@/);
  });

  it('names a newcomer who touches what runs at install, in a build, or in CI; and nobody who touches other files', async () => {
    const from = first({
      'package.json': manifest('thing', '1.0.0', { scripts: { postinstall: 'node ./tools/setup' } }),
      'tools/setup.js': '1',
    });
    const scripts = { postinstall: 'node ./tools/setup', prepare: 'sh x.sh' };
    by('Jia <jia@example.com>', {
      'tools/setup.js': 'evil',
      '.github/workflows/release.yml': 'evil',
      'm4/build-to-host.m4': 'evil',
    });
    by('Jia <jia@example.com>', { 'package.json': manifest('thing', '1.0.1', { scripts }) });
    by('Ann <ann@example.com>', { 'README.md': 'better', 'src/install-guide.js': '1' });
    repo.git('tag', 'v1.0.1');
    const said = await listed(built(from), '1.0.1');
    assert.deepEqual(rules(said), ['new-author']);
    const [finding] = said.findings;
    assert.match(
      finding?.message ?? '',
      /^"Jia", .* changed what runs at install and .* in a build and .* in CI: /,
    );
    assert.match(finding?.message ?? '', /"tools\/setup\.js"/);
    assert.match(finding?.message ?? '', /"package\.json: prepare"/);
  });

  it('does not warn of those who were there before, nor of a newcomer who only raises the version', async () => {
    const from = first();
    repo.commit({ '.github/workflows/release.yml': 'x', 'binding.gyp': '{}' });
    by('Jia <jia@example.com>', { 'package.json': manifest('thing', '1.0.1') });
    repo.git('tag', 'v1.0.1');
    const said = await listed(built(from), '1.0.1');
    assert.deepEqual([said.newcomers, rules(said)], [1, []]);
  });

  it('sees through a newcomer who takes the name of a maintainer', async () => {
    const from = first();
    by('a <other@example.com>', { 'scripts/postinstall.js': 'x' });
    last();
    const said = await listed(built(from), '1.0.1');
    assert.ok(said.people.some(({ isNamesake }) => isNamesake));
    assert.match(said.findings[0]?.message ?? '', /of the name of somebody who was there before/);
  });

  it('counts who put a commit in as well', async () => {
    const from = first();
    const asMallory = '!GIT_COMMITTER_NAME=Mallory GIT_COMMITTER_EMAIL=m@example.com git';
    repo.git('-c', `alias.as=${asMallory}`, 'as', 'commit', '-q', '--allow-empty', '-m', 'x');
    last();
    const said = await listed(built(from), '1.0.1');
    assert.deepEqual(said.people.map(({ name }) => name).sort(), ['A', 'C', 'Mallory']);
  });

  it('finds what a merge brings in that neither of its sides has', async () => {
    const from = first();
    repo.git('checkout', '-q', '-b', 'side');
    repo.commit({ 'side.js': '1' });
    repo.git('checkout', '-q', 'main');
    repo.commit({ 'main.js': '1' });
    repo.git('merge', '-q', '--no-ff', '--no-commit', 'side');
    by('Jia <jia@example.com>', { 'binding.gyp': 'evil' }, 'merge side');
    last();
    assert.deepEqual(rules(await listed(built(from), '1.0.1')), ['new-author']);
  });
});

describe('reviews', () => {
  it('are told as the forge tells them', async () => {
    const from = first();
    for (const word of ['good', 'good', 'pushed', 'self', 'late']) repo.commit({ [`${word}.js`]: 'x' }, word);
    last();
    const said = await listed(built(from), '1.0.1', {
      forge: reviewed({
        good: 'approved',
        release: 'approved',
        pushed: 'direct',
        self: 'self-merged',
        late: 'changed-after-approval',
      }),
    });
    assert.match(commitsSentence(said), /: 6 by 2 people, 0 new; 3 reviewed, 3 not\.$/);
    assert.deepEqual(rules(said), ['unreviewed', 'unreviewed', 'unreviewed']);
  });

  it('of all commits leave nothing to say', async () => {
    const from = first();
    repo.commit({ 'a.js': '1' }, 'good');
    last();
    const said = await listed(built(from), '1.0.1', {
      forge: reviewed({ good: 'approved', release: 'approved' }),
    });
    assert.deepEqual([rules(said), said.reviews.state === 'told' && said.reviews.untold], [[], 0]);
  });

  it('are not missed where a push raises the version and changes nothing else; with anything else they are', async () => {
    const from = first({ 'package-lock.json': lock('1.0.0') });
    const raised = (files: Readonly<Record<string, string>>): Promise<CommitsListed> => {
      repo.git('reset', '-q', '--hard', from);
      repo.commit({ 'package.json': manifest('thing', '1.0.1'), ...files }, 'release');
      repo.git('tag', '-f', 'v1.0.1');
      return listed(built(from), '1.0.1', { forge: reviewed({ release: 'direct' }) });
    };
    const said = await raised({ 'CHANGELOG.md': 'news', 'package-lock.json': lock('1.0.1') });
    assert.deepEqual(rules(said), []);
    assert.match(commitsSentence(said), /; 0 reviewed, 1 of the version alone\.$/);
    for (const files of [
      { 'index.js': 'evil' },
      { 'package.json': manifest('thing', '1.0.1', { scripts: { test: 'x' } }) },
      { 'package-lock.json': lock('1.0.1', { 'node_modules/a': { version: '2.0.0' } }) },
    ])
      assert.deepEqual(rules(await raised(files)), ['unreviewed'], JSON.stringify(files));
  });

  function lock(version: string, more: object = {}): string {
    const packages = { '': { name: 'thing', version }, ...more };
    return JSON.stringify({ name: 'thing', version, lockfileVersion: 3, packages });
  }

  it('that nobody tells are never counted as such', async () => {
    const from = first();
    for (let n = 0; n < 9; n += 1) repo.commit({ 'a.js': String(n) }, 'silent');
    last();
    const none = await listed(built(from), '1.0.1');
    assert.equal(none.reviews.state, 'not-checked');
    assert.doesNotMatch(commitsSentence(none), /\d reviewed/);
    let asked = 0;
    const one = reviewed({ release: 'approved' });
    const counting = forge((uri, commit) => ((asked += 1), one.review(uri, commit)));
    const some = await listed(built(from), '1.0.1', { forge: counting });
    assert.match(commitsSentence(some), /; 1 reviewed, 9 not told\.$/);
    assert.ok(asked < 10, 'a forge that says nothing is not asked on');
  });
});

describe('a history', () => {
  it('that was rewritten is found: the branch that had the version before has it no more', async () => {
    const base = repo.commit({ 'package.json': manifest('thing', '0.9.0') }, 'base');
    const from = first();
    repo.git('reset', '-q', '--hard', base);
    repo.commit({ 'index.js': 'evil' }, 'other');
    last();
    const said = await listed(built(from), '1.0.1');
    assert.deepEqual([said.lineage, rules(said)], ['rewritten', ['history-rewritten']]);
    assert.match(said.findings[0]?.message ?? '', /the branch "main" led to it, and was moved/);
    repo.git('branch', 'kept', from);
    const kept = await listed(built(from, 'refs/heads/main', 'refs/heads/kept'), '1.0.1');
    assert.equal(kept.lineage, 'rewritten', 'that another branch has it changes nothing');
    repo.git('branch', '-D', 'kept');
    repo.git('tag', '-d', 'v1.0.0');
    assert.equal((await listed(built(from), '1.0.1')).lineage, 'rewritten');
    assert.equal((await listed(built('e'.repeat(40)), '1.0.1')).lineage, 'rewritten');
  });

  it('of another line of versions is no rewritten one', async () => {
    repo.commit({ 'package.json': manifest('thing', '0.9.0') }, 'base');
    repo.git('checkout', '-q', '-b', '1.x');
    const from = first();
    repo.git('checkout', '-q', 'main');
    last();
    const said = await listed(built(from, 'refs/heads/1.x'), '1.0.1');
    assert.deepEqual([said.lineage, said.findings, said.total], ['other-line', [], 1]);
    const unknown = await listed(builtOn(from, undefined), '1.0.1');
    assert.equal(unknown.lineage, 'other-line');
  });

  it('of releases that are tagged beside the branch is no rewritten one, once that was seen', async () => {
    repo.commit({ 'package.json': manifest('thing', '0.9.0') }, 'base');
    repo.git('checkout', '-q', '--detach');
    const from = first();
    repo.git('checkout', '-q', 'main');
    last();
    assert.equal((await listed(builtOn(from, []), '1.0.1')).lineage, 'other-line');
    const unknown = await listed(builtOn(from, undefined), '1.0.1');
    assert.deepEqual([unknown.lineage, rules(unknown)], ['off-branch', ['history-rewritten']]);
  });

  it('with nothing in common with the version before is a rewritten one', async () => {
    const from = first();
    repo.git('checkout', '-q', '--orphan', 'other');
    last();
    repo.git('branch', '-D', 'main');
    assert.equal((await listed(builtOn(from, undefined), '1.0.1')).lineage, 'rewritten');
  });

  it('is told to be the very same where it is', async () => {
    const from = first();
    repo.git('tag', 'v1.0.1');
    const { found } = isFound(
      await findSource(sourceDeps(repo.path), release('thing', '1.0.0'), { earlier: built(from) }),
    );
    assert.equal(found.commits?.state === 'listed' && found.commits.lineage, 'same');
  });

  it('whose dates run backwards is told; one by a slow clock is not', async () => {
    const from = first();
    repo.commit({ 'a.js': '1' });
    const dated = (days: number): void => {
      const at = 1_700_000_000 - days * 86_400;
      repo.git(
        '-c',
        `alias.at=!GIT_COMMITTER_DATE='${at} +0000' GIT_AUTHOR_DATE='${at} +0000' git`,
        'at',
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'x',
      );
    };
    dated(0.5);
    repo.commit({ 'package.json': manifest('thing', '1.0.1') });
    repo.git('tag', 'v1.0.1');
    assert.deepEqual(rules(await listed(built(from), '1.0.1')), []);
    dated(3);
    repo.commit({ 'package.json': manifest('thing', '1.0.2') });
    repo.git('tag', 'v1.0.2');
    assert.deepEqual(rules(await listed(built(from), '1.0.2')), ['dates']);
  });
});

describe('where the version before was not built here', () => {
  const unbuilt: EarlierSource = { version: '1.0.0', admitted: true, found: undefined };

  it('its tag tells, as it was first seen', async () => {
    const from = first();
    const tags = memoryTags();
    last();
    const said = await listed(unbuilt, '1.0.1', { tags });
    assert.deepEqual([said.since.by, said.since.commit, said.total], ['tag', from, 1]);
    repo.git('tag', '-f', 'v1.0.0', 'v1.0.1');
    const moved = await listed(unbuilt, '1.0.1', { tags });
    assert.equal(moved.since.commit, from, 'not where it was moved to');
  });

  it('its tag is not that of another package of the same repository', async () => {
    repo.commit({ 'package.json': manifest('other', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    last();
    const none = await since(unbuilt, '1.0.1');
    assert.equal(none?.state, 'not-listed');
  });

  it('and has no tag, or lies in another repository, nothing is listed and nothing claimed', async () => {
    repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    last();
    const none = await since(unbuilt, '1.0.1');
    assert.ok(none?.state === 'not-listed' && /no tag names it/.test(none.why));
    const found = { repository: 'https://git.example.com/other/repo', commit: 'e'.repeat(40), branches: [] };
    const other = await since({ ...unbuilt, found }, '1.0.1');
    assert.ok(other?.state === 'not-listed' && /another repository/.test(other.why));
  });
});
