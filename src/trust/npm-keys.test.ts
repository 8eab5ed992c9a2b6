import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { parseRegistryKeys } from './npm-keys.ts';
import { readDocument } from './reading.ts';

function newKey(namedCurve = 'P-256'): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve });
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
}
const [one, two] = [newKey(), newKey()];

function target(change: JsonObject = {}, key: JsonObject = {}): JsonObject {
  return {
    keyId: 'SHA256:one',
    keyUsage: 'npm:signatures',
    publicKey: {
      rawBytes: one,
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
      ...key,
    },
    ...change,
  };
}
function endpoint(change: JsonObject = {}): JsonObject {
  return {
    keyid: 'SHA256:one',
    keytype: 'ecdsa-sha2-nistp256',
    scheme: 'ecdsa-sha2-nistp256',
    key: one,
    expires: null,
    ...change,
  };
}
const refused = (keys: unknown): void =>
  assert.throws(() => parseRegistryKeys({ keys } as JsonObject, 'tuf'), { code: 'TRUST_INVALID' });

test('a target joins the uses of one key, each with its own window', () => {
  const attestations = target(
    { keyUsage: 'npm:attestations' },
    { validFor: { start: '2022-01-01T00:00:00Z', end: '2025-01-01T01:00:00+01:00' } },
  );
  assert.deepEqual(parseRegistryKeys({ keys: [target(), attestations] }, 'tuf'), [
    {
      keyid: 'SHA256:one',
      spki: one,
      source: 'tuf',
      usages: [
        { usage: 'signatures', from: '2020-01-01T00:00:00.000Z', until: undefined },
        { usage: 'attestations', from: '2022-01-01T00:00:00.000Z', until: '2025-01-01T00:00:00.000Z' },
      ],
    },
  ]);
});

test("the endpoint's keys serve both uses, from ever until they expire", () => {
  const keys = [
    endpoint({ expires: '2025-01-29T00:00:00.000Z' }),
    endpoint({ keyid: 'SHA256:two', key: two }),
  ];
  const [first, second] = parseRegistryKeys({ keys }, 'endpoint');
  assert.deepEqual(first?.usages, [
    { usage: 'signatures', from: undefined, until: '2025-01-29T00:00:00.000Z' },
    { usage: 'attestations', from: undefined, until: '2025-01-29T00:00:00.000Z' },
  ]);
  assert.equal(second?.usages[0]?.until, undefined);
});

test('a use we do not know gives a key no use', () => {
  assert.deepEqual(
    parseRegistryKeys({ keys: [target({ keyUsage: 'npm:everything' })] }, 'tuf')[0]?.usages,
    [],
  );
});

test('what is not a list of keys is refused', () => {
  for (const keys of [
    undefined,
    null,
    {},
    [],
    [null],
    ['x'],
    [[]],
    Array.from({ length: 257 }, () => target()),
  ])
    refused(keys);
});

test('a key that is not what it says is refused', () => {
  refused([target({}, { rawBytes: newKey('P-384') })]);
  refused([endpoint({ key: newKey('P-384') })]);
  refused([target({}, { rawBytes: 'AAAA' })]);
  refused([endpoint({ key: 'AAAA', keytype: 'of a time to come' })]);
  refused([target({}, { rawBytes: `${one} ` })]);
  refused([target({ keyId: '' })]);
  refused([target({ keyId: 'a\u001b[31m' })]);
  refused([target({ keyId: 'x'.repeat(201) })]);
});

test('a window that cannot be read, or ends before it starts, is refused', () => {
  refused([target({}, { validFor: { start: 'soon' } })]);
  refused([target({}, { validFor: { start: '2020-01-01T00:00:00Z', end: '2019-01-01T00:00:00Z' } })]);
  refused([endpoint({ expires: 5 })]);
});

test('two keys under one id, or one use twice, are refused', () => {
  refused([target(), target({ keyUsage: 'npm:attestations' }, { rawBytes: two })]);
  refused([target(), target()]);
  refused([endpoint(), endpoint()]);
});

test('forms are not mixed: an entry of the other form is refused', () => {
  refused([target(), endpoint({ keyid: 'SHA256:two' })]);
  refused([endpoint(), target({ keyId: 'SHA256:two' })]);
});

test('any document is read or refused with a code', () => {
  const anything = fc.jsonValue({ maxDepth: 4 });
  const almost = fc.record({
    keys: fc.array(
      fc.oneof(
        anything,
        fc.record({ keyId: anything, keyUsage: anything, publicKey: anything }),
        fc.record({ keyid: anything, key: anything, expires: anything }),
      ),
      { maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(fc.oneof(anything, almost), (value) => {
      try {
        parseRegistryKeys(readDocument(Buffer.from(JSON.stringify(value))), 'endpoint');
      } catch (error) {
        assert.ok(isAssayError(error, 'TRUST_INVALID'), String(error));
      }
    }),
  );
});

test('a document that is too large, too deep, no JSON or broken text is refused', () => {
  for (const text of [
    '',
    '[]',
    '{"a":',
    `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    '{"a":"\\ud800"}',
    `{"a":"${'x'.repeat(1_100_000)}"}`,
  ])
    assert.throws(() => readDocument(Buffer.from(text)), { code: 'TRUST_INVALID' });
  assert.throws(() => readDocument(Buffer.from([0x7b, 0xff, 0x7d])), { code: 'TRUST_INVALID' });
});
