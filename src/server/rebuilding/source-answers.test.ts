import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { isAssayError, type AssayError } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { BuildWatch } from './deps.ts';
import { rebuildOne } from './rebuild-one.ts';
import { approveSource, listSources, revokeSource, type SourceNeeds } from './source-answers.ts';
import { comparedAs, foundSource, rebuildBench } from './testing/bench.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const watch: BuildWatch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };
const reason = 'looked at it';

async function built(t: TestContext, identities = [foundSource.identity]) {
  let builds = 0;
  const bench = await rebuildBench(t, (of) => {
    const identity = identities[Math.min(builds, identities.length - 1)] ?? foundSource.identity;
    builds += 1;
    return { ...comparedAs(of, 'equivalent'), source: { ...foundSource, identity } };
  });
  const { build } = await rebuildOne(
    bench.deps,
    { purl, recipe: undefined, principal: localOperator },
    watch,
  );
  const raised: string[] = [];
  const { known } = bench;
  const needs = {
    storage: bench.storage,
    clock: () => new Date('2026-11-20T10:00:00Z'),
    raiseEpoch: (epoch: string) => Promise.resolve(void raised.push(epoch)),
    rebuilding: { known },
  } as unknown as SourceNeeds;
  const nothing = { attested: false, signed: false };
  const again = () => rebuildOne(bench.deps, { purl, recipe: undefined, principal: localOperator }, watch);
  return {
    needs,
    raised,
    again,
    storage: bench.storage,
    grade: () => known.classOf(purl, build.artifact, nothing),
  };
}

function refusedWith(code: AssayError['code']) {
  return (error: unknown) => isAssayError(error, code);
}

test('a build counts as secure from when a person approved its source until that is taken back', async (t) => {
  const { needs, raised, storage, grade } = await built(t);
  assert.equal(grade().class, 'community');
  const { approval, recorded } = await approveSource(needs, { purl, reason });
  assert.deepEqual([recorded, approval.package, approval.principal.kind], [true, 'pkg:npm/a', 'operator']);
  assert.deepEqual(grade().class, 'secure');
  const event = await storage.events.byId(approval.eventId);
  assert.equal(event?.type, 'source/v1');
  assert.equal((await approveSource(needs, { purl: 'a@1.0.0', reason })).recorded, false);
  const { revoked } = await revokeSource(needs, { purl: 'pkg:npm/a', reason: 'sold' });
  assert.equal(revoked.length, 1);
  assert.equal(grade().class, 'community');
  assert.deepEqual(raised, ['feeds', 'feeds']);
  const { approved, history } = await listSources(needs, { purl: 'a' });
  assert.deepEqual(approved, []);
  assert.deepEqual(
    history.map(({ action, reason: why }) => [action, why]),
    [
      ['revoke', 'sold'],
      ['approve', reason],
    ],
  );
});

test('another repository than the one that was meant is not approved', async (t) => {
  const { needs, grade } = await built(t);
  const other = approveSource(needs, { purl, reason, repository: 'https://forge.example.com/mine' });
  await assert.rejects(other, refusedWith('SOURCE_DIFFERS'));
  assert.equal(grade().class, 'community');
  assert.deepEqual((await listSources(needs, {})).approved, []);
  const { repository } = foundSource.identity;
  assert.equal((await approveSource(needs, { purl, reason, repository })).recorded, true);
  await assert.rejects(
    revokeSource(needs, { purl, reason, repository: 'https://forge.example.com/mine' }),
    refusedWith('SOURCE_NOT_APPROVED'),
  );
  assert.equal((await listSources(needs, {})).approved.length, 1);
});

test('a source that is another than the approved one is approved only when it is named, also under the same name', async (t) => {
  const { identity } = foundSource;
  const fork = {
    ...identity,
    repository: 'https://forge.example.com/thief/b',
    repositoryId: '3',
    ownerId: '4',
  };
  for (const other of [fork, { ...identity, repositoryId: '3', ownerId: '4' }]) {
    const { needs, again, grade } = await built(t, [identity, other]);
    await approveSource(needs, { purl, reason });
    await again();
    await assert.rejects(approveSource(needs, { purl: 'a', reason }), (error) => {
      assert.ok(isAssayError(error, 'SOURCE_DIFFERS'));
      assert.match(error.message, /repository 3, owner 4.*repository 1, owner 2/);
      return true;
    });
    assert.equal(grade().class, 'community');
    const named = { purl: 'a', reason, repository: other.repository };
    assert.equal((await approveSource(needs, named)).recorded, true);
    assert.equal(grade().class, 'secure');
  }
});
