import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeOrderTrustOf } from './time-trust.ts';

const start = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

function dated(entries: readonly (readonly [string, number])[]): Parameters<typeof timeOrderTrustOf>[0] {
  return entries.map(([version, day]) => ({
    version,
    claimedTime: new Date(start + day * dayMs).toISOString(),
  }));
}

const ordered: readonly (readonly [string, number])[] = [
  ['1.0.0', 0],
  ['1.0.1', 1],
  ['1.1.0', 2],
  ['1.2.0', 3],
  ['2.0.0', 4],
  ['2.0.1', 5],
];

describe('whether the times of an index can be trusted for order', () => {
  it('cannot be said of few versions, or of few with times', () => {
    assert.equal(timeOrderTrustOf(dated(ordered.slice(0, 4)), undefined), 'not-available');
    const untimed = dated(ordered).map((one, at) => (at < 3 ? { ...one, claimedTime: undefined } : one));
    assert.equal(timeOrderTrustOf(untimed, undefined), 'not-available');
    assert.equal(
      timeOrderTrustOf(dated(ordered.map(([version, day]) => [`${version}-rc.1`, day])), undefined),
      'not-available',
    );
  });

  it('holds for a package published in order', () => {
    assert.equal(timeOrderTrustOf(dated(ordered), new Date(start).toISOString()), 'plausible');
  });

  it('holds for backports, which turn single neighbours around', () => {
    const backports: readonly (readonly [string, number])[] = [
      ['1.0.0', 0],
      ['1.0.1', 30],
      ['1.1.0', 1],
      ['1.1.1', 31],
      ['1.2.0', 2],
      ['1.2.1', 3],
      ['1.2.2', 4],
      ['1.3.0', 5],
      ['2.0.0', 6],
    ];
    assert.equal(timeOrderTrustOf(dated(backports), undefined), 'plausible');
  });

  it('holds for majors kept up in parallel', () => {
    const parallel: readonly (readonly [string, number])[] = [
      ['1.0.0', 0],
      ['1.0.1', 10],
      ['1.0.2', 20],
      ['2.0.0', 1],
      ['2.0.1', 11],
      ['2.0.2', 21],
      ['3.0.0', 2],
      ['3.0.1', 12],
    ];
    assert.equal(timeOrderTrustOf(dated(parallel), undefined), 'plausible');
  });

  it('does not hold for times in the order of fetching', () => {
    const fetched: readonly (readonly [string, number])[] = [
      ['1.0.0', 5],
      ['1.0.1', 2],
      ['1.1.0', 9],
      ['1.2.0', 1],
      ['1.3.0', 7],
      ['1.4.0', 0],
      ['1.5.0', 3],
    ];
    assert.equal(timeOrderTrustOf(dated(fetched), undefined), 'implausible');
    assert.equal(
      timeOrderTrustOf(
        dated(ordered.map(([version], at) => [version.replace(/^2\.0/, '1.9'), -at])),
        undefined,
      ),
      'implausible',
    );
  });

  it('does not hold when most versions appeared within one minute', () => {
    assert.equal(
      timeOrderTrustOf(dated(ordered.map(([version], at) => [version, at / dayMs])), undefined),
      'implausible',
    );
  });

  it('does not hold when the package was created after most of its versions', () => {
    assert.equal(timeOrderTrustOf(dated(ordered), new Date(start + 10 * dayMs).toISOString()), 'implausible');
    assert.equal(timeOrderTrustOf(dated(ordered), new Date(start + dayMs).toISOString()), 'plausible');
    assert.equal(timeOrderTrustOf(dated(ordered), 'nonsense'), 'plausible');
  });

  it('is not talked away by what appeared in the last days, in whatever order', () => {
    const past = Array.from({ length: 20 }, (_, at) => [`1.${at}.0`, at * 7] as const);
    const downwards = Array.from({ length: 20 }, (_, at) => [`1.19.${100 - at}`, 150 + at / 100] as const);
    const atOnce = Array.from({ length: 30 }, (_, at) => [`1.19.${at + 1}`, 150] as const);
    for (const recent of [downwards, atOnce])
      assert.equal(timeOrderTrustOf(dated([...past, ...recent]), undefined), 'plausible');
    // Too little before to tell by: then all of it counts.
    assert.equal(timeOrderTrustOf(dated([...past.slice(0, 4), ...downwards]), undefined), 'implausible');
  });
});
