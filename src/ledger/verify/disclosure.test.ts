import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { testKey } from '../../../test/support/signed-log.ts';
import { canonicalBytes } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator, type Subject, type UpstreamId } from '../../core/subject.ts';
import { openingsOf } from '../disclose.ts';
import { makeEvent, sha256Bytes as hash } from '../leaf.ts';
import { verifyEd25519 as verify } from '../signing/ed25519.ts';
import { toBase64, utf8 } from './bytes.ts';
import { formatCheckpoint } from './checkpoint.ts';
import { formatDisclosure, parseDisclosure, type Disclosure, type DisclosedEntry } from './disclosure.ts';
import { preAuthEncoding, statementPayloadType } from './dsse.ts';
import { leafFields, parseLeaf } from './leaf.ts';
import { formatNote } from './note.ts';
import { logOnlyPolicy } from './policy.ts';
import { formatProofBundle } from './proof-bundle.ts';
import { hashLeaf, treeRoot } from './rfc6962.ts';
import { isProven, verifyDisclosure } from './verify-disclosure.ts';

const origin = 'log.example.com/test';
const key = testKey(origin, 'ed25519');
const policy = logOnlyPolicy([key.verifier]);
const means = { hash, verify };

function subjectOf(version: string): Subject {
  return {
    upstream: 'npm' as UpstreamId,
    channel: 'main',
    ecosystem: 'npm',
    purl: formatPurl('npm', 'left', version),
    file: `left-${version}.tgz`,
    claimedIntegrity: '',
    artifact: sha256(version),
  };
}

function statementOf(subject: Subject, outcome: string): JsonObject {
  const { artifact = '', ...release } = subject;
  return {
    subject: [{ name: subject.file, digest: { sha256: artifact } }],
    predicateType: 'urn:assay:predicate:decision:v1',
    predicate: { release, outcome, principal: { ...localOperator }, evidence: [] },
  };
}

function note(size: number, root: Uint8Array): string {
  const text = formatCheckpoint({ origin, size, root });
  const { name, id } = key.verifier;
  return formatNote({ text, signatures: [{ name, id, signature: key.sign(utf8(text)) }] });
}

function envelopeOf(statement: JsonObject): string {
  const payload = canonicalBytes(statement);
  const sig = toBase64(key.sign(preAuthEncoding(statementPayloadType, payload)));
  return JSON.stringify({
    payloadType: statementPayloadType,
    payload: toBase64(payload),
    signatures: [{ keyid: key.verifier.id, sig }],
  });
}

const summaries: readonly JsonObject[] = [
  { predicateType: 'a summary' },
  { predicateType: 'another summary' },
];

/** As the statement of a decision names its verification summary. */
function summed(statement: JsonObject, n: number): JsonObject {
  const predicate = statement['predicate'] as JsonObject;
  return {
    ...statement,
    predicate: { ...predicate, summary: { sha256: sha256(canonicalBytes(summaries[n] ?? {})) } },
  };
}

/** A log of two entries of one release, both disclosed. */
function disclosed(): Disclosure {
  const subject = subjectOf('1.3.0');
  const ids = ['A'.repeat(26), 'B'.repeat(26)];
  const made = ids.map((eventId, n) =>
    makeEvent({
      type: 'decision/v1',
      eventId,
      time: `2026-01-31T09:00:0${n}.000Z`,
      subject,
      actor: localOperator,
      statement: summed(statementOf(subject, n === 0 ? 'allow' : 'block'), n),
      evidence: [],
      previousEventId: ids[n - 1],
      randomBytes,
    }),
  );
  const entries = made.map(({ leaf }) => utf8(leaf));
  const checkpoint = note(2, treeRoot(entries, hash));
  return {
    claim: 'history',
    entries: made.map(({ leaf: entry, statement, salts }, index): DisclosedEntry => {
      const parsed = parseLeaf(entry);
      assert.ok(parsed.ok);
      const sibling = hashLeaf(entries[1 - index] ?? new Uint8Array(0), hash);
      const previousEventId = ids[index - 1];
      return {
        index,
        entry,
        proof: formatProofBundle({ extra: undefined, index, proof: [sibling], checkpoint }),
        openings: openingsOf({ leaf: parsed.leaf, statement, salts, previousEventId }, leafFields),
        envelope: envelopeOf(statement),
        summary: envelopeOf(summaries[index] ?? {}),
      };
    }),
  };
}

