import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Epochs } from '../core/decision.ts';
import type { Ecosystem } from '../core/purl.ts';
import { epochsFrom, type EpochsInForce } from './epochs.ts';

const start: Epochs = { policy: 1, feeds: 1, exceptions: 1, revocations: 1 };

/** What a disk keeps; `lost`: settings are not written, as when the process is killed before that. */
function disk() {
  const state = { epochs: start, settings: new Map<string, string>(), lost: false };
  const store = {
    bumpEpoch: (which: keyof Epochs) => {
      state.epochs = { ...state.epochs, [which]: state.epochs[which] + 1 };
      return Promise.resolve(state.epochs);
    },
    setting: (key: string) => Promise.resolve(state.settings.get(key)),
    setSetting: (key: string, value: string) => {
      if (!state.lost) state.settings.set(key, value);
      return state.lost ? Promise.reject(new Error('killed')) : Promise.resolve();
    },
  };
  return { state, open: (): Promise<EpochsInForce> => epochsFrom(state.epochs, store) };
}

const npm = (name: string) => ({ ecosystem: 'npm' as Ecosystem, name });

test('a change of the feeds concerns the packages it names and no other, also after a restart', async () => {
  const { open } = disk();
  let epochs = await open();
  const before = { named: epochs.of(npm('named')), other: epochs.of(npm('other')) };
  await epochs.feedsChanged({ ecosystem: 'npm', names: ['named'] });
  const check = (): void => {
    assert.ok(epochs.of(npm('named')).feeds > before.named.feeds);
    assert.deepEqual(epochs.of(npm('other')), before.other);
    assert.deepEqual(epochs.of({ ecosystem: 'pypi', name: 'named' }).feeds, before.named.feeds);
  };
  check();
  epochs = await open();
  check();
});

test('a change that says no ecosystem concerns the name in all of them', async () => {
  const { open } = disk();
  let epochs = await open();
  const { feeds } = epochs.of(npm('named'));
  await epochs.feedsChanged({ ecosystem: undefined, names: ['named'] });
  for (const round of ['before', 'after a restart']) {
    assert.ok(epochs.of(npm('named')).feeds > feeds, round);
    assert.ok(epochs.of({ ecosystem: 'pypi', name: 'named' }).feeds > feeds, round);
    epochs = await open();
  }
});

test('more names than are remembered concern every package', async () => {
  const { open } = disk();
  let epochs = await open();
  const { feeds } = epochs.of(npm('other'));
  const names = Array.from({ length: 20_001 }, (_, n) => `p${n}`);
  await epochs.feedsChanged({ ecosystem: 'npm', names });
  assert.ok(epochs.of(npm('other')).feeds > feeds);
  epochs = await open();
  assert.ok(epochs.of(npm('other')).feeds > feeds);
  // What is decided from then on stands.
  const decided = epochs.of(npm('other')).feeds;
  await epochs.feedsChanged({ ecosystem: 'npm', names: ['p1'] });
  assert.equal(epochs.of(npm('other')).feeds, decided);
});

test('killed between the counter and the names, a restart has every package asked again', async () => {
  const { state, open } = disk();
  const epochs = await open();
  const { feeds } = epochs.of(npm('other'));
  state.lost = true;
  await assert.rejects(epochs.feedsChanged({ ecosystem: 'npm', names: ['named'] }), /killed/);
  state.lost = false;
  assert.ok((await open()).of(npm('other')).feeds > feeds);
});

test('a setting that cannot be read has every package asked again', async () => {
  for (const damaged of ['', '{', '[]', '{"at":2,"floor":0}', '{"at":2,"floor":0,"names":[["npm/a"]]}']) {
    const { state, open } = disk();
    const epochs = await open();
    await epochs.feedsChanged({ ecosystem: 'npm', names: ['named'] });
    state.settings.set('feeds-concerned', damaged);
    assert.equal((await open()).of(npm('other')).feeds, state.epochs.feeds, damaged);
  }
});

test('other counters rise for every package, and leave that of the feeds alone', async () => {
  const { open } = disk();
  const epochs = await open();
  const before = epochs.of(npm('a'));
  await epochs.raise('revocations');
  assert.deepEqual(epochs.of(npm('a')), { ...before, revocations: before.revocations + 1 });
});

type Step =
  | { readonly do: 'change'; readonly names: readonly string[]; readonly anywhere: boolean }
  | { readonly do: 'raise' }
  | { readonly do: 'restart' }
  | { readonly do: 'killed'; readonly names: readonly string[] }
  | { readonly do: 'at once'; readonly sets: readonly (readonly string[])[] };

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__', '@s/d'), { maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('change' as const), names, anywhere: fc.boolean() }),
  fc.constant({ do: 'raise' as const }),
  fc.constant({ do: 'restart' as const }),
  fc.record({ do: fc.constant('killed' as const), names }),
  fc.record({ do: fc.constant('at once' as const), sets: fc.array(names, { maxLength: 3 }) }),
);

test('whatever happens in whatever order: a decision from before a change that concerns it never stands again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { state, open } = disk();
      let epochs = await open();
      const known = ['a', 'b', 'c', '__proto__', '@s/d', 'never-named'];
      const feedsOf = (name: string): number => epochs.of(npm(name)).feeds;
      for (const one of steps) {
        const before = new Map(known.map((name) => [name, feedsOf(name)]));
        if (one.do === 'restart') epochs = await open();
        else if (one.do === 'raise') await epochs.raise('feeds');
        else if (one.do === 'change')
          await epochs.feedsChanged({ ecosystem: one.anywhere ? undefined : 'npm', names: one.names });
        else if (one.do === 'at once')
          await Promise.all(one.sets.map((set) => epochs.feedsChanged({ ecosystem: 'npm', names: set })));
        else {
          state.lost = true;
          await epochs.feedsChanged({ ecosystem: 'npm', names: one.names }).catch(() => undefined);
          state.lost = false;
          epochs = await open();
        }
        const named = new Set(
          one.do === 'restart'
            ? []
            : one.do === 'raise'
              ? known
              : one.do === 'at once'
                ? one.sets.flat()
                : one.names,
        );
        for (const name of known) {
          const was = before.get(name) ?? 0;
          assert.ok(named.has(name) ? feedsOf(name) > was : feedsOf(name) >= was, `${name} after ${one.do}`);
        }
      }
    }),
    { numRuns: 200 },
  );
});
