import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { fromHex, toHex, utf8 } from './bytes.ts';
import { commit, prevPayload } from './commitment.ts';
import { evidenceRoot, type EvidenceOpening } from './evidence.ts';
import { encodeLeaf, leafFields, maxEntryBytes, maxLeafBytes, parseLeaf, type Leaf } from './leaf.ts';
import { allOpened, verifyOpening, type Openings } from './opening.ts';
import { hashLeaf, hashNode, treeRoot } from './rfc6962.ts';

const hash = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const hexOf = (text: string): string => toHex(hash(utf8(text)));
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const hex32 = bytes32.map(toHex);
const eventIds = fc.stringMatching(/^[0-9A-Za-z_-]{26,64}$/);
const times = fc
  .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

const leaves: fc.Arbitrary<Leaf> = fc.record(
  {
    id: eventIds,
    type: fc.constant('decision/v1' as const),
    time: times,
    subject: hex32,
    actor: hex32,
    statement: hex32,
    evidence: hex32,
    prev: hex32,
  },
  { noNullPrototype: true },
);

const sample: Leaf = {
  id: 'A'.repeat(26),
  type: 'decision/v1',
  time: '2026-01-31T09:00:00.000Z',
  subject: hexOf('subject'),
  actor: hexOf('actor'),
  statement: hexOf('statement'),
  evidence: hexOf('evidence'),
  prev: hexOf('prev'),
};

interface Disclosed {
  readonly leaf: Leaf;
  readonly openings: Openings;
}

/** A leaf with everything that opens it. */
const disclosed: fc.Arbitrary<Disclosed> = fc
  .record({
    leaf: leaves,
    salts: fc.array(bytes32, { minLength: 4, maxLength: 4 }),
    payloads: fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 3, maxLength: 3 }),
    previous: fc.option(eventIds, { nil: undefined }),
    evidence: fc.dictionary(hex32, hex32, { minKeys: 1, maxKeys: 12 }),
  })
  .map(({ leaf, salts, payloads, previous, evidence }) => {
    const opening = (n: number, payload: Uint8Array = payloads[n] ?? new Uint8Array()) => ({
      salt: toHex(salts[n] ?? new Uint8Array()),
      payload,
    });
    const openings = {
      subject: opening(0),
      actor: opening(1),
      statement: opening(2),
      prev: opening(3, prevPayload(previous)),
      evidence: Object.keys(evidence)
        .sort()
        .map((digest) => ({ digest, salt: evidence[digest] ?? '' })),
    };
    const of = (field: 'subject' | 'actor' | 'statement' | 'prev'): string =>
      toHex(
        commit(field, fromHex(openings[field].salt, 32) ?? new Uint8Array(), openings[field].payload, hash),
      );
    const fields = {
      subject: of('subject'),
      actor: of('actor'),
      statement: of('statement'),
      prev: of('prev'),
    };
    return { leaf: { ...leaf, ...fields, evidence: evidenceRoot(openings.evidence, hash) ?? '' }, openings };
  });

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  return bytes.map((byte, n) => (n === at % bytes.length ? byte ^ mask : byte));
}

const masks = fc.integer({ min: 1, max: 255 });

test('every leaf has one text, and that text gives the leaf back', () => {
  fc.assert(
    fc.property(leaves, (leaf) => {
      const text = encodeLeaf(leaf);
      assert.deepEqual(parseLeaf(text), { ok: true, leaf });
      assert.ok(text.length <= maxLeafBytes && maxLeafBytes <= maxEntryBytes);
    }),
  );
});

test('a leaf is RFC 8785 canonical JSON: keys sorted, nothing between them', () => {
  const text = encodeLeaf(sample);
  const parsed: unknown = JSON.parse(text);
  assert.ok(typeof parsed === 'object' && parsed !== null);
  assert.equal(
    text,
    JSON.stringify(Object.fromEntries(Object.entries(parsed).sort(([a], [b]) => (a < b ? -1 : 1)))),
  );
});

