import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../core/facts.ts';
import type { Verdict } from '../core/decision.ts';
import {
  check,
  goodChecks,
  policyInput,
  policyNow,
  sampleFacts,
  settings,
  withCheck,
} from '../../test/support/policy-input.ts';
import { decide } from './decide.ts';
import { compilePack } from './pack.ts';

function decideFor(facts: Facts): Verdict {
  return decide(policyInput(facts), compilePack(settings()), [], policyNow);
}

test('where an archive is refused, what could not be compared because of it is no second reason', () => {
  const checks = { ...goodChecks(), archive: check('fail'), manifest: check('not-checked') };
  const verdict = decideFor(sampleFacts({ checks }));
  assert.deepEqual(
    verdict.reasons.map(({ rule }) => rule),
    ['npm/archive'],
  );
});

test('what could not be checked still holds beside another hold', () => {
  const checks = { ...goodChecks(), archive: check('error'), manifest: check('not-checked') };
  assert.equal(decideFor(sampleFacts({ checks })).outcome, 'hold');
  assert.equal(decideFor(sampleFacts({ checks })).reasons.length, 2);
});

test('an upstream that led elsewhere is a block of its own, with what it did', () => {
  const verdict = decideFor(
    withCheck('origin', check('fail', { summary: 'It redirected to another host.' })),
  );
  assert.equal(verdict.outcome, 'block');
  assert.match(verdict.reasons[0]?.why ?? '', /redirected to another host/);
});
