import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare as npmCompare } from 'semver';
import { ecosystems } from '../../core/purl.ts';
import { debianOrder } from './debian.ts';
import { mavenOrder } from './maven.ts';
import { longestVersion, type VersionOrder } from './order.ts';
import { orderOf } from './orders.ts';
import { pep440Order } from './pep440.ts';
import { semverOrder } from './semver.ts';

const orders: Readonly<Record<string, VersionOrder>> = {
  semver: semverOrder,
  pep440: pep440Order,
  debian: debianOrder,
  maven: mavenOrder,
};

/** Like versions, so that equal and nearly equal ones come up. */
const pieces =
  '0 1 01 2 10 . - + ~ : ! _ a b rc alpha dev post final ga sp snapshot x X v 99999999999999999999';
const piece = fc.constantFrom(...pieces.split(' '));
const likeVersion = fc.array(piece, { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
const anyText = fc.oneof({ weight: 4, arbitrary: likeVersion }, fc.string({ unit: 'binary' }));

for (const [name, order] of Object.entries(orders)) {
  test(`${name}: any two texts compare, and the other way round is the opposite`, () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const sign = Math.sign(order.compare(a, b));
        assert.ok(Number.isFinite(sign));
        assert.equal(Math.sign(order.compare(b, a)) + sign, 0);
        assert.equal(order.compare(a, a), 0);
      }),
    );
  });

  test(`${name}: a text of any length is compared without an exception, and beyond the limit it is no version`, () => {
    for (const unit of ['1', '1.', '1-', '-', 'a1', '~', 'rc', '.0', '1a-'])
      for (const length of [longestVersion - 1, 100_000]) {
        const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
        assert.equal(order.compare(text, text), 0);
        assert.equal(order.compare(text, '1') + order.compare('1', text), 0);
        if (length > longestVersion) assert.equal(order.isVersion(text), false);
      }
  });

  test(`${name}: what is no version comes before all that are`, () => {
    assert.equal(order.isVersion(''), false);
    assert.ok(order.compare('', '0') < 0);
    assert.ok(order.compare('1'.repeat(longestVersion + 1), '0') < 0);
  });
}

// Maven's own order is not transitive for words beside lists and numbers; the vectors hold it to Maven.
for (const name of ['semver', 'pep440', 'debian'] as const) {
  test(`${name}: a version before another that is before a third is before the third`, () => {
    const order = orders[name] ?? semverOrder;
    fc.assert(
      fc.property(anyText, anyText, anyText, (a, b, c) => {
        const [x = '', y = '', z = ''] = [a, b, c].sort(order.compare);
        assert.ok(order.compare(x, y) <= 0 && order.compare(y, z) <= 0 && order.compare(x, z) <= 0);
        if (order.compare(a, b) === 0)
          assert.equal(Math.sign(order.compare(a, c)), Math.sign(order.compare(b, c)));
      }),
    );
  });
}

test('semver: every valid version is ordered as the semver package orders it', () => {
  const number = fc.nat({ max: 12 }).map(String);
  const field = fc.oneof(number, fc.stringMatching(/^[a-zA-Z][0-9A-Za-z-]{0,3}$/));
  const version = fc
    .tuple(fc.tuple(number, number, number), fc.array(field, { maxLength: 3 }), fc.boolean())
    .map(
      ([numbers, prerelease, build]) =>
        `${numbers.join('.')}${prerelease.length === 0 ? '' : `-${prerelease.join('.')}`}${build ? '+build.1' : ''}`,
    );
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(Math.sign(semverOrder.compare(a, b)), npmCompare(a, b));
    }),
  );
});

test('semver: a prerelease of a fix comes before the fix', () => {
  assert.ok(semverOrder.compare('2.0.0-rc.1', '2.0.0') < 0);
  assert.ok(semverOrder.compare('2.0.0-rc.1', '1.99.99') > 0);
});

test('semver: an empty field of a prerelease is no version', () => {
  for (const text of ['1.0.0-', '1.0.0-a..b', '1.0.0-a.', 'x', '1.0.0 ', '1.0.0\n'])
    assert.equal(semverOrder.isVersion(text), false, JSON.stringify(text));
});

test('every ecosystem has an order', () => {
  for (const ecosystem of ecosystems) assert.ok(orderOf(ecosystem).isVersion('1.0.0'));
});
