import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import type { ServedBuilds } from '../../rebuild/attest/served.ts';
import { rebuildOne } from './rebuild-one.ts';
import { bytesOf, comparedAs, foundSource, rebuildBench } from './testing/bench.ts';

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
