import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptsGzip, etagMatches } from './answer.ts';

test('gzip is sent only to clients that take it', () => {
  for (const header of ['gzip', 'br, gzip;q=0.5', 'deflate,gzip, br', '*', 'GZIP'])
    assert.ok(acceptsGzip(header), header);
  for (const header of [undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip; q=0.0', 'x-gzip', '*;q=0']) {
    assert.ok(!acceptsGzip(header), String(header));
  }
});

test('an entity tag matches weakly, in a list, or by the star', () => {
  assert.ok(etagMatches('"a", W/"b"', '"b"'));
  assert.ok(etagMatches('"b"', 'W/"b"'));
  assert.ok(etagMatches('*', '"x"'));
  assert.ok(!etagMatches(undefined, '"b"'));
  assert.ok(!etagMatches('"bb", b', '"b"'));
});
