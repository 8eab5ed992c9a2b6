import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { isAssayError, type AssayError } from '../../core/errors.ts';
import { formatPurl } from '../../core/purl.ts';
import type { RecipeCorrection } from '../../core/rebuild.ts';
import { localOperator } from '../../core/subject.ts';
import type { BuildWatch } from './deps.ts';
import { openKnownBuilds } from './known.ts';
import { rebuildOne } from './rebuild-one.ts';
import { listReviews, reviewRecipe } from './recipe-answers.ts';
import { builderHere, comparedAs, foundSource, rebuildBench } from './testing/bench.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const watch: BuildWatch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };
const correction: RecipeCorrection = {
  digest: sha256('a correction'),
  who: 'Ann Example',
  why: 'it needs make',
  at: '2026-11-20T09:00:00Z',
};
type Needs = Parameters<typeof reviewRecipe>[0];

async function built(t: TestContext) {
  const bench = await rebuildBench(t, (one) => ({ ...comparedAs(one, 'equivalent'), correction }));
  const build = async () =>
    (await rebuildOne(bench.deps, { purl, recipe: undefined, principal: localOperator }, watch)).build;
  const { artifact } = await build();
  const { known, storage } = bench;
  known.approve('npm', 'a', [foundSource.identity]);
  const raised: string[] = [];
  const needs = {
    storage,
    clock: () => new Date('2026-11-20T10:00:00Z'),
    raiseEpoch: (epoch: string) => Promise.resolve(void raised.push(epoch)),
    rebuilding: { known },
  } as unknown as Needs;
  const nothing = { attested: false, signed: false };
  return { needs, raised, storage, known, artifact, grade: () => known.classOf(purl, artifact, nothing) };
}

const said = { purl, reviewer: 'Ben Example', reason: 'only adds make' } as const;
const refusedWith = (code: AssayError['code']) => (error: unknown) => isAssayError(error, code);

test('what was built by a corrected recipe counts as secure from its review until that is taken back', async (t) => {
  const { needs, raised, storage, grade } = await built(t);
  assert.equal(grade().class, 'community');
  assert.match(grade().because, /corrected by Ann Example/);
  const { reviews, recorded } = await reviewRecipe(needs, { ...said, action: 'approve' });
  assert.equal(recorded, true);
  assert.equal(grade().class, 'secure');
  const event = await storage.events.byId(reviews[0]?.eventId ?? '');
  assert.equal(event?.type, 'source/v1');
  assert.equal((await reviewRecipe(needs, { ...said, action: 'approve' })).recorded, false);
  await reviewRecipe(needs, { ...said, action: 'revoke', reason: 'it adds more' });
  assert.equal(grade().class, 'community');
  assert.deepEqual(raised, ['feeds', 'feeds']);
  const { approved, history } = await listReviews(needs, { purl: 'a' });
  assert.deepEqual(approved, []);
  assert.deepEqual(
    history.map(({ action, reason }) => [action, reason]),
    [
      ['revoke', 'it adds more'],
      ['approve', 'only adds make'],
    ],
  );
});

test('nobody reviews what they wrote, however they write their name', async (t) => {
  const { needs, grade } = await built(t);
  for (const reviewer of ['Ann Example', 'ann  example ', 'ＡＮＮ Example'])
    await assert.rejects(
      reviewRecipe(needs, { ...said, action: 'approve', reviewer }),
      refusedWith('RECIPE_REVIEW_OWN'),
    );
  assert.equal(grade().class, 'community');
});

test('a review is of one correction: a changed one asks for another', async (t) => {
  const { needs, known, grade } = await built(t);
  const other = sha256('another');
  await assert.rejects(
    reviewRecipe(needs, { ...said, action: 'approve', correction: other }),
    refusedWith('RECIPE_DIFFERS'),
  );
  known.review('npm', 'a', [other]);
  assert.equal(grade().class, 'community');
  await assert.rejects(
    reviewRecipe(needs, { ...said, action: 'revoke' }),
    refusedWith('RECIPE_NOT_REVIEWED'),
  );
});

test('a recipe that nobody corrected needs no review, and takes none', async (t) => {
  const bench = await rebuildBench(t, (one) => comparedAs(one, 'equivalent'));
  const one = await rebuildOne(bench.deps, { purl, recipe: undefined, principal: localOperator }, watch);
  bench.known.approve('npm', 'a', [foundSource.identity]);
  const nothing = { attested: false, signed: false };
  assert.equal(bench.known.classOf(purl, one.build.artifact, nothing).class, 'secure');
  const needs = { rebuilding: { known: bench.known } } as unknown as Needs;
  await assert.rejects(
    reviewRecipe(needs, { ...said, action: 'approve' }),
    refusedWith('RECIPE_NOT_CORRECTED'),
  );
});

test('a correction is still one after the gate was started again', async (t) => {
  const { storage, artifact } = await built(t);
  const again = await openKnownBuilds(storage.builds, builderHere);
  again.approve('npm', 'a', [foundSource.identity]);
  assert.equal(again.classOf(purl, artifact, { attested: false, signed: false }).class, 'community');
  again.review('npm', 'a', [correction.digest]);
  assert.equal(again.classOf(purl, artifact, { attested: false, signed: false }).class, 'secure');
});