test('a mutated text is refused, or is exactly the text of another leaf', () => {
  const edits = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 3 }),
    insert: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom(' ', '\n', '\t', '\u0000', '\ufeff', '"', ',', '\\u0061', 'A', '0'),
    ),
  });
  fc.assert(
    fc.property(leaves, edits, (leaf, { at, remove, insert }) => {
      const text = encodeLeaf(leaf);
      const where = at % (text.length + 1);
      const mutated = text.slice(0, where) + insert + text.slice(where + remove);
      const parsed = parseLeaf(mutated);
      if (parsed.ok) assert.equal(encodeLeaf(parsed.leaf), mutated);
    }),
    { numRuns: 2000 },
  );
});

test('every way of writing the same JSON otherwise is refused', () => {
  const text = encodeLeaf(sample);
  const object = JSON.parse(text) as Record<string, unknown>;
  const { v, ...rest } = object;
  for (const other of [
    JSON.stringify(object, undefined, 1),
    JSON.stringify({ v, ...rest }),
    text.replace('"v":1', '"v":1e0'),
    text.replace('decision/v1', 'decision\\/v1'),
    text.replace('"id":"A', '"id":"\\u0041'),
    text.replace('{', '{"id":"","').replace('""actor', '"actor'),
    text.toUpperCase(),
    `${text}\n`,
    ` ${text}`,
    `${text}${text}`,
  ]) {
    assert.notEqual(other, text);
    assert.deepEqual(parseLeaf(other), { ok: false, problem: 'malformed' });
  }
});

test('no text of whatever length or content makes parsing throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 700 }), (text) => assert.ok(!parseLeaf(text).ok)),
  );
  assert.deepEqual(parseLeaf(`{"${'","v":'.repeat(500_000)}2}`), { ok: false, problem: 'malformed' });
});

test('a leaf of a newer writer is told from a broken one', () => {
  const text = encodeLeaf(sample);
  const problemOf = (mutated: string): string => {
    const parsed = parseLeaf(mutated);
    return parsed.ok ? 'none' : parsed.problem;
  };
  assert.equal(problemOf(text.replace('"v":1}', '"v":2}')), 'unknown-version');
  assert.equal(problemOf('{"new":"shape","v":13}'), 'unknown-version');
  assert.equal(problemOf(text.replace('"v":1}', '"v":0}')), 'malformed');
  assert.equal(problemOf(text.replace('decision/v1', 'drill/v1')), 'unknown-type');
  assert.equal(problemOf(text.replace('decision/v1', 'decision/v01')), 'malformed');
});

test('only real instants are times', () => {
  const parse = (time: string) => parseLeaf(encodeLeaf(sample).replace(sample.time, time));
  for (const time of ['2024-02-29', '2000-02-29', '2026-12-31', '1000-01-01', '9999-04-30']) {
    assert.equal(parse(`${time}T23:59:59.999Z`).ok, true, time);
  }
  for (const day of [
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-00-10',
    '2026-13-01',
    '2026-01-00',
    '2026-01-32',
  ]) {
    assert.deepEqual(parse(`${day}T00:00:00.000Z`), { ok: false, problem: 'no-such-time' }, day);
  }
  for (const hour of ['24:00:00', '23:60:00', '23:59:60']) {
    assert.deepEqual(parse(`2026-01-01T${hour}.000Z`), { ok: false, problem: 'no-such-time' }, hour);
  }
  for (const text of ['0999-01-01T00:00:00.000Z', '2026-01-01T00:00:00Z', '2026-01-01t00:00:00.000z']) {
    assert.deepEqual(parse(text), { ok: false, problem: 'malformed' }, text);
  }
});

test('encoding refuses what a leaf may not hold', () => {
  for (const wrong of [
    { id: 'A'.repeat(25) },
    { id: 'A'.repeat(65) },
    { id: `${'A'.repeat(26)}","x":"` },
    { subject: sample.subject.toUpperCase() },
    { prev: '' },
    { time: '2026-02-30T00:00:00.000Z' },
  ]) {
    assert.throws(() => encodeLeaf({ ...sample, ...wrong }), RangeError);
  }
});

