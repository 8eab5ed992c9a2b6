/** What must hold for every input: policy only ever gets stricter when it is made stricter. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson } from '../core/canonical-json.ts';
import type { Outcome, RuleMode } from '../core/decision.ts';
import { results, type Result } from '../core/evidence.ts';
import type { CheckFacts, Facts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { anonymous } from '../core/subject.ts';
import { normaliseTime } from '../core/time.ts';
import { policyInput, sampleFacts, settings, verdictsOf } from '../../test/support/policy-input.ts';
import { decide, judge } from './decide.ts';
import { compilePack } from './pack.ts';
import { cells, presets, requiredKinds, ruleResults } from './presets.ts';
import { evidenceKindOf, evidenceRules, wholeOf } from './rule-names.ts';
import { presetNames, type PackageMatch, type PolicySettings, type RuleName } from './settings.ts';

fc.configureGlobal({ numRuns: 400 });

const modes: readonly RuleMode[] = ['off', 'audit', 'warn', 'enforce'];
const severity = (outcome: Outcome): number => ['allow', 'hold', 'block'].indexOf(outcome);

const anyTime = fc.oneof(
  fc
    .date({ min: new Date('2026-11-10'), max: new Date('2026-12-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom('', 'soon', '2026-11-20', '9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z'),
);
const anyFact = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  anyTime,
);
const anyCheck: fc.Arbitrary<CheckFacts> = fc.record({
  result: fc.constantFrom(...results),
  summary: fc.string({ unit: 'binary', maxLength: 30 }),
  facts: fc.oneof(
    fc.record({ publishedAt: fc.oneof(anyTime, anyFact) }),
    fc.dictionary(fc.string(), anyFact, { maxKeys: 3 }),
  ),
  items: fc.constant([{ id: 'x/y', message: 'm' }]),
});
const anyChecks = fc.dictionary(fc.constantFrom(...requiredKinds, '__proto__', 'later'), anyCheck);
const names = ['sample', '@corp/x', '@corporate/x', '@assay/bait', 'constructor'];
const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    name: fc.constantFrom(...names),
    version: fc.oneof(fc.constantFrom('1.2.3', '2.0.0-rc.1'), fc.string({ maxLength: 8 })),
    upstream: fc.constantFrom('npm', 'assay'),
    checks: anyChecks,
  })
  .map((change) => sampleFacts(change));
const anyEntry: fc.Arbitrary<PackageMatch> = fc.record({
  ecosystem: fc.constant('npm' as const),
  name: fc.constantFrom(...names, '@corp/*', '*'),
  versions: fc.constantFrom(undefined, '^1.0.0', '*', 'not a range'),
  reason: fc.constant(undefined),
});
const settable: readonly RuleName[] = [...evidenceRules, 'deny-list', 'allow-list'];
const anySettings: fc.Arbitrary<PolicySettings> = fc.record({
  preset: fc.constantFrom(...presetNames),
  rules: fc.dictionary(fc.constantFrom(...settable), fc.constantFrom(...modes)),
  cooldownHours: fc.oneof(fc.constantFrom(0, 72), fc.double()),
  deny: fc.array(anyEntry, { maxLength: 2 }),
  allow: fc.array(anyEntry, { maxLength: 2 }),
});
const anyStage = fc.constantFrom('index' as const, 'file' as const);
const clock = anyTime;

function outcome(
  facts: Facts,
  policy: PolicySettings,
  stage: 'index' | 'file',
  now: string,
  admittedBefore = false,
): Outcome {
  return decide(policyInput(facts, stage, { admittedBefore }), compilePack(policy), [], now).outcome;
}

test('decide answers every input, twice the same', () => {
  fc.assert(
    fc.property(
      anyFacts,
      anySettings,
      anyStage,
      clock,
      fc.boolean(),
      (facts, policy, stage, now, admittedBefore) => {
        const input = policyInput(facts, stage, { admittedBefore });
        const verdict = decide(input, compilePack(policy), [], now);
        assert.deepEqual(decide(input, compilePack(policy), [], now), verdict);
        assert.match(verdict.facts, /^[0-9a-f]{64}$/);
        assert.notEqual(normaliseTime(verdict.validUntil), undefined);
        for (const reason of [...verdict.reasons, ...verdict.warnings, ...verdict.audits]) {
          assert.match(reason.short, /^[\x20-\x7e]{1,60}$/);
          assert.ok(reason.why.length > 0 && reason.remedy.length > 0);
          assert.ok(canonicalJson(reason as unknown as JsonObject).length > 0);
        }
        assert.equal(verdict.outcome === 'allow', verdict.reasons.length === 0);
        assert.ok(verdict.reasons.every((reason) => reason.mode === 'enforce' && reason.outcome !== 'allow'));
      },
    ),
  );
});

test('one more entry on the deny list never makes an outcome milder', () => {
  fc.assert(
    fc.property(anyFacts, anySettings, anyEntry, anyStage, clock, (facts, policy, entry, stage, now) => {
      const more = { ...policy, deny: [...policy.deny, entry] };
      assert.ok(severity(outcome(facts, more, stage, now)) >= severity(outcome(facts, policy, stage, now)));
    }),
  );
});

test('a stronger mode of any rule but the allow list never makes an outcome milder', () => {
  const stronger = fc.constantFrom(...evidenceRules, 'deny-list' as const);
  fc.assert(
    fc.property(anyFacts, anySettings, stronger, anyStage, clock, (facts, policy, rule, stage, now) => {
      const severities = modes.map((mode) =>
        severity(outcome(facts, { ...policy, rules: { ...policy.rules, [rule]: mode } }, stage, now)),
      );
      assert.deepEqual(
        severities,
        severities.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('no allow list lifts a failed integrity, archive or manifest check, or a deny entry', () => {
  const guarded = fc.constantFrom('integrity', 'archive', 'manifest');
  fc.assert(
    fc.property(anyFacts, guarded, fc.array(anyEntry, { maxLength: 4 }), clock, (facts, kind, allow, now) => {
      const failed: CheckFacts = { result: 'fail', summary: 's', facts: {}, items: [] };
      const broken = { ...facts, checks: { ...facts.checks, [kind]: failed } };
      assert.equal(outcome(broken, settings({ allow }), 'file', now), 'block');
      const deny = [{ ecosystem: 'npm', name: facts.name, versions: undefined, reason: undefined } as const];
      fc.pre(!(facts.name === '@assay/bait' && facts.upstream === 'assay'));
      assert.equal(outcome(facts, settings({ allow, deny }), 'index', now), 'block');
    }),
  );
});

test('taking a record away never allows, under any preset that enforces', () => {
  const enforcing = fc.constantFrom('recommended' as const, 'strict' as const);
  fc.assert(
    fc.property(
      anyFacts,
      anySettings,
      enforcing,
      fc.constantFrom(...requiredKinds),
      clock,
      (facts, policy, preset, kind, now) => {
        const checks = Object.fromEntries(Object.entries(facts.checks).filter(([key]) => key !== kind));
        assert.notEqual(outcome({ ...facts, checks }, { ...policy, preset }, 'file', now), 'allow');
      },
    ),
  );
});

test('any result in the place of a pass never makes an outcome milder', () => {
  const kinds = fc.constantFrom(...evidenceRules.map((rule) => evidenceKindOf[rule]));
  const worse = fc.constantFrom(...results.filter((result) => result !== 'pass'));
  fc.assert(
    fc.property(anyFacts, anySettings, kinds, worse, clock, (facts, policy, kind, result, now) => {
      const good: CheckFacts = {
        result: 'pass',
        summary: 's',
        facts: { publishedAt: '2020-01-01T00:00:00.000Z', ...verdictsOf(kind) },
        items: [],
      };
      const passed = { ...facts, checks: { ...facts.checks, [kind]: good } };
      const changed = { ...facts, checks: { ...facts.checks, [kind]: { ...good, result } } };
      assert.ok(
        severity(outcome(changed, policy, 'file', now)) >= severity(outcome(passed, policy, 'file', now)),
      );
    }),
  );
});

test('a worse verdict inside evidence never makes an outcome milder', () => {
  const inside = fc.constantFrom(...evidenceRules.filter((rule) => wholeOf[rule] !== undefined));
  const worse = fc.constantFrom(...results.filter((result) => result !== 'pass'));
  fc.assert(
    fc.property(anyFacts, anySettings, inside, worse, clock, (facts, policy, rule, result, now) => {
      const kind = evidenceKindOf[rule];
      const among = (told: Result): Facts => ({
        ...facts,
        checks: {
          ...facts.checks,
          [kind]: { result: 'pass', summary: 's', facts: verdictsOf(kind, { [rule]: told }), items: [] },
        },
      });
      const before = severity(outcome(among('pass'), policy, 'file', now));
      const after = severity(outcome(among(result), policy, 'file', now));
      assert.ok(after >= before);
    }),
  );
});

test('an admitted release is never refused more than a new one', () => {
  fc.assert(
    fc.property(anyFacts, anySettings, anyStage, clock, (facts, policy, stage, now) => {
      assert.ok(
        severity(outcome(facts, policy, stage, now, true)) <=
          severity(outcome(facts, policy, stage, now, false)),
      );
    }),
  );
});

test('strict is nowhere milder than recommended, cell by cell', () => {
  for (const rule of evidenceRules) {
    for (const result of ruleResults) {
      const [mild, strict] = [
        presets.recommended.evidence[rule].table[result],
        presets.strict.evidence[rule].table[result],
      ];
      assert.ok(cells.indexOf(strict) >= cells.indexOf(mild), `${rule} ${result}`);
    }
  }
});

test('an index is judged as a file would be decided, without the digests', () => {
  fc.assert(
    fc.property(
      anyFacts,
      anySettings,
      anyStage,
      clock,
      fc.boolean(),
      (facts, policy, stage, now, admittedBefore) => {
        const pack = compilePack(policy);
        const input = { stage, facts, context: { principal: anonymous, admittedBefore } };
        const { stage: _stage, policy: _policy, facts: _facts, ...rest } = decide(input, pack, [], now);
        assert.deepEqual({ ...judge(input, pack, [], now), decidedAt: now }, rest);
      },
    ),
  );
});
