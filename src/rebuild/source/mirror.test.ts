import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Sha256 } from '../../core/digest.ts';
import { sha256 } from '../../core/digest.ts';
import { findSource } from './find.ts';
import { leadsTo } from './history.ts';
import {
  isFound,
  makeRepository,
  manifest,
  release,
  sourceDeps,
  type MadeRepository,
} from './testing/repositories.ts';

let repo: MadeRepository;

beforeEach(() => {
  repo = makeRepository();
});
afterEach(() => repo.remove());

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
    // Each commit is real, but one of them does not name the next.
    const text = Buffer.from(bytes).toString('latin1');
    const second = text.search(/(?<=\n)[0-9a-f]{40} commit /);
    const third = text.indexOf(' commit ', second + 50) - 40;
    const gap = Buffer.concat([bytes.subarray(0, second), bytes.subarray(third)]);
    assert.match(gap.toString('latin1', second), /^[0-9a-f]{40} commit /);
    assert.equal(leadsTo(gap, tip, commit), false);
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

  it('is looked at beside the archive that a distribution has: what a build runs first and git has not is told', async () => {
    repo.commit({
      'package.json': manifest('thing', '1.0.0'),
      'index.js': 'x',
      'run.sh': '#!/bin/sh\n',
      'only-here.txt': '',
    });
    chmodSync(join(repo.path, 'run.sh'), 0o755);
    symlinkSync('index.js', join(repo.path, 'link'));
    repo.commit({});
    repo.git('tag', 'v1.0.0');
    const folder = mkdtempSync(join(tmpdir(), 'assay-archive-'));
    try {
      const top = join(folder, 'thing-1.0.0');
      execFileSync('git', ['clone', '-q', repo.path, top]);
      for (const name of ['.git', 'only-here.txt']) rmSync(join(top, name), { recursive: true });
      const check = async () => {
        const path = join(folder, 'thing.tar.gz');
        execFileSync('tar', ['-czf', path, '-C', folder, 'thing-1.0.0']);
        const bytes = readFileSync(path);
        const offer = {
          url: 'https://files.example.com/thing_1.0.0.tar.gz',
          sha256: sha256(bytes),
          directory: '',
          because: 'A distribution signed it.',
          keys: [],
        };
        const deps = sourceDeps(repo.path, {
          archives: () => Promise.resolve([offer]),
          files: { read: () => Promise.resolve(bytes) },
        });
        const blobs = { ...deps.blobs, path: () => Promise.resolve(path) };
        return isFound(await findSource({ ...deps, blobs }, release('thing', '1.0.0'))).found;
      };
      const clean = await check();
      assert.match(
        clean.because.join(),
        /4 files are as in the commit, 1 differ[^:]*: "only-here.txt" \(in the commit alone\)/,
      );
      assert.deepEqual([clean.disagreements, clean.confidence], [[], 'medium']);
      mkdirSync(join(top, 'm4'));
      writeFileSync(join(top, 'm4/build-to-host.m4'), 'evil');
      const poisoned = await check();
      assert.match(
        poisoned.disagreements.join(),
        /runs first: "m4\/build-to-host.m4" \(in the archive alone\)/,
      );
      assert.equal(poisoned.confidence, 'low');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
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
