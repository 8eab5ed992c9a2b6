import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { results } from '../core/evidence.ts';
import type { Facts } from '../core/facts.ts';
import {
  check,
  goodChecks,
  policyNow,
  publishedAt,
  sampleFacts,
  settings,
  verdictsOf,
  withCheck,
} from '../../test/support/policy-input.ts';
import { inputKinds, inputPolicy, judgeInput } from './build-inputs.ts';
import type { PolicySettings } from './settings.ts';

function said(facts: Facts, change: Partial<PolicySettings> = {}): string {
  const { outcome, reasons } = judgeInput(facts, inputPolicy(settings(change)).pack, policyNow);
  return [outcome, ...reasons.map(({ rule }) => rule)].join(' ');
}

const vulnerable = (rule: 'vulnerability' | 'known-malware', result: 'fail' | 'warn'): Facts =>
  withCheck('vulnerabilities', check('fail', { facts: verdictsOf('vulnerabilities', { [rule]: result }) }));

test('what a build of years ago needs goes in: old tools, vulnerable, deprecated, under any licence, with scripts', () => {
  const facts = {
    ...sampleFacts(),
    checks: {
      ...goodChecks(),
      vulnerabilities: vulnerable('vulnerability', 'fail').checks['vulnerabilities'] ?? check('fail'),
      deprecation: check('fail'),
      licences: check('fail'),
      scripts: check('fail'),
      secrets: check('fail'),
      capabilities: check('fail'),
      expectations: check('fail'),
      signatures: check('not-available'),
      provenance: check('not-available', { facts: verdictsOf('provenance') }),
    },
  };
  assert.equal(said(facts), 'allow');
  assert.equal(said({ ...facts, checks: { ...facts.checks, age: publishedAt(policyNow) } }), 'allow');
});

test('what is malicious, or not what it says it is, does not go in, whatever the preset says', () => {
  const cases: readonly (readonly [Facts, string])[] = [
    [vulnerable('known-malware', 'fail'), 'npm/known-malware'],
    [vulnerable('known-malware', 'warn'), 'npm/known-malware'],
    [withCheck('integrity', check('fail')), 'npm/integrity'],
    [withCheck('archive', check('fail')), 'npm/archive'],
    [withCheck('manifest', check('fail')), 'npm/manifest'],
    [withCheck('signatures', check('fail')), 'npm/signature'],
    [withCheck('provenance', check('fail', { facts: verdictsOf('provenance') })), 'npm/provenance'],
    [withCheck('rebuild', check('fail', { facts: verdictsOf('rebuild') })), 'npm/rebuild'],
  ];
  for (const [facts, rule] of cases)
    for (const preset of ['observe', 'recommended', 'strict'] as const)
      assert.equal(said(facts, { preset }), `block ${rule}`, `${rule} under ${preset}`);
});

test("the operator's own lists hold: a denied package stays out, and an allowed one is let in in spite of its score", () => {
  const listed = [{ ecosystem: 'npm', name: 'sample', versions: undefined, reason: 'ours' }] as const;
  assert.equal(said(sampleFacts(), { deny: listed }), 'block npm/deny-list');
  const young = { ...suspect(), checks: { ...suspect().checks, age: publishedAt(policyNow) } };
  assert.equal(said(young), 'block npm/malware');
  assert.equal(said(young, { allow: listed }), 'allow');
  assert.equal(said(withCheck('signatures', check('fail')), { allow: listed }), 'block npm/signature');
});

function suspect(): Facts {
  return withCheck('malware', check('fail', { facts: { ...verdictsOf('malware'), score: 8 } }));
}

test('what only looks like malware is refused while it is young, and let in and told once it has been public for long', () => {
  const { pack } = inputPolicy(settings());
  const aged = (at: string | null) => ({
    ...suspect(),
    checks: { ...suspect().checks, age: publishedAt(at) },
  });
  assert.deepEqual(judgeInput(suspect(), pack, policyNow), {
    outcome: 'allow',
    reasons: [],
    suspected: true,
  });
  assert.equal(said(aged('2026-11-01T00:00:00.000Z')), 'block npm/malware');
  assert.equal(said(aged(null)), 'block npm/malware', 'nobody knows its age');
  // A feed that names it is believed at any age.
  const named = {
    ...vulnerable('known-malware', 'fail').checks,
    malware: suspect().checks['malware'] ?? check('fail'),
  };
  assert.equal(said({ ...sampleFacts(), checks: named }), 'block npm/known-malware');
  assert.equal(judgeInput(sampleFacts(), pack, policyNow).suspected, false);
});

test('what could not be looked at is held, and nothing that is missing counts as looked at', () => {
  for (const kind of [...inputKinds].filter((one) => one !== 'age'))
    for (const value of [check('error'), undefined])
      assert.match(said(withCheck(kind, value)), /^hold /, `${kind} ${value?.result ?? 'missing'}`);
});

test('the verdict is total, and names a rule whenever it refuses', () => {
  const kinds = [...inputKinds, 'licences'];
  const any = fc.record({
    kind: fc.constantFrom(...kinds),
    result: fc.constantFrom(...results),
    facts: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.constant(null), fc.boolean())),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 6 }), fc.string(), (some, now) => {
      const checks = { ...goodChecks() };
      for (const { kind, result, facts } of some) checks[kind] = check(result, { facts });
      const { outcome, reasons } = judgeInput(
        { ...sampleFacts(), checks },
        inputPolicy(settings()).pack,
        now,
      );
      assert.equal(outcome === 'allow', reasons.length === 0);
    }),
  );
});

test('other lists or another preset are another policy, by its digest', () => {
  const digest = (change: Partial<PolicySettings>) => inputPolicy(settings(change)).pack.digest;
  assert.equal(digest({}), digest({}));
  const deny = [{ ecosystem: 'npm', name: 'x', versions: undefined, reason: undefined }] as const;
  assert.notEqual(digest({}), digest({ deny }));
});
