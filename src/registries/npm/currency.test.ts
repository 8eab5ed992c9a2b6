import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleVersion, sampleView } from '../../../test/support/collector-input.ts';
import type { IndexView } from '../../core/index-view.ts';
import { currencyOf } from './currency.ts';

const now = '2026-11-20T12:00:00.000Z';

/** One version a year, the last one half a year ago. */
function view(versions: readonly string[], change: Partial<IndexView> = {}): IndexView {
  const all = versions.map((version, at) =>
    sampleVersion({ version, claimedTime: `${2027 - versions.length + at}-05-20T12:00:00.000Z` }),
  );
  return { ...sampleView(sampleVersion()), versions: all, tags: {}, ...change };
}

const behind = (
  versions: readonly string[],
  own: string,
  change?: Partial<IndexView>,
): readonly unknown[] => {
  const found = currencyOf(view(versions, change), own, now);
  return [found?.newest, found?.majors, found?.minors, found?.patches, found?.days];
};

test('what was released in between is counted: majors, else minors, else patches', () => {
  const all = ['1.0.0', '1.0.1', '1.2.0', '2.0.0', '4.0.0', '4.1.0'];
  assert.deepEqual(behind(all, '1.0.0'), ['4.1.0', 2, 0, 0, 1826], '3 was never released');
  assert.deepEqual(behind(all.slice(0, 3), '1.0.0'), ['1.2.0', 0, 1, 0, 730]);
  assert.deepEqual(behind(all.slice(0, 2), '1.0.0'), ['1.0.1', 0, 0, 1, 365]);
  assert.deepEqual(behind(all, '4.1.0'), ['4.1.0', 0, 0, 0, 0]);
});

test('a pre-release is nothing to be behind of, the tag latest is, and what is above it is not behind', () => {
  assert.deepEqual(behind(['1.0.0', '2.0.0-rc.1'], '1.0.0'), ['1.0.0', 0, 0, 0, 0]);
  assert.deepEqual(behind(['1.0.0', '1.1.0', '2.0.0'], '1.0.0', { tags: { latest: '1.1.0' } }).slice(0, 3), [
    '1.1.0',
    0,
    1,
  ]);
  assert.deepEqual(behind(['1.0.0', '1.1.0', '2.0.0'], '2.0.0', { tags: { latest: '1.1.0' } }), [
    '1.1.0',
    0,
    0,
    0,
    0,
  ]);
  assert.deepEqual(behind(['1.0.0-a', '1.0.0-b'], '1.0.0-a'), [null, 0, 0, 0, null]);
});

test('times of a mirror tell neither days nor that a package was abandoned', () => {
  const found = currencyOf(view(['1.0.0', '2.0.0'], { timeOrderTrust: 'implausible' }), '1.0.0', now);
  assert.deepEqual(
    [found?.majors, found?.days, found?.lastPublishedDaysAgo, found?.abandoned],
    [1, null, null, null],
  );
});

test('nothing for three years is abandoned; a package that is alive, and old versions of it, are not', () => {
  const versions = [
    sampleVersion({ version: '1.0.0', claimedTime: '2015-01-01T00:00:00.000Z' }),
    sampleVersion({ version: '1.0.1', claimedTime: '2023-11-01T00:00:00.000Z' }),
  ];
  const old = view([], { versions });
  assert.deepEqual(currencyOf(old, '1.0.0', now)?.abandoned, true);
  assert.deepEqual(currencyOf(old, '1.0.0', '2026-01-01T00:00:00.000Z')?.abandoned, false);
});

test('deprecated is the version; at its end is what is deprecated to the newest', () => {
  const versions = [
    sampleVersion({ version: '1.0.0', deprecated: 'use 2' }),
    sampleVersion({ version: '2.0.0' }),
  ];
  const tags = { latest: '2.0.0' };
  const one = currencyOf(view([], { versions, tags }), '1.0.0', now);
  assert.deepEqual([one?.deprecated, one?.endOfLife], ['use 2', false]);
  const gone = versions.map((version) => ({ ...version, deprecated: 'use another' }));
  assert.equal(currencyOf(view([], { versions: gone, tags }), '1.0.0', now)?.endOfLife, true);
  assert.equal(currencyOf(view([], { versions }), '9.9.9', now), undefined);
});

test('whatever an index says, there is an answer with whole numbers', () => {
  const version = fc.oneof(
    fc.constantFrom('1.0.0', '1.2.0', '2.0.0', '2.0.0-rc.1', '__proto__'),
    fc.string(),
  );
  const time = fc.oneof(
    fc.constantFrom('2020-01-01T00:00:00.000Z', '2999-01-01T00:00:00Z', 'never'),
    fc.string(),
  );
  const entry = fc.record({
    version,
    claimedTime: time,
    deprecated: fc.option(fc.string(), { nil: undefined }),
  });
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 8 }),
      fc.dictionary(version, version),
      (entries, tags) => {
        const versions = entries.map((one) => sampleVersion(one));
        const found = currencyOf(view([], { versions, tags }), entries[0]?.version ?? '', now);
        assert.ok(found !== undefined);
        for (const number of [
          found.majors,
          found.minors,
          found.patches,
          found.days ?? 0,
          found.lastPublishedDaysAgo ?? 0,
        ])
          assert.ok(Number.isInteger(number) && number >= 0);
      },
    ),
  );
});
