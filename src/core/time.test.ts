import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instantOf, normaliseTime, rfc3339 } from './time.ts';

test('the formats registries use become one form', () => {
  const same = ['2020-01-02T03:04:05Z', '2020-01-02T03:04:05.0Z', '2020-01-02T05:04:05+02:00'];
  for (const text of same) assert.equal(normaliseTime(text), '2020-01-02T03:04:05.000Z');
  assert.equal(normaliseTime('2020-01-02T03:04:05.123999999Z'), '2020-01-02T03:04:05.123Z');
  assert.equal(normaliseTime('2020-01-02T03:04:05.12399+00:00'), '2020-01-02T03:04:05.123Z');
});

test('what Date would only guess at is no time', () => {
  const others = [
    '',
    '2020',
    '2020-01-02',
    'Thu, 02 Jan 2020',
    '2020-13-02T03:04:05Z',
    '2020-01-02 03:04:05Z',
  ];
  for (const text of [...others, ' 2020-01-02T03:04:05Z', '2020-01-02T03:04:05', '2020-01-02T03:04:61Z']) {
    assert.equal(normaliseTime(text), undefined);
    assert.ok(Number.isNaN(instantOf(text)));
  }
});

test('every instant of four-digit years is read back as it was written', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      (date) => {
        assert.equal(instantOf(rfc3339(date)), date.getTime());
        assert.equal(normaliseTime(rfc3339(date)), rfc3339(date));
      },
    ),
  );
});
