import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { canonicalBytes } from '../core/canonical-json.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import { formatPurl } from '../core/purl.ts';
import { anonymous, type Subject, type UpstreamId } from '../core/subject.ts';
import { decisionOpenings, makeDecisionEvent, sha256Bytes, type DecisionEventInput } from './leaf.ts';
import { leafFields, parseLeaf, type Leaf } from './verify/leaf.ts';
import { allOpened, verifyOpening } from './verify/opening.ts';

const subject: Subject = {
  upstream: 'npm' as UpstreamId,
  channel: 'main',
  ecosystem: 'npm',
  purl: formatPurl('npm', '@example/left', '1.3.0'),
  file: 'left-1.3.0.tgz',
  claimedIntegrity: '',
  artifact: sha256('bytes'),
};

function input(changes: Partial<DecisionEventInput> = {}): DecisionEventInput {
  return {
    eventId: 'E'.repeat(26),
    time: '2026-01-31T09:00:00.000Z',
    subject,
    actor: anonymous,
    statement: { outcome: 'allow' },
    evidence: [sha256('one'), sha256('two'), sha256('three')],
    previousEventId: undefined,
    randomBytes,
    ...changes,
  };
}

/** The same salts on every call. */
function counting(): (count: number) => Uint8Array {
  let n = 0;
  return (count) => new Uint8Array(count).fill(n++);
}

function leafOf(text: string): Leaf {
  const parsed = parseLeaf(text);
  assert.ok(parsed.ok);
  return parsed.leaf;
}

test('an event opens completely with its salts and the stored payloads', () => {
  for (const made of [input(), input({ previousEventId: 'P'.repeat(30) }), input({ evidence: [] })]) {
    const event = makeDecisionEvent(made);
    const leaf = leafOf(event.leaf);
    assert.deepEqual([leaf.id, leaf.type, leaf.time], [event.eventId, event.type, event.time]);
    assert.ok(allOpened(verifyOpening(leaf, decisionOpenings(made, event.salts), sha256Bytes), leafFields));
  }
});

test('salts are keyed by field and by place of evidence, 32 bytes each, none used twice', () => {
  const { salts } = makeDecisionEvent(input());
  assert.deepEqual(Object.keys(salts), [
    'subject',
    'actor',
    'statement',
    'prev',
    'evidence/0',
    'evidence/1',
    'evidence/2',
  ]);
  assert.ok(Object.values(salts).every((salt) => /^[0-9a-f]{64}$/.test(salt)));
  assert.equal(new Set(Object.values(salts)).size, 7);
});

test('two entries with everything in common share no commitment', () => {
  const [a, b] = [makeDecisionEvent(input()), makeDecisionEvent(input())].map((event) => leafOf(event.leaf));
  assert.ok(a !== undefined && b !== undefined);
  for (const field of leafFields) assert.notEqual(a[field], b[field]);
});

test('a leaf holds nothing that a dictionary could find: not the hash of any payload or digest', () => {
  const made = input({ previousEventId: 'P'.repeat(30) });
  const { leaf } = makeDecisionEvent(made);
  const guesses = [
    canonicalBytes({ ...subject }),
    canonicalBytes({ ...anonymous }),
    canonicalBytes(made.statement),
    Buffer.from('P'.repeat(30)),
  ].map((payload) => sha256(payload));
  for (const guess of [...guesses, ...made.evidence, 'P'.repeat(30)]) assert.ok(!leaf.includes(guess));
});

test('the order of evidence, and naming a piece twice, makes no difference', () => {
  const digests = fc.uniqueArray(
    fc.string().map((text) => sha256(text)),
    { minLength: 1, maxLength: 20 },
  );
  const shuffled = digests.chain((set) =>
    fc.tuple(fc.constant(set), fc.shuffledSubarray(set, { minLength: set.length })),
  );
  fc.assert(
    fc.property(shuffled, ([set, other]) => {
      const made = makeDecisionEvent(input({ evidence: set, randomBytes: counting() }));
      const again = makeDecisionEvent(input({ evidence: [...other, ...other], randomBytes: counting() }));
      assert.deepEqual(again, made);
    }),
  );
});

test('erasing one salt closes that field and leaves the others verifiable', () => {
  const made = input();
  const event = makeDecisionEvent(made);
  for (const key of Object.keys(event.salts)) {
    const { [key]: _erased, ...rest } = event.salts;
    const verdict = verifyOpening(leafOf(event.leaf), decisionOpenings(made, rest), sha256Bytes);
    for (const field of leafFields) {
      assert.equal(verdict[field], key.split('/')[0] === field ? 'closed' : 'opened', `${key}: ${field}`);
    }
  }
});

test('every part of the subject, the actor, the statement and the link is bound', () => {
  const made = input({ previousEventId: 'P'.repeat(26) });
  const event = makeDecisionEvent(made);
  const { artifact: _none, ...withoutBytes } = subject;
  const others: readonly (readonly [keyof Leaf, Partial<DecisionEventInput>])[] = [
    ['subject', { subject: { ...subject, upstream: 'corp' as UpstreamId } }],
    ['subject', { subject: { ...subject, channel: 'secure' } }],
    ['subject', { subject: { ...subject, purl: formatPurl('npm', 'left', '1.3.0') } }],
    ['subject', { subject: { ...subject, file: 'right-1.3.0.tgz' } }],
    ['subject', { subject: { ...subject, claimedIntegrity: 'sha512-' } }],
    ['subject', { subject: { ...subject, ecosystem: 'pypi' } }],
    ['subject', { subject: { ...subject, artifact: sha256('other bytes') } }],
    ['subject', { subject: withoutBytes }],
    ['actor', { actor: { kind: 'person', name: 'anonymous' } }],
    ['statement', { statement: { outcome: 'block' } }],
    ['prev', { previousEventId: undefined }],
    ['prev', { previousEventId: 'Q'.repeat(26) }],
    ['evidence', { evidence: [sha256('one'), sha256('two'), sha256('four')] }],
  ];
  for (const [field, change] of others) {
    const verdict = verifyOpening(
      leafOf(event.leaf),
      decisionOpenings({ ...made, ...change }, event.salts),
      sha256Bytes,
    );
    assert.deepEqual(
      Object.entries(verdict).filter(([, found]) => found !== 'opened'),
      [[field, 'refuted']],
    );
  }
});

test('a wrong id, time, digest or random source makes no event', () => {
  for (const wrong of [
    { eventId: 'short' },
    { eventId: `${'E'.repeat(26)}"` },
    { time: '2026-01-31T09:00:00Z' },
    { previousEventId: 'short' },
    { evidence: ['' as Sha256] },
    { evidence: ['' as Sha256, sha256('one')] },
    { evidence: ['F'.repeat(64) as Sha256] },
    { randomBytes: (count: number) => new Uint8Array(count - 1) },
  ]) {
    assert.throws(() => makeDecisionEvent(input(wrong)), RangeError);
  }
});
