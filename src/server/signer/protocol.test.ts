/** What the signer takes for a request: exactly the closed union, and never anything else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineSplitter } from './lines.ts';
import { idOf, parseRequestLine } from './protocol.ts';

const origin = 'assay.example.com/log';
const root = 'ab'.repeat(32);
const checkpoint = { kind: 'checkpoint', origin, oldSize: 0, size: 1, root, proof: [] };

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const size = fc.maxSafeNat();
const originArbitrary = fc.stringMatching(/^[!-*,-~]{1,80}$/);
const request = fc.oneof(
  fc.record({ kind: fc.constantFrom('last', 'vkeys'), origin: originArbitrary }),
  fc.record({
    kind: fc.constant('checkpoint'),
    origin: originArbitrary,
    oldSize: size,
    size,
    root: hash,
    proof: fc.array(hash, { maxLength: 63 }),
  }),
  fc.record({
    kind: fc.constant('attestation'),
    origin: originArbitrary,
    statement: fc.dictionary(fc.string(), fc.jsonValue()),
  }),
  fc.record({
    kind: fc.constant('rotate-key'),
    origin: originArbitrary,
    step: fc.constantFrom('begin', 'retire'),
    principal: fc.record({
      kind: fc.constantFrom('operator', 'person', 'robot', 'system'),
      name: fc.string({ minLength: 1, maxLength: 200 }),
    }),
  }),
  fc.record({
    kind: fc.constantFrom('registry-keys', 'rotate-registry-key', 'builder-keys'),
    origin: originArbitrary,
  }),
  fc.record({
    kind: fc.constant('use-builder-key'),
    origin: originArbitrary,
    index: size,
    entry: fc.string({ maxLength: 560 }),
    proof: fc.array(hash, { maxLength: 63 }),
    salt: hash,
    statement: fc.dictionary(fc.string(), fc.jsonValue()),
  }),
  fc.record({
    kind: fc.constant('registry-signature'),
    origin: originArbitrary,
    name: fc.string({ maxLength: 214 }),
    version: fc.string({ maxLength: 256 }),
    integrity: fc.string({ maxLength: 100 }),
  }),
);

const line = (request: unknown, id: unknown = 1): string => JSON.stringify({ id, request });

test('every request of the union is read as it was written', () => {
  fc.assert(
    fc.property(request, fc.integer({ min: 1 }), (request, id) => {
      const text = line(request, id);
      const parsed = parseRequestLine(text);
      assert.deepEqual(JSON.parse(JSON.stringify(parsed)), JSON.parse(text));
    }),
  );
});

test('a request with any further field is refused', () => {
  fc.assert(
    fc.property(request, fc.string(), fc.jsonValue(), (request, key, value) => {
      fc.pre(!Object.hasOwn(request, key) && key !== '__proto__');
      assert.equal(parseRequestLine(line({ ...request, [key]: value })), undefined);
    }),
  );
});

test('a request with any field missing is refused', () => {
  fc.assert(
    fc.property(request, fc.nat(), (request, n) => {
      const keys = Object.keys(request);
      const { [keys[n % keys.length] ?? '']: _, ...rest } = request as Record<string, unknown>;
      assert.equal(parseRequestLine(line(rest)), undefined);
    }),
  );
});

test('any text is read or refused, and never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseRequestLine(text);
      idOf(text);
    }),
  );
});

const wrong: Readonly<Record<string, unknown>> = {
  'a size with a fraction': { ...checkpoint, size: 1.5 },
  'a negative size': { ...checkpoint, size: -1 },
  'a size over 2^53 - 1': { ...checkpoint, size: 2 ** 53 },
  'a size as text': { ...checkpoint, size: '1' },
  'a root in capitals': { ...checkpoint, root: root.toUpperCase() },
  'a short root': { ...checkpoint, root: root.slice(2) },
  'a proof of 64 hashes': { ...checkpoint, proof: Array.from({ length: 64 }, () => root) },
  'a proof that is no list': { ...checkpoint, proof: root },
  'a text to sign as a registry': { kind: 'registry-signature', origin, text: 'a@1.0.0:sha512-…' },
  'bytes to sign': { kind: 'sign', origin, bytes: 'AAAA' },
  'another kind': { kind: 'export-key', origin },
  'an origin with a space': { kind: 'last', origin: 'DSSEv1 28' },
  'an origin with a line feed': { kind: 'last', origin: 'a\nb' },
  'an origin with a plus': { kind: 'last', origin: 'a+b' },
  'an empty origin': { kind: 'last', origin: '' },
  'a long origin': { kind: 'last', origin: 'a'.repeat(81) },
  'a list as statement': { kind: 'attestation', origin, statement: [] },
  'another step': {
    kind: 'rotate-key',
    origin,
    step: 'skip',
    principal: { kind: 'operator', name: 'local' },
  },
  'nobody who rotates': { kind: 'rotate-key', origin, step: 'begin' },
};

for (const [what, request] of Object.entries(wrong))
  test(`refused: ${what}`, () => {
    assert.equal(parseRequestLine(line(request)), undefined);
    assert.equal(idOf(line(request, 7)), 7);
  });

test('an id must be a positive integer', () => {
  for (const id of [0, -1, 1.5, '1', null, 2 ** 53])
    assert.equal(parseRequestLine(line(checkpoint, id)), undefined);
});

test('lines come out as they went in, however they were cut into chunks', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[^\n\r]*$/)),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const seen: string[] = [];
        const feed = lineSplitter(1_000_000, (text) => seen.push(text), assert.fail);
        for (let at = 0, n = 0; at < bytes.length; n += 1) {
          const length = cuts[n % Math.max(1, cuts.length)] ?? 5;
          feed(bytes.subarray(at, at + length));
          at += length;
        }
        assert.deepEqual(
          seen,
          lines.map((text) => text.toWellFormed()),
        );
      },
    ),
  );
});

test('a line over the bound ends it all, before the line is kept', () => {
  let overflows = 0;
  const seen: string[] = [];
  const feed = lineSplitter(
    10,
    (text) => seen.push(text),
    () => (overflows += 1),
  );
  feed(Buffer.from('0123456789\n'));
  feed(Buffer.from('01234'));
  feed(Buffer.from('56789a'));
  feed(Buffer.from('\nshort\n'));
  assert.deepEqual(seen, ['0123456789']);
  assert.equal(overflows, 1);
});
