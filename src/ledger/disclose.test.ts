import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import { localOperator, type Subject, type UpstreamId } from '../core/subject.ts';
import { openingsOf, type StoredEntry } from './disclose.ts';
import { erasureStatement, statementRemains } from './erasure.ts';
import { makeEvent, sha256Bytes, type EventInput } from './leaf.ts';
import { leafFields, parseLeaf, type LeafField } from './verify/leaf.ts';
import { verifyOpening } from './verify/opening.ts';

const artifact = sha256('bytes');
const release = {
  upstream: 'npm' as UpstreamId,
  channel: 'main',
  ecosystem: 'npm',
  purl: formatPurl('npm', 'left', '1.3.0'),
  file: 'left-1.3.0.tgz',
  claimedIntegrity: 'sha512-x',
} as const;
const subject: Subject = { ...release, artifact };
const evidence: readonly Sha256[] = [sha256('one'), sha256('two')].sort();

const decision: JsonObject = {
  subject: [{ name: release.file, uri: release.purl, digest: { sha256: artifact } }],
  predicateType: 'urn:assay:predicate:decision:v1',
  predicate: {
    release,
    outcome: 'allow',
    principal: { ...localOperator },
    evidence: evidence.map((digest) => ({ digest, kind: 'age' })),
  },
};

function stored(change: Partial<EventInput> = {}): StoredEntry & { readonly text: string } {
  const input: EventInput = {
    type: 'decision/v1',
    eventId: 'E'.repeat(26),
    time: '2026-01-31T09:00:00.000Z',
    subject,
    actor: localOperator,
    statement: decision,
    evidence,
    previousEventId: 'P'.repeat(26),
    randomBytes,
    ...change,
  };
  const { leaf: text, salts, statement } = makeEvent(input);
  const parsed = parseLeaf(text);
  assert.ok(parsed.ok);
  return { text, leaf: parsed.leaf, salts, statement, previousEventId: input.previousEventId };
}

function opened(entry: StoredEntry, fields: readonly LeafField[] = leafFields): readonly string[] {
  const verdict = verifyOpening(entry.leaf, openingsOf(entry, fields), sha256Bytes);
  assert.ok(leafFields.every((field) => verdict[field] !== 'refuted'));
  return leafFields.filter((field) => verdict[field] === 'opened');
}

test('everything that is stored of an entry opens it, and only what is asked for is handed out', () => {
  assert.deepEqual(opened(stored()), leafFields);
  assert.deepEqual(opened(stored({ previousEventId: undefined })), leafFields);
  assert.deepEqual(opened(stored(), ['subject', 'prev']), ['subject', 'prev']);
});

test('an erased salt closes its field and no other', () => {
  for (const field of leafFields) {
    const entry = stored();
    const salts = Object.fromEntries(
      Object.entries(entry.salts).filter(([key]) => key.split('/')[0] !== field),
    );
    assert.deepEqual(
      opened({ ...entry, salts }),
      leafFields.filter((other) => other !== field),
    );
  }
});

test('what remains of an erased statement opens the other fields, and tells nothing of the decision', () => {
  const entry = stored();
  const { statement: _erased, ...salts } = entry.salts;
  const remains = statementRemains(entry.statement);
  assert.deepEqual(
    opened({ ...entry, salts, statement: remains }),
    leafFields.filter((field) => field !== 'statement'),
  );
  assert.ok(!JSON.stringify(remains).includes('allow') && !JSON.stringify(remains).includes('age'));
});

test('a payload that was altered in the store is not handed out', () => {
  const entry = stored();
  const altered = JSON.parse(JSON.stringify(entry.statement).replace('left-1.3.0.tgz","uri', 'x","uri'));
  assert.ok(!opened({ ...entry, statement: altered as JsonObject }).includes('statement'));
});

test('the entry of an erasure opens from its own statement, also for a release without bytes', () => {
  const { artifact: _none, ...withoutBytes } = subject;
  for (const about of [subject, withoutBytes]) {
    const statement = erasureStatement({
      event: 'E'.repeat(26),
      leaf: stored().text,
      field: 'actor',
      reason: 'asked for',
      erasedAt: '2026-02-01T00:00:00.000Z',
      principal: localOperator,
      subject: about,
    });
    const entry = stored({ type: 'erasure/v1', subject: about, statement, evidence: [] });
    assert.equal(entry.leaf.type, 'erasure/v1');
    assert.deepEqual(opened(entry), leafFields);
  }
});
