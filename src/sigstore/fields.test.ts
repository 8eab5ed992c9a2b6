import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../core/json.ts';
import { fieldsOf, strictBase64 } from './fields.ts';
import { BundleRefused } from './refused.ts';

const read = fieldsOf('bundle-malformed', 'a test');

test('base64 has three forms for the same bytes, and no other text is taken', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      const standard = bytes.toString('base64');
      const url = bytes.toString('base64url');
      const padded = standard.replaceAll('+', '-').replaceAll('/', '_');
      for (const text of [standard, url, padded]) assert.deepEqual(strictBase64(text), bytes);
    }),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('A', 'Q', 'R', '/', '+', '-', '_', '=', ' ', '\n'), maxLength: 9 }),
      (text) => {
        const bytes = strictBase64(text);
        if (bytes === undefined) return;
        const standard = bytes.toString('base64');
        const padded = standard.replaceAll('+', '-').replaceAll('/', '_');
        assert.ok([standard, padded, padded.replaceAll('=', '')].includes(text), text);
      },
    ),
  );
});

test('bits of base64 that carry nothing, missing padding of the standard form, and spaces are refused', () => {
  assert.deepEqual(strictBase64('QQ=='), Buffer.from('A'));
  for (const wrong of ['QR==', 'QQ=', 'QQ= =', ' QQ==', 'QQ==QQ==', 'Q', '+_==', 'QQ==\0'])
    assert.equal(strictBase64(wrong), undefined, wrong);
});

test('line breaks in base64 of a field are passed over, as other readers do', () => {
  assert.deepEqual(read.bytes({ a: 'QU\r\nFB\n' }, 'a', 10), Buffer.from('AAA'));
});

test('whole numbers are int64, not negative, in one form', () => {
  const value = (a: Json): bigint | string => {
    try {
      return read.integer({ a }, 'a');
    } catch (error) {
      assert.ok(error instanceof BundleRefused);
      return error.failure;
    }
  };
  assert.equal(value('9223372036854775807'), 9223372036854775807n);
  assert.equal(value(7), 7n);
  assert.equal(value('0'), 0n);
  for (const wrong of [
    '9223372036854775808',
    '-1',
    '01',
    '1.0',
    '1e3',
    ' 1',
    '',
    -1,
    1.5,
    2 ** 53,
    true,
    null,
  ])
    assert.equal(value(wrong), 'bundle-malformed', String(wrong));
});

test('fields are of one type and within their bounds; inherited names are absent', () => {
  const refused = (take: () => unknown): void => assert.throws(take, BundleRefused);
  refused(() => read.text({ a: 1 }, 'a', 10));
  refused(() => read.text({ a: 'long' }, 'a', 3));
  refused(() => read.text({ a: '\ud800' }, 'a', 10));
  refused(() => read.text({}, 'constructor', 100));
  refused(() => read.object({}, '__proto__'));
  refused(() => read.object({ a: [] }, 'a'));
  refused(() => read.list({ a: [1] }, 'a', 1));
  refused(() => read.list({ a: [{}, {}] }, 'a', 1));
  refused(() => read.bytes({ a: 'QUFB' }, 'a', 2));
  refused(() => read.bytes({ a: '' }, 'a', 2));
  refused(() => read.hex({ a: 'AB' }, 'a'));
  refused(() => read.onlyKeys({ a: 1, b: 2 }, ['a']));
  assert.equal(read.maybeText({ a: null }, 'a', 10), undefined);
  assert.deepEqual(read.list({}, 'a', 1), []);
});
