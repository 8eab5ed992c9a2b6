/** Every reader of foreign bytes: nothing but a refusal ever leaves it, and what it takes it takes in one form. */
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../core/json.ts';
import { sha256 } from '../core/digest.ts';
import { createAuthority } from '../../test/support/sigstore/certificates.ts';
import { createFakeSigstore } from '../../test/support/sigstore/fake-sigstore.ts';
import { readCertificate } from './certificate.ts';
import { openCheckpoint } from './checkpoint.ts';
import { encode, part, rawOf, readDer, type Der } from './der.ts';
import { preAuthEncoding } from './dsse.ts';
import { readPublicKey, signatureHolds, signatureOfDigestHolds } from './keys.ts';
import { BundleRefused } from './refused.ts';
import { namesThing, readStatement } from './statement.ts';
import { timestampOf } from './timestamp.ts';
import { trustedRootOf } from './trusted-root.ts';

const ours = createFakeSigstore();
const root = trustedRootOf(ours.trust.trustedRoot);
const at = new Date('2026-05-06T07:08:09Z');
const now = '2026-11-20T12:00:00.000Z';
const validity = { from: at, until: new Date('2030-01-01T00:00:00Z') };
const certificate = createAuthority('parsers', validity).root.der;

/** Undefined when it is refused; any other error fails the test. */
function taken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof BundleRefused, String(error));
    return undefined;
  }
}

/** Some bytes replaced, cut out or put in. */
function damaged(original: Uint8Array): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.nat(original.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }))
    .map(([from, cut, put]) =>
      Buffer.concat([original.subarray(0, from), put, original.subarray(from + cut)]),
    );
}

function eachPart(of: Der, visit: (part: Der) => void): void {
  visit(of);
  for (const sub of of.subs) eachPart(sub, visit);
}

test('DER: every part is found as it was written, and written again it is the same', () => {
  fc.assert(
    fc.property(fc.oneof(damaged(certificate), fc.uint8Array({ maxLength: 60 })), (array) => {
      const bytes = Buffer.from(array);
      const tree = taken(() => readDer(bytes, 'bundle-malformed', 'a test'));
      if (tree === undefined) return;
      assert.deepEqual(rawOf(tree), bytes);
      assert.deepEqual(tree.toDER(), bytes);
      eachPart(tree, (part) => {
        assert.deepEqual(rawOf(part), part.toDER());
        const content = part.subs.length > 0 ? part.subs.map(rawOf) : [part.value];
        assert.deepEqual(encode(part.tag.toDER(), content), rawOf(part));
      });
    }),
    { numRuns: 300 },
  );
});

test('certificates: damaged ones are refused, or are certificates', () => {
  fc.assert(
    fc.property(damaged(certificate), (bytes) => {
      const read = taken(() => readCertificate(bytes, 'certificate-chain', 'a test'));
      if (read !== undefined) assert.deepEqual(read.der, bytes);
    }),
    { numRuns: 300 },
  );
});

test('timestamps: no damage leaves one accepted', () => {
  const signature = Buffer.from('signature');
  const token = ours.parts.timestamps.stamp(signature, at);
  assert.equal(timestampOf(token, signature, root, now), at.getTime());
  assert.equal(
    taken(() => timestampOf(token, Buffer.from('other'), root, now)),
    undefined,
  );
  fc.assert(
    fc.property(fc.oneof(damaged(token), fc.uint8Array({ maxLength: 60 })), (array) => {
      const bytes = Buffer.from(array);
      fc.pre(!bytes.equals(token));
      assert.equal(
        taken(() => timestampOf(bytes, signature, root, now)),
        undefined,
      );
    }),
    { numRuns: 400 },
  );
});

test('timestamps: no bit of a token can change, signed or not', () => {
  const signature = Buffer.from('signature');
  const token = ours.parts.timestamps.stamp(signature, at);
  for (let bit = 0; bit < token.length * 8; bit += 1) {
    const changed = Buffer.from(token);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(
      taken(() => timestampOf(changed, signature, root, now)),
      undefined,
      `bit ${bit}`,
    );
  }
});

/** With one more part at the end of the part at a path. */
function extended(of: Der, path: readonly number[], extra: Buffer): Buffer {
  const [first, ...rest] = path;
  if (first === undefined) return encode(of.tag.toDER(), [...of.subs.map(rawOf), extra]);
  const n = first < 0 ? of.subs.length + first : first;
  const parts = of.subs.map((sub, at) => (at === n ? extended(sub, rest, extra) : rawOf(sub)));
  return encode(of.tag.toDER(), parts);
}

test('timestamps: what they carry unsigned is refused', () => {
  const signature = Buffer.from('signature');
  const tree = readDer(ours.parts.timestamps.stamp(signature, at), 'timestamp', 'a test');
  const signedData = [1, 1, 0];
  const attributes = encode(0xa1, [encode(0x30, [Buffer.from([0x06, 0x01, 0x2a]), encode(0x31, [])])]);
  const wrong = {
    'unsigned attributes': extended(tree, [...signedData, -1, 0], attributes),
    'a second signer': extended(tree, [...signedData, -1], encode(0x30, [])),
    'a status text': extended(tree, [0], encode(0x30, [encode(0x0c, [Buffer.from('fine')])])),
    'a second digest': extended(tree, [...signedData, 1], encode(0x30, [])),
    'something after the token': extended(tree, [], encode(0x30, [])),
  };
  for (const [what, bytes] of Object.entries(wrong))
    assert.equal(
      taken(() => timestampOf(bytes, signature, root, now)),
      undefined,
      what,
    );
});

