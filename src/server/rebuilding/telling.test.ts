import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPurl, type Purl } from '../../core/purl.ts';
import { localOperator } from '../../core/subject.ts';
import { rebuildOne } from './rebuild-one.ts';
import { tellOfBuilds } from './telling.ts';
import { comparedAs, rebuildBench } from './testing/bench.ts';

const watch = { phase: () => {}, line: () => {}, signal: new AbortController().signal };

test('what was recorded and not told of, as after a kill, is told of once', async (t) => {
  const bench = await rebuildBench(t, (of) => comparedAs(of, 'suspicious'));
  const purl = formatPurl('npm', 'a', '1.0.0');
  const killed = { ...bench.deps, onChange: () => Promise.reject(new Error('killed')) };
  await assert.rejects(
    rebuildOne(killed, { purl, recipe: undefined, principal: localOperator }, watch),
    /killed/,
  );
  const told: Purl[] = [];
  const deps = {
    storage: bench.storage,
    onChange: (of: Purl): Promise<void> => {
      told.push(of);
      return Promise.resolve();
    },
  };
  await assert.rejects(
    tellOfBuilds({ ...deps, onChange: () => Promise.reject(new Error('again')) }),
    /again/,
  );
  await tellOfBuilds(deps);
  await tellOfBuilds(deps);
  assert.deepEqual(told, [purl]);
});
