/** Verdicts inside evidence: facts named `rule.<name>` that hold a result, each read by the rule of that name. */
import { results, type Result } from '../core/evidence.ts';
import type { CheckFacts } from '../core/facts.ts';
import { evidenceKindOf, evidenceRules, readsVerdict, wholeOf, type EvidenceRule } from './rule-names.ts';

/** No record, or one that says that the check itself failed. */
export function isBroken(check: CheckFacts | undefined): boolean {
  return check === undefined || check.result === 'error';
}

/** What the rule sees of the evidence: one verdict in it, or the rest of it. */
export function readBy(rule: EvidenceRule, whole: CheckFacts | undefined): CheckFacts | undefined {
  if (whole === undefined || whole.result === 'error') return whole;
  if (readsVerdict(rule)) return verdictIn(rule, whole);
  return restIsTold.has(rule) ? restOf(rule, whole) : withoutOthers(rule, whole);
}

/** Evidence that is its verdicts and little else: its own rule speaks of the rest. */
const restIsTold: ReadonlySet<EvidenceRule> = new Set<EvidenceRule>(['expectations', 'commits']);

/** What other rules tell of the same evidence is not told twice. */
function withoutOthers(rule: EvidenceRule, whole: CheckFacts): CheckFacts {
  const others = evidenceRules.filter((other) => wholeOf[other] === rule);
  if (others.length === 0) return whole;
  return { ...whole, items: whole.items.filter(({ id }) => !others.some((other) => isAbout(id, other))) };
}

/** Nothing was looked at: every verdict is that as well. A verdict that should be there and is not is a fault. */
function verdictIn(rule: EvidenceRule, whole: CheckFacts): CheckFacts {
  const items = whole.items.filter(({ id }) => isAbout(id, rule));
  const summary = items.length === 0 ? whole.summary : items.map(({ message }) => message).join(' ');
  return { ...whole, items, summary, result: resultOf(rule, whole) };
}

function resultOf(rule: EvidenceRule, { facts, result }: CheckFacts): Result {
  const told = Object.hasOwn(facts, `rule.${rule}`) ? facts[`rule.${rule}`] : undefined;
  const known = results.find((one) => one === told);
  if (known !== undefined) return known;
  return told === undefined && (result === 'not-available' || result === 'not-checked') ? result : 'error';
}

function isAbout(id: string, rule: EvidenceRule): boolean {
  const name = `${evidenceKindOf[rule]}/${rule}`;
  return id === name || id.startsWith(`${name}/`);
}

/**
 * The whole, without what its verdicts tell themselves: a `fail` that none of them names stays one, so that no
 * finding is lost; else the worst of what is not known.
 */
function restOf(teller: EvidenceRule, whole: CheckFacts): CheckFacts {
  if (whole.result !== 'fail' && whole.result !== 'warn') return whole;
  const verdicts = evidenceRules
    .filter((rule) => wholeOf[rule] === teller)
    .map((rule) => ({ rule, result: resultOf(rule, whole) }));
  const told = (result: Result): boolean => verdicts.some((one) => one.result === result);
  if (!told(whole.result) && !told('error')) return whole;
  const gap = (['not-checked', 'not-available'] as const).find(told);
  if (gap === undefined) return { ...whole, result: 'pass', items: [] };
  const names = verdicts.filter((one) => one.result === gap).map((one) => one.rule);
  return { ...whole, result: gap, items: [], summary: `${gapWords[gap]}: ${names.join(', ')}.` };
}

const gapWords = {
  'not-checked': 'Nobody could be asked about',
  'not-available': 'Too little is known to judge',
} as const;