test('what was committed to opens, every field on its own', () => {
  fc.assert(
    fc.property(disclosed, ({ leaf, openings }) => {
      const verdict = verifyOpening(leaf, openings, hash);
      assert.ok(allOpened(verdict, leafFields));
      for (const field of leafFields) {
        const { [field]: _erased, ...others } = openings;
        const without = verifyOpening(leaf, others, hash);
        assert.deepEqual(without, { ...verdict, [field]: 'closed' });
        assert.ok(!allOpened(without, [field]));
        assert.ok(
          allOpened(
            without,
            leafFields.filter((other) => other !== field),
          ),
        );
      }
    }),
    { numRuns: 50 },
  );
});

test('any changed byte of a salt, a payload or a commitment is refuted', () => {
  const plain = fc.constantFrom('subject' as const, 'actor' as const, 'statement' as const);
  fc.assert(
    fc.property(disclosed, plain, fc.nat(), masks, ({ leaf, openings }, field, at, mask) => {
      const opening = openings[field];
      assert.ok(opening !== undefined);
      const salt = toHex(flipped(fromHex(opening.salt, 32) ?? new Uint8Array(), at, mask));
      const payload = flipped(opening.payload, at, mask);
      const commitment = toHex(flipped(fromHex(leaf[field], 32) ?? new Uint8Array(), at, mask));
      const verdicts = [
        verifyOpening(leaf, { [field]: { ...opening, salt } }, hash),
        verifyOpening(leaf, { [field]: { ...opening, payload } }, hash),
        verifyOpening(leaf, { [field]: { ...opening, payload: Uint8Array.of(...opening.payload, 0) } }, hash),
        verifyOpening(leaf, { [field]: { ...opening, payload: opening.payload.subarray(1) } }, hash),
        verifyOpening({ ...leaf, [field]: commitment }, { [field]: opening }, hash),
      ];
      for (const verdict of verdicts) {
        assert.equal(verdict[field], 'refuted');
        assert.ok(!allOpened(verdict, []));
      }
    }),
  );
});

test('bytes cannot move between salt and payload, nor a commitment between fields', () => {
  const salt = hash(utf8('salt'));
  const payload = utf8('payload');
  assert.throws(() => commit('subject', Uint8Array.of(...salt, 1), payload, hash), RangeError);
  assert.throws(() => commit('subject', salt.subarray(1), payload, hash), RangeError);
  const values = leafFields.map((field) => toHex(commit(field, salt, payload, hash)));
  assert.equal(new Set(values).size, leafFields.length);
});

test('a link that leads nowhere is refuted even when it is what was committed to', () => {
  const salt = hexOf('salt');
  const opened = (payload: Uint8Array): string => {
    const prev = toHex(commit('prev', fromHex(salt, 32) ?? new Uint8Array(), payload, hash));
    return verifyOpening({ ...sample, prev }, { prev: { salt, payload } }, hash).prev;
  };
  assert.equal(opened(prevPayload(undefined)), 'opened');
  assert.equal(opened(prevPayload('x'.repeat(64))), 'opened');
  assert.equal(opened(utf8('x'.repeat(25))), 'refuted');
  assert.equal(opened(utf8('x'.repeat(65))), 'refuted');
  assert.equal(opened(utf8('x'.repeat(5_000_000))), 'refuted');
  assert.equal(opened(utf8(`${'x'.repeat(30)} `)), 'refuted');
  assert.equal(opened(Uint8Array.of(...utf8('x'.repeat(30)), 0xe9)), 'refuted');
  assert.throws(() => prevPayload('short'), RangeError);
});

test('adding, removing, replacing or reordering evidence changes the root or is no set', () => {
  fc.assert(
    fc.property(disclosed, fc.nat(), hex32, hex32, ({ leaf, openings }, at, digest, salt) => {
      const places = openings.evidence ?? [];
      const n = at % places.length;
      const removed = places.toSpliced(n, 1);
      const replaced = places.with(n, { digest, salt });
      const added = [...places, { digest, salt }].sort((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1));
      const doubled = places.toSpliced(n, 0, ...places.slice(n, n + 1));
      const others = [removed, replaced, added, doubled];
      if (places.length > 1) others.push(places.toReversed());
      for (const other of others) assert.notEqual(evidenceRoot(other, hash), leaf.evidence);
    }),
  );
});

