import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OsvEvent, OsvEventKind } from './osv/record.ts';
import { isInRange, isListed, sortEvents } from './ranges.ts';
import { pep440Order } from './versions/pep440.ts';
import { semverOrder } from './versions/semver.ts';

function isAffected(version: string, ...events: readonly (readonly [OsvEventKind, string])[]): boolean {
  const list = events.map(([kind, version]) => ({ kind, version }));
  return isInRange(version, sortEvents(list, semverOrder), semverOrder);
}

test('a version is affected from where the range begins until it is fixed', () => {
  const range = [
    ['introduced', '1.0.0'],
    ['fixed', '1.2.0'],
  ] as const;
  assert.deepEqual(
    ['0.9.9', '1.0.0-rc.1', '1.0.0', '1.1.9', '1.2.0', '1.2.1'].map((one) => isAffected(one, ...range)),
    [false, false, true, true, false, false],
  );
});

test('a prerelease of the fix is still affected', () => {
  assert.equal(isAffected('1.2.0-rc.1', ['introduced', '0'], ['fixed', '1.2.0']), true);
});

test('"0" is before every version, also before the prereleases of 0.0.0', () => {
  assert.equal(isAffected('0.0.0-alpha', ['introduced', '0']), true);
  assert.equal(isAffected('0.0.0-alpha', ['introduced', '0.0.0']), false);
  const early = [
    ['introduced', '0'],
    ['fixed', '0.0.0-beta'],
  ] as const;
  assert.equal(isAffected('0.0.0-alpha', ...early), true);
  assert.equal(isAffected('0.0.0-beta', ...early), false);
  assert.equal(isAffected('1.0.0', ...early), false);
});

test('the last affected version is affected, the next is not', () => {
  const range = [
    ['introduced', '1.0.0'],
    ['last_affected', '1.1.0'],
  ] as const;
  assert.equal(isAffected('1.1.0', ...range), true);
  assert.equal(isAffected('1.1.1-alpha', ...range), false);
});

test('one version alone: introduced and last affected in it, in either order', () => {
  for (const range of [
    [
      ['introduced', '1.0.0'],
      ['last_affected', '1.0.0'],
    ],
    [
      ['last_affected', '1.0.0'],
      ['introduced', '1.0.0'],
    ],
  ] as const) {
    assert.equal(isAffected('1.0.0', ...range), true);
    assert.equal(isAffected('1.0.1', ...range), false);
    assert.equal(isAffected('9.0.0', ...range), false);
  }
});

test('events are walked in the order of versions, not of the record', () => {
  const range = [
    ['fixed', '2.3.0'],
    ['introduced', '2.0.0'],
    ['fixed', '1.5.0'],
    ['introduced', '0'],
  ] as const;
  assert.deepEqual(
    ['1.4.0', '1.5.0', '1.9.0', '2.0.0', '2.2.9', '2.3.0'].map((one) => isAffected(one, ...range)),
    [true, false, false, true, true, false],
  );
});

test('nothing at or after every limit is affected; a star is no limit, and limits are alternatives', () => {
  assert.equal(isAffected('1.5.0', ['introduced', '0'], ['limit', '1.5.0']), false);
  assert.equal(isAffected('1.4.0', ['introduced', '0'], ['limit', '1.5.0']), true);
  assert.equal(isAffected('1.4.0', ['introduced', '0'], ['limit', '1.0.0'], ['limit', '2.0.0']), true);
  assert.equal(isAffected('9.0.0', ['introduced', '0'], ['limit', '1.0.0'], ['limit', '*']), true);
});

test('a version is listed under any text that means the same one', () => {
  assert.equal(isListed('1.2.3', ['v1.2.3'], semverOrder), true);
  assert.equal(isListed('1.0', ['1.0.0'], pep440Order), true);
  assert.equal(isListed('1.2.4', ['1.2.3'], semverOrder), false);
  assert.equal(isListed('not a version', ['neither is this'], semverOrder), false);
});

/** The algorithm as the specification writes it, over small whole numbers. */
function naive(version: number, events: readonly (readonly [OsvEventKind, number])[]): boolean {
  const limits = events.filter(([kind]) => kind === 'limit');
  if (limits.length > 0 && !limits.some(([, at]) => version < at)) return false;
  const turns = events.filter(([kind]) => kind !== 'limit');
  let isOn = false;
  for (const [kind, at] of turns.toSorted((a, b) => a[1] - b[1])) {
    if (kind === 'introduced' && version >= at) isOn = true;
    else if (kind === 'fixed' && version >= at) isOn = false;
    else if (kind === 'last_affected' && version > at) isOn = false;
  }
  return isOn;
}

test('ranges decide as the specification does, whatever order their events come in', () => {
  const kind = fc.constantFrom<OsvEventKind>('introduced', 'fixed', 'last_affected', 'limit');
  const events = fc.uniqueArray(fc.tuple(kind, fc.integer({ min: 1, max: 12 })), {
    maxLength: 8,
    // Where events name one version the specification leaves the order open; the cases above fix it.
    selector: ([, at]) => at,
  });
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 13 }), (range, version) => {
      const list: readonly OsvEvent[] = range.map(([kind, at]) => ({ kind, version: `${at}.0.0` }));
      const got = isInRange(`${version}.0.0`, sortEvents(list, semverOrder), semverOrder);
      assert.equal(got, naive(version, range));
    }),
  );
});
