/** From a repository over https, through git in a real sandbox, to the ledger and the alarms. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startFakeForge } from '../../../test/support/fake-forge.ts';
import { noSandbox, openTestSandbox, testBase } from '../../../test/support/sandbox.ts';
import { temporaryDirectory } from '../../../test/support/storage-records.ts';
import type { Sha256 } from '../../core/digest.ts';
import { ownObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { FoundSource, RebuildRecord } from '../../core/rebuild.ts';
import { gitHost } from '../../rebuild/source/testing/git-https.ts';
import { isFound, makeRepository, manifest, release } from '../../rebuild/source/testing/repositories.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import { openStorage } from '../../storage/open.ts';
import { createForge } from '../../upstream/forge/forge.ts';
import { testAuthority } from '../../upstream/testing/certificates.ts';
import { findNpmSource, type NpmSourcesDeps } from './npm-sources.ts';
import type { NpmTarget } from './npm-target.ts';
import { recordJson } from './summary.ts';
import type { Workshop } from './workshop.ts';

async function opened(t: TestContext, forgeApi?: string) {
  const storage = await openStorage({ directory: join(await temporaryDirectory(t), 'data') });
  const box = await openTestSandbox();
  const repo = makeRepository();
  const folder = mkdtempSync(join(tmpdir(), 'assay-git-host-'));
  chmodSync(folder, 0o755);
  const bare = join(folder, 'acme/repo.git');
  const push = (): void => {
    rmSync(bare, { recursive: true, force: true });
    execFileSync('git', ['clone', '-q', '--mirror', repo.path, bare]);
  };
  const host = await gitHost(folder);
  t.after(async () => {
    host.close();
    repo.remove();
    rmSync(folder, { recursive: true });
    await box.close();
    await storage.close();
  });
  const clock = (): Date => new Date('2026-11-20T10:00:00Z');
  const forge =
    forgeApi === undefined
      ? undefined
      : createForge([{ host: 'registry.example.com', kind: 'github', api: forgeApi, token: undefined }], {
          clock,
        });
  t.after(() => forge?.close());
  const unasked = { state: 'not-checked', why: 'no forge' } as const;
  const deps: NpmSourcesDeps = {
    storage,
    forge: forge ?? {
      repository: () => Promise.resolve(unasked),
      commit: () => Promise.resolve(unasked),
      review: () => Promise.resolve(unasked),
    },
    files: { read: () => Promise.resolve(undefined) },
    archives: () => Promise.resolve([]),
    dial: host.dial,
    authorities: testAuthority,
    clock,
    recipes: folder,
  };
  const shop = {
    sandbox: box.sandbox,
    base: async (packages: readonly string[]) => {
      const { path, digest } = await testBase(packages);
      return { path, digest: digest as Sha256, uri: 'urn:base' };
    },
  } as unknown as Workshop;
  const target = {
    purl: formatPurl('npm', 'thing', '1.0.0'),
    upstream: 'npm',
    release: release('thing', '1.0.0', { repository: 'https://registry.example.com/acme/repo.git' }),
  } as unknown as NpmTarget;
  const never = new AbortController().signal;
  const find = () => findNpmSource(deps, target, shop, undefined, never);
  /** `version`, where `found` was built before. */
  const findAfter = (version: string, found: FoundSource) => {
    const before = { purl: target.purl, summary: recordJson({ source: found } as unknown as RebuildRecord) };
    const builds = { ...storage.builds, ofPackage: () => Promise.resolve([before as StoredBuild]) };
    const next = {
      ...target,
      purl: formatPurl('npm', 'thing', version),
      release: { ...target.release, version },
    };
    return findNpmSource({ ...deps, storage: { ...storage, builds } }, next, shop, undefined, never);
  };
  return { storage, repo, push, find, findAfter };
}

test(
  'the first sight of a tag is an entry of the ledger; once it is moved an alarm is raised, and the first commit stays',
  { skip: noSandbox ?? false },
  async (t) => {
    const { storage, repo, push, find } = await opened(t);
    const first = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    push();
    const before = isFound(await find());
    assert.deepEqual(await storage.read.alarms({ limit: 10 }), []);
    const chain = JSON.stringify(['source', 'pkg:npm/thing']);
    const seen = await storage.events.newestOfChain(chain);
    const predicate = async (id: string | undefined) =>
      ownObject((await storage.events.byId(id ?? ''))?.statement ?? {}, 'predicate')?.['tags'];
    const firstAt = '2026-11-20T10:00:00.000Z';
    assert.deepEqual(await predicate(seen), [{ tag: 'v1.0.0', commit: first, firstCommit: first, firstAt }]);

    const evil = repo.commit({ 'index.js': 'evil' });
    repo.git('tag', '-f', 'v1.0.0');
    push();
    const after = isFound(await find());
    assert.equal(after.found.source.kind === 'git' && after.found.source.commit, first);
    assert.equal(after.mirror.archive, before.mirror.archive);
    const [alarm] = await storage.read.alarms({ limit: 10 });
    assert.deepEqual(
      [alarm?.kind, alarm?.severity, alarm?.about],
      ['source-changed', 'critical', 'pkg:npm/thing@1.0.0'],
    );
    assert.deepEqual(await predicate(await storage.events.newestOfChain(chain)), [
      { tag: 'v1.0.0', commit: evil, firstCommit: first, firstAt },
    ]);
  },
);

