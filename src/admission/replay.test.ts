import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evidenceOf, recordOf } from '../../test/support/storage-records.ts';
import { sha256 } from '../core/digest.ts';
import { evidenceDigest, type Evidence } from '../core/evidence.ts';
import type { Facts } from '../core/facts.ts';
import type { Json } from '../core/json.ts';
import { changed, checkDifferences, evidenceDifferences, verdictDifferences } from './replay.ts';
import { retryAfter } from './replay-inputs.ts';

const { decision } = recordOf({ outcome: 'hold', caseSeed: 'a' });
const facts = {} as Facts;
const names = (found: readonly { readonly what: string }[]): readonly string[] =>
  found.map(({ what }) => what);

test('two values differ exactly when their canonical forms do, and the place is named', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const isSame = JSON.stringify(sorted(a as Json)) === JSON.stringify(sorted(b as Json));
      assert.equal(changed('x', a as Json, b as Json).length === 0, isSame);
    }),
  );
  const found = changed('x', { a: { b: 1, c: [1] }, d: 'same' }, { a: { b: 2, c: [1] }, e: null, d: 'same' });
  assert.deepEqual(found, [
    { what: 'x.a.b', recorded: '1', derived: '2' },
    { what: 'x.e', recorded: '(nothing)', derived: 'null' },
  ]);
});

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value;
  if (Array.isArray(value)) return ['a list', ...value.map(sorted)];
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ['an object', ...entries.map(([key, item]) => [key, sorted(item)])];
}

test('a verdict is the same when policy says again what is recorded, at the instant that is recorded', () => {
  const asked: unknown[] = [];
  const found = verdictDifferences(decision, facts, true, (input, now) => {
    asked.push([input.stage, input.facts, input.context, now]);
    return decision;
  });
  assert.deepEqual(found, []);
  const context = { principal: decision.principal, admittedBefore: true };
  assert.deepEqual(asked, [[decision.stage, facts, context, decision.decidedAt]]);
});

test('every part of a verdict counts', () => {
  const parts = {
    outcome: 'allow',
    facts: sha256('other'),
    policy: sha256('other'),
    reasons: [],
    warnings: decision.reasons,
    audits: decision.reasons,
    validUntil: '2030-01-01T00:00:00.000Z',
  } as const;
  for (const [part, value] of Object.entries(parts)) {
    const found = verdictDifferences(decision, facts, false, () => ({ ...decision, [part]: value }));
    assert.ok(names(found).includes(part), part);
  }
});

test('a refusal may end sooner than policy says, to be tried again; an allow may not', () => {
  const later = { ...decision, validUntil: '2030-01-01T00:00:00.000Z' };
  const soon = { ...decision, validUntil: retryAfter(decision.decidedAt) };
  assert.deepEqual(
    verdictDifferences(soon, facts, false, () => later),
    [],
  );
  const allow = { ...soon, outcome: 'allow' } as const;
  const found = verdictDifferences(allow, facts, false, () => ({ ...later, outcome: 'allow' }));
  assert.deepEqual(names(found), ['validUntil']);
});

test('an evidence set is what its digest says: no row changed, none more and none fewer', () => {
  const set = [evidenceOf('age'), evidenceOf('archive')];
  const { decision: decided } = recordOf({ evidence: set });
  const rows = set.map((evidence) => {
    const digest = evidenceDigest(evidence);
    return { digest, found: digest, evidence };
  });
  assert.deepEqual(evidenceDifferences(decided, rows), []);
  assert.deepEqual(names(evidenceDifferences(decided, rows.slice(1))), ['evidence set']);
  const [first, second] = rows;
  assert.ok(first !== undefined && second !== undefined);
  const bent = [
    { ...first, found: sha256('other') },
    { ...second, found: sha256('x'), evidence: undefined },
  ];
  assert.deepEqual(names(evidenceDifferences(decided, bent)), ['evidence/age', 'evidence/unreadable']);
});

test('a check says the same when result, facts and items are; how fresh a root was does not count', () => {
  const recorded: Evidence = evidenceOf('provenance', {
    facts: { state: 'verified', 'rule.trust-root': 'pass' },
  });
  const item = { id: 'provenance/trust-root-stale', message: 'old' };
  const aged = {
    ...recorded,
    facts: { state: 'verified', 'rule.trust-root': 'warn' },
    items: [item],
    summary: 'x',
  };
  assert.deepEqual(checkDifferences(recorded, aged), []);
  assert.deepEqual(names(checkDifferences(recorded, { ...recorded, result: 'warn' })), [
    'check/provenance.result',
  ]);
  const other = { ...recorded, facts: { state: 'invalid' } };
  assert.deepEqual(names(checkDifferences(recorded, other)), ['check/provenance.facts.state']);
  const found = checkDifferences(recorded, {
    ...recorded,
    items: [{ id: 'provenance/other', message: 'm' }],
  });
  assert.deepEqual(names(found), ['check/provenance.items']);
});
