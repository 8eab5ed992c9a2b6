import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { ServedBuilds } from '../../rebuild/attest/served.ts';
import type { Rebuilt } from './deps.ts';
import { openKnownBuilds } from './known.ts';
import { rebuildOne } from './rebuild-one.ts';
import { builderHere, bytesOf, comparedAs, foundSource, rebuildBench } from './testing/bench.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const artifact = sha256(bytesOf(purl));
const watch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };

test('what may be served follows the newest build and the approvals, at once', async (t) => {
  let verdict: Parameters<typeof comparedAs>[1] = 'equivalent';
  const { deps, known } = await rebuildBench(t, (of) => comparedAs(of, verdict));
  const build = (): Promise<unknown> =>
    rebuildOne(deps, { purl, recipe: undefined, principal: localOperator }, watch);
  const may = (serve: ServedBuilds, of = artifact): boolean =>
    known.missingToServe(purl, of, serve) === undefined;
  assert.match(known.missingToServe(purl, artifact, 'built') ?? '', /not built here/);
  await build();
  assert.deepEqual([may('secure'), may('built')], [false, false], 'nobody approved its source');
  known.approve('npm', 'a', [foundSource.identity]);
  assert.deepEqual([may('secure'), may('built')], [true, true]);
  assert.equal(may('built', sha256('other bytes')), false);
  verdict = 'unexplained';
  await build();
  assert.deepEqual([may('secure'), may('built')], [false, true]);
  known.approve('npm', 'a', []);
  assert.deepEqual([may('secure'), may('built')], [false, false]);
  known.approve('npm', 'a', [foundSource.identity]);
  verdict = 'suspicious';
  await build();
  assert.deepEqual([may('secure'), may('built')], [false, false]);
});

test('a correction that nobody reviewed clears nothing that a build found, however often it is built', async (t) => {
  const correction = { digest: sha256('corrected'), who: 'Ann', why: 'x', at: '2026-01-01T00:00:00Z' };
  let next: Rebuilt = comparedAs(purl, 'suspicious');
  const { deps, known, storage } = await rebuildBench(t, () => next);
  const build = (): Promise<unknown> =>
    rebuildOne(deps, { purl, recipe: undefined, principal: localOperator }, watch);
  const verdict = (of = known): string | undefined => {
    const outcome = of.finding(purl, artifact)?.record.outcome;
    return outcome?.state === 'compared' ? outcome.comparison.verdict : undefined;
  };
  await build();
  next = { ...comparedAs(purl, 'identical'), correction };
  for (let count = 0; count < 6; count += 1) await build();
  assert.equal(verdict(), 'suspicious');
  assert.equal(verdict(await openKnownBuilds(storage.builds, builderHere)), 'suspicious', 'after a restart');
  known.review('npm', 'a', [correction.digest]);
  assert.equal(verdict(), 'identical');
  known.review('npm', 'a', []);
  next = comparedAs(purl, 'identical');
  await build();
  assert.equal(verdict(), 'identical', 'the inferred recipe clears it');
});

test('a build into which its own published file went makes nothing Secure, also after a restart', async (t) => {
  let name = 'a@0.9.0';
  const { deps, known, storage } = await rebuildBench(t, (of) => ({
    ...comparedAs(of, 'identical'),
    inputs: [{ role: 'dependency', name, uri: 'urn:x', digest: { sha256: sha256('x') } }],
  }));
  const build = (): Promise<unknown> =>
    rebuildOne(deps, { purl, recipe: undefined, principal: localOperator }, watch);
  const why = async (): Promise<readonly (string | undefined)[]> => {
    const again = await openKnownBuilds(storage.builds, builderHere);
    return [known, again].map((one) => {
      one.approve('npm', 'a', [foundSource.identity]);
      return one.missingToServe(purl, artifact, 'built');
    });
  };
  await build();
  assert.deepEqual(await why(), [undefined, undefined]);
  name = 'a@1.0.0';
  await build();
  for (const told of await why()) assert.match(told ?? '', /proves nothing/);
});

test('policy is told when a build was made from another source than an approved one', async (t) => {
  const { deps, known } = await rebuildBench(t, (of) => comparedAs(of, 'identical'));
  await rebuildOne(deps, { purl, recipe: undefined, principal: localOperator }, watch);
  const told = (): boolean => known.finding(purl, artifact)?.fromOtherSource ?? false;
  assert.equal(told(), false, 'nothing was approved yet');
  known.approve('npm', 'a', [{ ...foundSource.identity, repositoryId: '9' }]);
  assert.equal(told(), true);
  known.approve('npm', 'a', [foundSource.identity]);
  assert.equal(told(), false);
});