test('certificates: both names of the algorithm are one, and critical extensions are known', () => {
  const tree = readDer(certificate, 'certificate-chain', 'a test');
  const outer = certificate.indexOf(rawOf(part(tree, 1)), rawOf(part(tree, 0)).length);
  for (let bit = outer * 8; bit < (outer + rawOf(part(tree, 1)).length) * 8; bit += 1) {
    const changed = Buffer.from(certificate);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(
      taken(() => readCertificate(changed, 'certificate-chain', 'a test')),
      undefined,
    );
  }
  const extension = (critical: number): Buffer =>
    encode(0x30, [
      encode(0x06, [Buffer.from([0x2a, 0x03])]),
      encode(0x01, [Buffer.from([critical])]),
      encode(0x04, [Buffer.from('x')]),
    ]);
  const reading = (critical: number): unknown =>
    taken(() =>
      readCertificate(extended(tree, [0, -1, 0], extension(critical)), 'certificate-chain', 'a test'),
    );
  assert.notEqual(reading(0x00), undefined);
  assert.equal(reading(0xff), undefined);
});

test('checkpoints: no damage leaves one accepted', () => {
  const [log] = root.logs;
  assert.ok(log !== undefined);
  const entry = ours.parts.log.add({ kind: 'test', version: '1', spec: {}, at });
  const note = String(
    Reflect.get(Object(Reflect.get(Object(entry['inclusionProof']), 'checkpoint')), 'envelope'),
  );
  assert.equal(openCheckpoint(note, log).origin.startsWith(log.origin), true);
  const bytes = Buffer.from(note);
  fc.assert(
    fc.property(
      fc.oneof(damaged(bytes), fc.string({ unit: fc.constantFrom('\n', '\u2014', ' ', 'a', '1') })),
      (text) => {
        const changed = text.toString();
        fc.pre(changed !== note);
        assert.equal(
          taken(() => openCheckpoint(changed, log)),
          undefined,
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('statements and roots: any JSON is refused or read', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      taken(() => readStatement(Buffer.from(text)));
      const json: unknown = JSON.parse(text);
      if (typeof json === 'object' && json !== null) taken(() => trustedRootOf(json as JsonObject));
    }),
    { numRuns: 200 },
  );
});

test('statements: algorithms and names of subjects are data, digests lower-case hex of the right length', () => {
  const about = (digest: unknown, rest: object = {}): unknown =>
    taken(() =>
      readStatement(
        Buffer.from(
          JSON.stringify({
            _type: 'https://in-toto.io/Statement/v1',
            subject: [{ name: 'a', digest }],
            predicateType: 'https://example.com/p',
            predicate: {},
            ...rest,
          }),
        ),
      ),
    );
  const hex = sha256('x');
  assert.ok(about({ sha256: hex }));
  assert.ok(about({ gitCommit: 'abc' }));
  for (const wrong of [{}, { sha256: 'ab' }, { sha256: 1 }, { sha512: hex }, null, []])
    assert.equal(about(wrong), undefined, JSON.stringify(wrong));
  assert.equal(about({ sha256: hex }, { _type: 'https://in-toto.io/Statement/v2' }), undefined);
  assert.equal(about({ sha256: hex }, { _type: 'toString' }), undefined);
  assert.deepEqual(about({ sha256: hex }, { more: 1 }), about({ sha256: hex }));
  assert.equal(about({ sha256: hex }, { subject: [] }), undefined);
  const hostile = taken(() =>
    readStatement(
      Buffer.from(
        `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"__proto__":"00","sha256":"${hex}"}}],"predicateType":"p"}`,
      ),
    ),
  );
  assert.ok(hostile !== undefined);
  assert.equal(namesThing(hostile, { kind: 'bytes', bytes: Buffer.from('x') }), true);
  assert.equal(namesThing(hostile, { kind: 'bytes', bytes: Buffer.from('y') }), false);
});

test('DSSE: lengths of the pre-authentication encoding count bytes of UTF-8', () => {
  const plain = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
  assert.equal(plain.toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  const wide = preAuthEncoding('\u00e9\u{1f600}', Buffer.from('\u00e9'));
  assert.equal(wide.toString(), 'DSSEv1 6 \u00e9\u{1f600} 2 \u00e9');
});

for (const [namedCurve, hash] of [
  ['P-256', 'sha256'],
  ['P-384', 'sha384'],
] as const) {
  test(`${namedCurve}: a digest alone verifies exactly when the bytes do`, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const key = readPublicKey(publicKey.export({ type: 'spki', format: 'der' }), 'key-unknown', 'a key');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.boolean(), fc.nat(), (array, isDamaged, where) => {
        const message = Buffer.from(array);
        const signature = sign(hash, message, privateKey);
        if (isDamaged)
          signature.writeUInt8(signature.readUInt8(where % signature.length) ^ 1, where % signature.length);
        const digest = createHash(hash).update(message).digest();
        assert.equal(
          signatureOfDigestHolds(key, digest, signature),
          signatureHolds(key, message, signature, hash),
        );
      }),
      { numRuns: 25 },
    );
  });
}
