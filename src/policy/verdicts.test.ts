import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckFacts, Facts } from '../core/facts.ts';
import {
  check,
  policyInput,
  policyNow,
  settings,
  verdictsOf,
  withCheck,
} from '../../test/support/policy-input.ts';
import { decide } from './decide.ts';
import { compilePack } from './pack.ts';

function decideFor(kind: string, value: CheckFacts | undefined) {
  return decide(policyInput(withCheck(kind, value)), compilePack(settings()), [], policyNow);
}

const rulesOf = (reasons: readonly { readonly rule: string }[]): readonly string[] =>
  reasons.map((reason) => reason.rule);

test('a verdict inside evidence is told by its own rule, in the words of its own findings', () => {
  const items = [
    { id: 'expectations/burst', message: 'Another rule found this.' },
    { id: 'expectations/source-changed/owner', message: 'The owner is 7 and was 9.' },
  ];
  const facts = verdictsOf('expectations', { 'source-changed': 'fail' });
  const { outcome, reasons, warnings } = decideFor('expectations', check('fail', { facts, items }));
  assert.equal(outcome, 'block');
  assert.deepEqual(rulesOf(reasons), ['npm/source-changed']);
  assert.equal(reasons[0]?.why, 'The owner is 7 and was 9.');
  assert.deepEqual(reasons[0]?.items, ['expectations/source-changed/owner']);
  assert.deepEqual(warnings, []);
});

test('evidence that is missing or failed as a whole is told once', () => {
  for (const value of [undefined, check('error')]) {
    const { outcome, reasons } = decideFor('expectations', value);
    assert.equal(outcome, 'hold');
    assert.deepEqual(rulesOf(reasons), ['npm/expectations']);
  }
});

test('what nobody could be asked about is told in one note that names it', () => {
  const facts = verdictsOf('expectations', {
    'source-tag': 'not-checked',
    'run-conclusion': 'not-checked',
    'trust-downgrade': 'warn',
  });
  const { outcome, warnings } = decideFor('expectations', check('warn', { facts }));
  assert.equal(outcome, 'allow');
  assert.deepEqual(rulesOf(warnings), ['npm/trust-downgrade', 'npm/expectations']);
  assert.match(warnings[1]?.why ?? '', /run-conclusion, source-tag/);
});

test('a verdict that should be there and is not holds; so does one that is no result', () => {
  const { 'rule.burst': _, ...others } = verdictsOf('expectations');
  for (const facts of [others, { ...others, 'rule.burst': 'fine' }, { ...others, 'rule.burst': true }]) {
    const { outcome, reasons } = decideFor('expectations', check('pass', { facts }));
    assert.equal(outcome, 'hold');
    assert.deepEqual(rulesOf(reasons), ['npm/burst']);
  }
});

test('a finding that no verdict tells is not lost', () => {
  const { outcome, reasons } = decideFor(
    'expectations',
    check('fail', { facts: verdictsOf('expectations'), summary: 'Something else.' }),
  );
  assert.equal(outcome, 'hold');
  assert.deepEqual(rulesOf(reasons), ['npm/expectations']);
});

test('a package that offers nothing to verify is allowed with two notes, and not with one for each rule', () => {
  const facts = withCheck('expectations', check('not-available'));
  const checks = { ...facts.checks, provenance: check('not-available') };
  const verdict = decide(policyInput({ ...facts, checks }), compilePack(settings()), [], policyNow);
  assert.equal(verdict.outcome, 'allow');
  assert.deepEqual(rulesOf(verdict.warnings), ['npm/provenance', 'npm/expectations']);
});

test('commits that nobody reviewed are no news by default, and hold under strict; a rewritten history holds', () => {
  const of = (change: Parameters<typeof verdictsOf>[1], result: 'fail' | 'warn' | 'not-checked') =>
    withCheck('commits', check(result, { facts: verdictsOf('commits', change) }));
  const decided = (facts: Facts, preset: 'recommended' | 'strict') => {
    const verdict = decide(policyInput(facts), compilePack(settings({ preset })), [], policyNow);
    return [verdict.outcome, ...rulesOf([...verdict.reasons, ...verdict.warnings])];
  };
  const unreviewed = of({ unreviewed: 'warn' }, 'warn');
  assert.deepEqual(decided(unreviewed, 'recommended'), ['allow']);
  assert.deepEqual(decided(unreviewed, 'strict'), ['hold', 'npm/unreviewed']);
  const rewritten = of({ 'history-rewritten': 'fail', unreviewed: 'not-checked' }, 'fail');
  assert.deepEqual(decided(rewritten, 'recommended'), ['hold', 'npm/history-rewritten']);
  const author = of({ 'new-author': 'warn' }, 'warn');
  assert.deepEqual(decided(author, 'recommended'), ['allow', 'npm/new-author']);
  const untold = of({ unreviewed: 'not-checked' }, 'not-checked');
  assert.deepEqual(decided(untold, 'recommended'), ['allow']);
  assert.deepEqual(decided(untold, 'strict'), ['allow', 'npm/commits']);
});
