import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keysDocument, ownServedKey, readServedKeys, servedKeyOf } from './keys.ts';

const p256 = 'ecdsa-sha2-nistp256';
const live = { keyid: 'SHA256:a', keytype: p256, scheme: p256, key: 'AAAA', expires: null };
const retired = { ...live, keyid: 'SHA256:b', expires: '2025-01-29T00:00:00.000Z' };

function read(value: unknown): ReturnType<typeof readServedKeys> {
  return readServedKeys(Buffer.from(JSON.stringify(value)));
}

test("upstream's keys are read with their ends, retired ones too", () => {
  assert.deepEqual(read({ keys: [live, retired] }), [live, retired]);
  assert.deepEqual(read({ keys: [{ keyid: 'x', key: 'AAAA' }] }), [
    { keyid: 'x', keytype: p256, scheme: p256, key: 'AAAA', expires: null },
  ]);
});

test('what is no key is left out, and an end that cannot be read never becomes none', () => {
  const wrong = [
    null,
    'x',
    {},
    { ...live, keyid: 1 },
    { ...live, key: '' },
    { ...live, key: 'A'.repeat(5000) },
  ];
  assert.deepEqual(read({ keys: wrong }), []);
  for (const expires of ['soon', 1, {}, true]) assert.deepEqual(read({ keys: [{ ...live, expires }] }), []);
});

test('a document that is no list of keys is none, and nothing in it throws', () => {
  for (const value of [null, [], {}, { keys: {} }, 'keys']) assert.equal(read(value), undefined);
  assert.equal(readServedKeys(Buffer.from('<html>')), undefined);
  fc.assert(fc.property(fc.jsonValue(), (value) => void read({ keys: [value] })));
});

test("a trust root's key comes with the end of its use for signatures; one for attestations alone does not come", () => {
  const window = { from: undefined, until: '2025-01-29T00:00:00.000Z' };
  const key = { keyid: 'SHA256:b', spki: 'AAAA', source: 'pinned' as const };
  assert.deepEqual(servedKeyOf({ ...key, usages: [{ usage: 'signatures', ...window }] }), [retired]);
  assert.deepEqual(servedKeyOf({ ...key, usages: [{ usage: 'attestations', ...window }] }), []);
});

test('each key is served once, in the words of the list that comes first', () => {
  const own = ownServedKey({ keyid: 'SHA256:own', spki: 'BBBB', expires: null });
  const other = { ...retired, expires: null };
  assert.deepEqual(keysDocument([[retired], [other, live], [own]]), { keys: [retired, live, own] });
});
