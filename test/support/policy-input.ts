/** Facts of a release that every preset allows, to be bent by each test. */
import type { PolicyContext, PolicyInput, Stage } from '../../src/core/decision.ts';
import type { Result } from '../../src/core/evidence.ts';
import type { CheckFacts, Facts } from '../../src/core/facts.ts';
import { formatPurl } from '../../src/core/purl.ts';
import { anonymous } from '../../src/core/subject.ts';
import { requiredKinds, type RuleResult } from '../../src/policy/presets.ts';
import {
  evidenceKindOf,
  evidenceRules,
  readsVerdict,
  type EvidenceRule,
} from '../../src/policy/rule-names.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';

export const policyNow = '2026-11-20T12:00:00.000Z';

export function check(result: Result, change: Partial<CheckFacts> = {}): CheckFacts {
  return { result, summary: `It was ${result}.`, facts: {}, items: [], ...change };
}

export function publishedAt(time: string | null): CheckFacts {
  return check('pass', { facts: { publishedAt: time } });
}

export function goodChecks(): Record<string, CheckFacts> {
  const checks = Object.fromEntries(requiredKinds.map((kind) => [kind, check('pass')]));
  return {
    ...checks,
    age: publishedAt('2026-01-01T00:00:00.000Z'),
    provenance: check('pass', { facts: verdictsOf('provenance') }),
    expectations: check('pass', { facts: verdictsOf('expectations') }),
    vulnerabilities: check('pass', { facts: verdictsOf('vulnerabilities') }),
    malware: check('pass', { facts: verdictsOf('malware') }),
    rebuild: check('pass', { facts: verdictsOf('rebuild') }),
    commits: check('pass', { facts: verdictsOf('commits') }),
  };
}

export function sampleFacts(change: Partial<Facts> = {}): Facts {
  const name = change.name ?? 'sample';
  const version = change.version ?? '1.2.3';
  return {
    schema: 1,
    ecosystem: 'npm',
    purl: formatPurl('npm', name, version),
    name,
    version,
    upstream: 'npm',
    channel: 'main',
    file: 'sample-1.2.3.tgz',
    artifact: 'a'.repeat(64),
    checks: goodChecks(),
    ...change,
  };
}

export function policyInput(
  facts: Facts = sampleFacts(),
  stage: Stage = 'file',
  context: Partial<PolicyContext> = {},
): PolicyInput {
  return { stage, facts, context: { principal: anonymous, admittedBefore: false, ...context } };
}

export function withCheck(kind: string, value: CheckFacts | undefined): Facts {
  const { [kind]: _, ...others } = goodChecks();
  return sampleFacts({ checks: value === undefined ? others : { ...others, [kind]: value } });
}

export function settings(change: Partial<PolicySettings> = {}): PolicySettings {
  return { preset: 'recommended', rules: {}, cooldownHours: 72, deny: [], allow: [], ...change };
}

/** All verdicts inside evidence of the kind are `pass`, but those given. */
export function verdictsOf(kind: string, change: Partial<Record<EvidenceRule, Result>> = {}) {
  const rules = evidenceRules.filter((rule) => readsVerdict(rule) && evidenceKindOf[rule] === kind);
  return Object.fromEntries(rules.map((rule) => [`rule.${rule}`, change[rule] ?? 'pass']));
}

/** Facts under which exactly `rule` sees `result`. */
export function factsWhere(rule: EvidenceRule, result: RuleResult): Facts {
  const kind = evidenceKindOf[rule];
  if (result === 'missing') return withCheck(kind, undefined);
  if (rule === 'cooldown' && result === 'pass')
    return withCheck(kind, publishedAt('2026-01-01T00:00:00.000Z'));
  if (rule === 'cooldown' && result === 'fail')
    return withCheck(kind, publishedAt('2026-11-20T06:00:00.000Z'));
  const isInside = readsVerdict(rule) && result !== 'error';
  const whole = isInside && kind !== 'expectations' ? 'pass' : result;
  const facts = verdictsOf(kind, isInside ? { [rule]: result } : {});
  return withCheck(kind, check(whole, { facts }));
}