test('a disclosure is read back as it was written, and everything in it is proven', () => {
  const made = disclosed();
  const read = parseDisclosure(formatDisclosure(made));
  assert.ok(read !== undefined);
  assert.equal(formatDisclosure(read), formatDisclosure(made));
  const verdict = verifyDisclosure(read, policy, means);
  assert.ok(verdict.entries.every(isProven));
  assert.deepEqual(
    verdict.entries.map(({ envelope, subject }) => [envelope, subject?.file]),
    [
      ['signed', 'left-1.3.0.tgz'],
      ['signed', 'left-1.3.0.tgz'],
    ],
  );
  assert.deepEqual(
    verdict.histories.map(({ indexes, problems }) => [indexes, problems]),
    [[[0, 1], []]],
  );
  assert.deepEqual(verdict.forks, []);
});

test('no character of it can be changed unnoticed, but for what means the same', () => {
  const text = formatDisclosure(disclosed());
  const outcome = (read: Disclosure): unknown => {
    const { entries, histories, forks } = verifyDisclosure(read, policy, means);
    return {
      claim: read.claim,
      shown: entries.map(({ index, leaf, subject, statement, fields, envelope, proof }) => ({
        index,
        leaf,
        subject,
        statement,
        fields,
        envelope,
        proof: proof.ok,
      })),
      histories,
      forks,
    };
  };
  const before = parseDisclosure(text);
  assert.ok(before !== undefined);
  const expected = JSON.stringify(outcome(before));
  const changes = fc.tuple(
    fc.nat({ max: text.length - 1 }),
    fc.constantFrom(...'0aA1"{}[],:\\ \n+/='.split('')),
  );
  fc.assert(
    fc.property(changes, ([at, character]) => {
      const read = parseDisclosure(text.slice(0, at) + character + text.slice(at + 1));
      if (read === undefined) return;
      const verdict = verifyDisclosure(read, policy, means);
      const isWhole = read.entries.length === 2 && verdict.entries.every(isProven);
      const isHistory = verdict.histories.length === 1 && verdict.histories[0]?.problems.length === 0;
      // What still passes as a whole says exactly what it said before, or shows less of it.
      if (isWhole && isHistory && read.claim === 'history' && allOpen(verdict))
        assert.equal(JSON.stringify(outcome(read)), expected);
    }),
    { numRuns: 3000 },
  );
});

function allOpen({ entries }: ReturnType<typeof verifyDisclosure>): boolean {
  return entries.every(
    ({ fields, envelope, summary }) =>
      envelope === 'signed' &&
      summary === 'signed' &&
      Object.values(fields ?? {}).every((verdict) => verdict === 'opened'),
  );
}