test(
  'what came since the version before is listed in the sandbox, and a history that was rewritten raises an alarm',
  { skip: noSandbox ?? false },
  async (t) => {
    const { storage, repo, push, find, findAfter } = await opened(t);
    const base = repo.commit({ 'package.json': manifest('thing', '0.9.0') });
    const from = repo.commit({ 'package.json': manifest('thing', '1.0.0') });
    repo.git('tag', 'v1.0.0');
    push();
    const { found: first } = isFound(await find());
    assert.deepEqual([first.branches, first.commits], [['refs/heads/main'], undefined]);
    repo.commit({ 'package.json': manifest('thing', '1.0.1') });
    repo.git('tag', 'v1.0.1');
    push();
    const { found: next } = isFound(await findAfter('1.0.1', first));
    assert.ok(next.commits?.state === 'listed');
    assert.deepEqual(
      [next.commits.lineage, next.commits.total, next.commits.since.commit],
      ['descends', 1, from],
    );
    assert.deepEqual(await storage.read.alarms({ limit: 10 }), []);

    repo.git('reset', '-q', '--hard', base);
    repo.commit({ 'package.json': manifest('thing', '1.0.2'), 'index.js': 'evil' });
    repo.git('tag', 'v1.0.2');
    push();
    const { found: evil } = isFound(await findAfter('1.0.2', first));
    assert.equal(evil.commits?.state === 'listed' && evil.commits.lineage, 'rewritten');
    const [alarm] = await storage.read.alarms({ limit: 10 });
    assert.deepEqual(
      [alarm?.kind, alarm?.severity, alarm?.about],
      ['source-changed', 'critical', 'pkg:npm/thing@1.0.2'],
    );
    assert.match(
      alarm?.message ?? '',
      /^The history of its source was rewritten\. .*"main" led to it, and was moved/,
    );
  },
);

test(
  'who reviewed is what the forge says, of each commit; with the forge gone nobody is said to have',
  { skip: noSandbox ?? false },
  async (t) => {
    const fake = await startFakeForge();
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (isOpen) await fake.close();
      isOpen = false;
    };
    t.after(close);
    const { repo, push, find, findAfter } = await opened(t, fake.url);
    const where = { repository: 'acme/repo', repositoryId: '500', ownerId: '9' };
    fake.setReview(where, repo.commit({ 'package.json': manifest('thing', '1.0.0') }));
    repo.git('tag', 'v1.0.0');
    push();
    const { found: first } = isFound(await find());
    fake.setReview(where, repo.commit({ 'a.js': '1' }), {
      request: 1,
      author: 1,
      mergedBy: 2,
      approvedBy: 2,
    });
    fake.setReview(where, repo.commit({ 'b.js': '1' }), { request: 2, author: 1, mergedBy: 1 });
    fake.setReview(where, repo.commit({ 'package.json': manifest('thing', '1.0.1'), 'c.js': '1' }));
    repo.git('tag', 'v1.0.1');
    push();
    const { found } = isFound(await findAfter('1.0.1', first));
    assert.ok(found.commits?.state === 'listed' && found.commits.reviews.state === 'told');
    const { approved, direct, 'self-merged': merged } = found.commits.reviews.counts;
    assert.deepEqual([approved, merged, direct], [1, 1, 1]);
    assert.match(
      found.because.join('\n'),
      /Commits since 1\.0\.0: 3 by 2 people, 0 new; 1 reviewed, 2 not\./,
    );

    await close();
    repo.commit({ 'package.json': manifest('thing', '1.0.2') });
    repo.git('tag', 'v1.0.2');
    push();
    const { found: alone } = isFound(await findAfter('1.0.2', found));
    assert.match(
      alone.because.join('\n'),
      /Commits since 1\.0\.0: 1 by 2 people, 0 new; who reviewed them is not known/,
    );
  },
);
