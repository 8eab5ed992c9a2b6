import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareLoose, prerelease } from 'semver';
import { anyVersion } from '../../../test/support/packuments.ts';
import { highestStable, steerTags } from './tags.ts';

const anyTag: fc.Arbitrary<string> = fc.constantFrom('latest', 'next', '__proto__', 'constructor');
const anyTags = fc.uniqueArray(fc.tuple(anyTag, anyVersion), { maxLength: 4, selector: ([tag]) => tag });
const anyStanding = fc.uniqueArray(anyVersion, { maxLength: 10 }).map((versions) => new Set(versions));

describe('steering of tags', () => {
  it('leaves every tag alone whose version stands', () => {
    const standing = new Set(['1.0.0', '2.0.0-rc.1']);
    const tags = [
      ['latest', '2.0.0-rc.1'],
      ['old', '1.0.0'],
    ] as const;
    const steered = steerTags(tags, standing);
    assert.deepEqual([...steered.tags], tags);
    assert.deepEqual(steered.moves, []);
  });

  it('moves latest by semver, not by place or date: a backport listed last does not become latest', () => {
    const steered = steerTags([['latest', '3.0.0']], new Set(['1.0.0', '2.5.0', '2.10.0', '2.9.0', '1.0.1']));
    assert.deepEqual(steered.moves, [{ tag: 'latest', from: '3.0.0', to: '2.10.0' }]);
  });

  it('never moves latest up, nor to a prerelease', () => {
    assert.deepEqual(
      [...steerTags([['latest', '2.0.0']], new Set(['2.0.1', '2.0.0-rc.1', '3.0.0'])).tags],
      [],
    );
    assert.deepEqual(
      [...steerTags([['latest', '2.0.0-rc.2']], new Set(['2.0.0', '1.9.0', '2.0.0-rc.1'])).tags],
      [['latest', '1.9.0']],
    );
  });

  it('drops any other tag, and latest where nothing is left', () => {
    const steered = steerTags(
      [
        ['latest', '1.0.0'],
        ['next', '2.0.0'],
      ],
      new Set(),
    );
    assert.deepEqual(steered.moves, [
      { tag: 'latest', from: '1.0.0', to: undefined },
      { tag: 'next', from: '2.0.0', to: undefined },
    ]);
  });

  it('drops a latest that names no version', () => {
    assert.deepEqual([...steerTags([['latest', '__proto__']], new Set(['1.0.0'])).tags], []);
  });

  it('for any tags and versions: every tag stands, and latest is the highest stable one at or below', () => {
    fc.assert(
      fc.property(anyTags, anyStanding, (tags, standing) => {
        const steered = steerTags(tags, standing);
        for (const [tag, version] of steered.tags) {
          assert.ok(standing.has(version));
          const from = new Map(tags).get(tag) ?? '';
          if (version === from) continue;
          assert.equal(tag, 'latest');
          assert.ok(compareLoose(version, from) <= 0 && prerelease(version, true) === null);
          for (const other of standing) {
            const better =
              prerelease(other, true) === null &&
              compareLoose(other, from) <= 0 &&
              compareLoose(other, version) > 0;
            assert.ok(!better, `${other} was better than ${version}`);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('hiding more never moves latest up', () => {
    fc.assert(
      fc.property(anyVersion, anyStanding, anyVersion, (latest, standing, gone) => {
        const before = highestStable(standing, latest);
        const after = highestStable(
          [...standing].filter((version) => version !== gone),
          latest,
        );
        assert.ok(after === undefined || (before !== undefined && compareLoose(after, before) <= 0));
      }),
    );
  });
});
