import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckFacts } from '../core/facts.ts';
import {
  check,
  policyInput,
  policyNow as now,
  settings,
  verdictsOf,
  withCheck,
} from '../../test/support/policy-input.ts';
import { decide } from './decide.ts';
import { compilePack } from './pack.ts';
import type { EvidenceRule } from './rule-names.ts';
import type { PolicySettings } from './settings.ts';
import type { Result } from '../core/evidence.ts';

type Verdicts = Partial<Record<EvidenceRule, Result>>;

function feeds(verdicts: Verdicts, change: Partial<CheckFacts> = {}): CheckFacts {
  return check('pass', { ...change, facts: { ...verdictsOf('vulnerabilities', verdicts), ...change.facts } });
}

function decided(
  vulnerabilities: CheckFacts,
  {
    admittedBefore = false,
    policy = {},
  }: { admittedBefore?: boolean; policy?: Partial<PolicySettings> } = {},
) {
  const facts = withCheck('vulnerabilities', vulnerabilities);
  return decide(policyInput(facts, 'file', { admittedBefore }), compilePack(settings(policy)), [], now);
}

const rulesOf = (reasons: readonly { readonly rule: string }[]): readonly string[] =>
  reasons.map(({ rule }) => rule);

test('known malware is blocked, and revoked where it was admitted before', () => {
  for (const admittedBefore of [false, true]) {
    const verdict = decided(feeds({ 'known-malware': 'fail' }), { admittedBefore });
    assert.equal(verdict.outcome, 'block');
    assert.deepEqual(rulesOf(verdict.reasons), ['npm/known-malware']);
  }
});

test('one source alone about a popular package holds what is new, and does not stop what was admitted', () => {
  const one = feeds({ 'known-malware': 'warn' });
  assert.equal(decided(one).outcome, 'hold');
  const admitted = decided(one, { admittedBefore: true });
  assert.equal(admitted.outcome, 'allow');
  assert.deepEqual(rulesOf(admitted.warnings), ['npm/known-malware']);
});

test('no list lifts known malware; what only looks bad may be let pass by name', () => {
  const allow = [{ ecosystem: 'npm', name: 'sample', versions: undefined, reason: undefined } as const];
  assert.equal(decided(feeds({ 'known-malware': 'fail' }), { policy: { allow } }).outcome, 'block');
  const suspicious = withCheck('malware', check('fail', { facts: verdictsOf('malware') }));
  const verdictWith = (change: Partial<PolicySettings>) =>
    decide(policyInput(suspicious), compilePack(settings(change)), [], now).outcome;
  assert.deepEqual([verdictWith({}), verdictWith({ allow })], ['block', 'allow']);
});

test('advisories that are too old hold what is new only; a vulnerability is a note, and one in strict is a hold', () => {
  const stale = feeds({ 'feed-age': 'fail' });
  assert.equal(decided(stale).outcome, 'hold');
  assert.equal(decided(stale, { admittedBefore: true }).outcome, 'allow');
  const vulnerable = feeds({ vulnerability: 'fail' });
  assert.equal(decided(vulnerable).outcome, 'allow');
  assert.deepEqual(rulesOf(decided(vulnerable).warnings), ['npm/vulnerability']);
  assert.equal(decided(vulnerable, { policy: { preset: 'strict' } }).outcome, 'hold');
});

test('without a feed one note says so, and strict holds', () => {
  const none = check('not-checked');
  const verdict = decided(none);
  assert.equal(verdict.outcome, 'allow');
  assert.deepEqual(rulesOf(verdict.warnings), ['npm/feed-age']);
  assert.equal(decided(none, { policy: { preset: 'strict' } }).outcome, 'hold');
});

test('a decision ends when the first word that sets an advisory aside ends', () => {
  const setAsideUntil = '2026-11-20T13:00:00.000Z';
  assert.equal(decided(feeds({}, { facts: { setAsideUntil } })).validUntil, setAsideUntil);
  for (const other of ['2026-11-20T11:00:00.000Z', 'never', null, 7])
    assert.equal(
      decided(feeds({}, { facts: { setAsideUntil: other } })).validUntil,
      '2026-11-21T12:00:00.000Z',
    );
});

test('a scan that failed is told once, and never passes', () => {
  const facts = withCheck('malware', check('error', { facts: { 'rule.typosquat': 'pass' } }));
  const others = Object.fromEntries(
    ['capabilities', 'licences', 'secrets'].map((kind) => [
      kind,
      check('not-checked', { facts: { passing: true } }),
    ]),
  );
  const input = policyInput({ ...facts, checks: { ...facts.checks, ...others } });
  for (const preset of ['recommended', 'strict'] as const) {
    const verdict = decide(input, compilePack(settings({ preset })), [], now);
    assert.equal(verdict.outcome, 'hold');
    assert.ok(rulesOf(verdict.reasons).includes('npm/malware'));
  }
  const { reasons } = decide(input, compilePack(settings()), [], now);
  assert.deepEqual(rulesOf(reasons), ['npm/malware']);
});

test('a name made to be mistaken holds by itself, whatever the scan found', () => {
  const facts = withCheck('malware', check('pass', { facts: verdictsOf('malware', { typosquat: 'fail' }) }));
  const verdict = decide(policyInput(facts), compilePack(settings()), [], now);
  assert.deepEqual([verdict.outcome, ...rulesOf(verdict.reasons)], ['hold', 'npm/typosquat']);
});
