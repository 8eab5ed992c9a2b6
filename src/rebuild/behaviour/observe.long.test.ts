/** Runs that take long because they are about time, or about much. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { RunSpec, Sandbox } from '../../core/sandbox.ts';
import {
  foundIn,
  observedOf,
  openBehaviourWorld,
  type BehaviourWorld,
} from '../../../test/support/behaviour.ts';
import { noSandbox } from '../../../test/support/sandbox.ts';
import type { ObserveDeps } from './deps.ts';
import { observeInstall } from './observe.ts';

describe('watching install scripts for long', { skip: noSandbox ?? false }, () => {
  let world: BehaviourWorld;
  before(async () => {
    world = await openBehaviourWorld();
  });
  after(() => world.close());

  /** The same sandbox, with its runs changed. */
  function changing(change: (spec: RunSpec) => RunSpec): ObserveDeps {
    const sandbox: Sandbox = { ...world.deps.sandbox, run: (spec) => world.deps.sandbox.run(change(spec)) };
    return { ...world.deps, sandbox };
  }

  it('tells of long waits, by a program and by a timer, and ends them', async () => {
    const short = changing((spec) => ({ ...spec, limits: { ...spec.limits, wallMs: 45_000 } }));
    const of = async (install: string): Promise<unknown> => {
      const { report } = observedOf(await observeInstall(short, world.request({ scripts: { install } })));
      return [report.ended, foundIn(report), report.whole];
    };
    const [sleeping, waiting] = await Promise.all([
      of('sleep 40'),
      of('node -e "setTimeout(() => {}, 600000)"'),
    ]);
    assert.deepEqual(sleeping, ['exit', ['long-sleep medium'], true]);
    assert.deepEqual(waiting, ['timeout', ['long-sleep medium'], false]);
  });

  it('keeps its record bounded: a flood ends the run, and is not clean', async () => {
    const flood =
      "const fs=require('fs');const to=fs.openSync('/dev/null','w');for(;;)fs.writeSync(to,'x'.repeat(1024))";
    const request = world.request({ scripts: { install: 'node flood.js' }, files: { 'flood.js': flood } });
    const outcome = observedOf(await observeInstall(world.deps, request));
    assert.deepEqual([outcome.report.ended, outcome.report.whole], ['killed', false]);
    assert.ok(outcome.events.length <= 2 * 2 ** 20 + 100);
  });
});
