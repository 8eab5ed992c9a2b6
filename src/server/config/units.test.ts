import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest } from './nearest.ts';
import { parseDurationMs, parseSizeBytes } from './units.ts';

test('durations need a unit, except nothing at all', () => {
  assert.equal(parseDurationMs('72h'), 72 * 3_600_000);
  assert.equal(parseDurationMs('3d'), 72 * 3_600_000);
  assert.equal(parseDurationMs('1.5h'), 5_400_000);
  assert.equal(parseDurationMs('0'), 0);
  for (const text of ['72', '', 'h', '-1h', '1 h', '1h30m', '1H', '1e3s', '9'.repeat(20) + 'd']) {
    assert.equal(parseDurationMs(text), undefined, text);
  }
});

test('sizes are binary and say so', () => {
  assert.equal(parseSizeBytes('64MiB'), 64 * 1024 * 1024);
  assert.equal(parseSizeBytes('100B'), 100);
  for (const text of ['64MB', '64', '64 MiB', '-1B', '']) assert.equal(parseSizeBytes(text), undefined, text);
});

test('a slip finds its word, a word of its own finds none', () => {
  assert.equal(nearest('prot', ['port', 'listen']), 'port');
  assert.equal(nearest('allowedhost', ['allowedHosts', 'anonymous']), 'allowedHosts');
  assert.equal(nearest('zebra', ['port', 'listen']), undefined);
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('', 'abc'), 3);
});
