import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../core/errors.ts';
import { parsePopularNames } from './popular.ts';

test('a list of names is taken as it is, each once', () => {
  const names = parsePopularNames('["left-pad", "@scope/name", "__proto__", "left-pad"]');
  assert.deepEqual([...names], ['left-pad', '@scope/name', '__proto__']);
  assert.equal(names.has('constructor'), false);
});

test('a list with anything else in it is refused whole', () => {
  const long = JSON.stringify(Array.from({ length: 200_001 }, (_, n) => `p${n}`));
  for (const text of [
    '',
    '{}',
    '[]',
    '"left-pad"',
    '["a", 1]',
    '["a", ""]',
    '["a b"]',
    '["a\\u202eb"]',
    long,
  ])
    assert.throws(() => parsePopularNames(text), { code: 'FEED_UNREADABLE' }, text.slice(0, 40));
});

test('any text is read or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.array(fc.string()).map((list) => JSON.stringify(list)),
      ),
      (text) => {
        try {
          for (const name of parsePopularNames(text)) assert.match(name, /^\S{1,214}$/);
        } catch (error) {
          assert.ok(isAssayError(error, 'FEED_UNREADABLE'), String(error));
        }
      },
    ),
  );
});