test('another statement under the signature, or another signature over it, is refuted; another key is unknown', () => {
  const { entries, claim } = disclosed();
  const [first, second] = entries;
  assert.ok(first !== undefined && second !== undefined);
  const judged = (envelope: string | undefined, keys = policy): string | undefined =>
    verifyDisclosure({ claim, entries: [{ ...first, envelope }] }, keys, means).entries[0]?.envelope;
  assert.equal(judged(first.envelope), 'signed');
  assert.equal(judged(second.envelope), 'refuted');
  assert.equal(judged(first.envelope?.replace(/"sig":"../, '"sig":"AA')), 'refuted');
  assert.equal(judged('{}'), 'refuted');
  assert.equal(judged(undefined), 'none');
  assert.equal(
    judged(first.envelope, logOnlyPolicy([testKey(origin, 'ed25519', 'other').verifier])),
    'unknown',
  );
});

test('a summary is proven as the one that the statement names; another, or one without its statement, is refuted', () => {
  const { entries, claim } = disclosed();
  const [first, second] = entries;
  assert.ok(first !== undefined && second !== undefined);
  const judged = (change: Partial<DisclosedEntry>, keys = policy): readonly [string | undefined, boolean] => {
    const [finding] = verifyDisclosure({ claim, entries: [{ ...first, ...change }] }, keys, means).entries;
    return [finding?.summary, finding !== undefined && isProven(finding)];
  };
  assert.deepEqual(judged({}), ['signed', true]);
  assert.deepEqual(judged({ summary: undefined }), ['none', true]);
  assert.deepEqual(judged({ summary: second.summary }), ['refuted', false]);
  assert.deepEqual(judged({ summary: first.summary?.replace(/"sig":"../, '"sig":"AA') }), ['refuted', false]);
  assert.deepEqual(judged({ summary: '{}' }), ['refuted', false]);
  const { statement: _closed, ...openings } = first.openings;
  assert.deepEqual(judged({ openings, envelope: undefined }), ['refuted', false]);
  assert.equal(judged({}, logOnlyPolicy([testKey(origin, 'ed25519', 'other').verifier]))[0], 'unknown');
});

test('two trees of one size under the same key are a fork', () => {
  const { entries } = disclosed();
  const others = disclosed();
  const [first] = entries;
  const [, second] = others.entries;
  assert.ok(first !== undefined && second !== undefined);
  const { forks } = verifyDisclosure({ claim: 'entries', entries: [first, second] }, policy, means);
  assert.deepEqual(forks, [{ origin, size: 2 }]);
});

test('an index other than in the proof, and an entry that is no leaf, are not proven', () => {
  const { entries } = disclosed();
  const [first] = entries;
  assert.ok(first !== undefined);
  const problem = (entry: DisclosedEntry): unknown => {
    const [finding] = verifyDisclosure({ claim: 'entries', entries: [entry] }, policy, means).entries;
    return finding?.proof.ok === false ? finding.proof.problem : undefined;
  };
  assert.equal(problem({ ...first, index: 1 }), 'another-index');
  assert.equal(problem({ ...first, entry: `${first.entry} ` }), 'not-included');
  const plain = 'not a leaf';
  const proof = formatProofBundle({
    extra: undefined,
    index: 0,
    proof: [],
    checkpoint: note(1, hashLeaf(utf8(plain), hash)),
  });
  assert.equal(problem({ ...first, entry: plain, proof }), 'no-leaf');
});

test('whatever JSON it is given, reading and verifying end without an exception', () => {
  const anything = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record({ claim: fc.constant('history'), entries: fc.array(fc.jsonValue()) })
      .map((value) => JSON.stringify({ format: 'assay-disclosure/v1', ...value })),
    fc
      .record({
        index: fc.nat(),
        entry: fc.string(),
        proof: fc.string(),
        openings: fc.record({ prev: fc.record({ salt: fc.string(), payload: fc.string() }) }),
        envelope: fc.json(),
        summary: fc.json(),
      })
      .map((entry) => JSON.stringify({ format: 'assay-disclosure/v1', claim: 'entries', entries: [entry] })),
  );
  fc.assert(
    fc.property(anything, (text) => {
      const read = parseDisclosure(text);
      if (read === undefined) return;
      assert.ok(!verifyDisclosure(read, policy, means).entries.some(isProven));
    }),
  );
  assert.equal(
    parseDisclosure('{"format":"assay-disclosure/v1","claim":"history","entries":[],"__proto__":{"x":1}}')
      ?.entries.length,
    0,
  );
});