test('one place can be withheld or erased while the rest of the set verifies', () => {
  fc.assert(
    fc.property(disclosed, fc.nat(), ({ leaf, openings }, at) => {
      const places = openings.evidence ?? [];
      const n = at % places.length;
      const place = places[n];
      assert.ok(place !== undefined && 'digest' in place);
      const [salt, digest] = [fromHex(place.salt, 32), fromHex(place.digest, 32)];
      assert.ok(salt !== undefined && digest !== undefined);
      const bare = { commitment: toHex(commit('evidence', salt, digest, hash)) };
      assert.equal(verifyOpening(leaf, { evidence: places.with(n, bare) }, hash).evidence, 'partly');
      const forged = { commitment: toHex(flipped(fromHex(bare.commitment, 32) ?? new Uint8Array(), at, 1)) };
      assert.equal(verifyOpening(leaf, { evidence: places.with(n, forged) }, hash).evidence, 'refuted');
    }),
  );
});

test('what is no evidence set has no root', () => {
  const salt = hexOf('salt');
  const low = { salt, digest: '0'.repeat(64) };
  const high = { salt, digest: 'f'.repeat(64) };
  const none = { salt, digest: '' };
  const sets: readonly (readonly EvidenceOpening[])[] = [
    [],
    [high, low],
    [low, { commitment: hexOf('between') }, low],
    [none, low],
    [none, { commitment: hexOf('beside') }],
    [{ salt, digest: '00' }],
    [{ salt: salt.toUpperCase(), digest: low.digest }],
    [{ salt: '', digest: low.digest }],
    [{ commitment: '' }],
    Array.from({ length: 4097 }, () => ({ commitment: hexOf('many') })),
  ];
  for (const places of sets) assert.equal(evidenceRoot(places, hash), undefined);
  assert.match(evidenceRoot([none], hash) ?? '', /^[0-9a-f]{64}$/);
  assert.match(evidenceRoot([low, high], hash) ?? '', /^[0-9a-f]{64}$/);
  assert.match(evidenceRoot(sets[9]?.slice(1) ?? [], hash) ?? '', /^[0-9a-f]{64}$/);
});

test('the empty set looks like any other: its root is not a constant', () => {
  const roots = ['a', 'b'].map((salt) => evidenceRoot([{ salt: hexOf(salt), digest: '' }], hash));
  assert.notEqual(roots[0], roots[1]);
});

test('Merkle hashing keeps leaves, nodes and the empty tree apart', () => {
  const [a, b] = [hash(utf8('a')), hash(utf8('b'))];
  const root = treeRoot([a, b], hash);
  assert.deepEqual(root, hashNode(hashLeaf(a, hash), hashLeaf(b, hash), hash));
  assert.notDeepEqual(root, treeRoot([Uint8Array.of(...hashLeaf(a, hash), ...hashLeaf(b, hash))], hash));
  assert.notDeepEqual(root, treeRoot([b, a], hash));
  // RFC 6962 section 2.1: the hash of an empty list is the hash of an empty string.
  assert.equal(toHex(treeRoot([], hash)), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('hex has one spelling and one length', () => {
  fc.assert(
    fc.property(bytes32, (bytes) => assert.deepEqual(fromHex(toHex(bytes), 32), Uint8Array.from(bytes))),
  );
  for (const text of ['0', '0g', '0A', ' 0', '000', '-1', '0x'])
    assert.equal(fromHex(text, 1), undefined, text);
});

function digestOf(place: EvidenceOpening): string {
  return 'digest' in place ? place.digest : '';
}

test('the bytes that are hashed are those of the description', () => {
  const [salt, payload] = [hash(utf8('salt')), utf8('payload')];
  const preimage = Buffer.concat([Buffer.from('assay/leaf/v1/subject\0'), salt, payload]);
  assert.deepEqual(commit('subject', salt, payload, hash), hash(preimage));
  assert.deepEqual(hashLeaf(payload, hash), hash(Buffer.concat([Buffer.of(0), payload])));
  assert.deepEqual(hashNode(salt, payload, hash), hash(Buffer.concat([Buffer.of(1), salt, payload])));
});
