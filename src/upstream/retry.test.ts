import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { retryAfterSeconds } from './retry.ts';

const now = new Date('2026-01-02T03:04:05.000Z');

test('Retry-After is read as seconds or as an HTTP date, and bounded to an hour', () => {
  assert.equal(retryAfterSeconds('0', now), 0);
  assert.equal(retryAfterSeconds(' 17 ', now), 17);
  assert.equal(retryAfterSeconds('999999999', now), 3600);
  assert.equal(retryAfterSeconds('Fri, 02 Jan 2026 03:04:35 GMT', now), 30);
  assert.equal(retryAfterSeconds('Fri, 02 Jan 2026 03:00:00 GMT', now), 0);
  assert.equal(retryAfterSeconds('Fri, 02 Jan 2099 03:00:00 GMT', now), 3600);
});

test('anything else is no Retry-After', () => {
  for (const text of [
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    'soon',
    '2026-01-02',
    'Fri, 99 Foo 2026 03:00:00 GMT',
    '9'.repeat(400),
  ]) {
    assert.equal(retryAfterSeconds(text, now), undefined, String(text));
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const seconds = retryAfterSeconds(text, now);
      assert.ok(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3600));
    }),
  );
});
