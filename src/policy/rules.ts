/** What each rule says of one release. Every rule speaks for itself; `decide.ts` puts them together. */
import type { Outcome, PolicyInput, Reason, RuleMode } from '../core/decision.ts';
import type { CheckFacts, Facts } from '../core/facts.ts';
import { instantOf } from '../core/time.ts';
import { maturityOf } from './cooldown.ts';
import { isBroken, readBy } from './verdicts.ts';
import { waiverFor, type Exception } from './exceptions.ts';
import { matches, type CompiledMatch } from './match.ts';
import type { PolicyPack } from './pack.ts';
import { allowListWaives, indexRules, requiredKinds, ruleResults, type RuleResult } from './presets.ts';
import { evidenceKindOf, wholeOf, type EvidenceRule } from './rule-names.ts';
import { baitWords, denied, missing, wordsFor, wrongOrigin, type Words } from './wording.ts';

/**
 * A synthetic package that the gate itself publishes, to show a refusal. Left standing at stage `index`, so that
 * a client asks for the file; no other rule speaks of it.
 */
export function isBait(facts: Facts): boolean {
  return facts.upstream === 'assay' && facts.name === '@assay/bait';
}

export function baitReasons({ stage, facts }: PolicyInput): readonly Reason[] {
  if (stage === 'index') return [];
  return [reason(facts, 'bait', 'enforce', 'block', 'built in', 'listed', baitWords)];
}

export function listReasons(facts: Facts, pack: PolicyPack): readonly Reason[] {
  const hit = pack.denyMode === 'off' ? undefined : pack.deny.find((entry) => matches(entry, facts, true));
  if (hit === undefined) return [];
  return [reason(facts, 'deny-list', pack.denyMode, 'block', 'list', 'listed', denied(hit.text, hit.reason))];
}

export function ruleReasons(
  rule: EvidenceRule,
  { stage, facts }: PolicyInput,
  pack: PolicyPack,
  exceptions: readonly Exception[],
  now: string,
): readonly Reason[] {
  const { mode, table } = pack.rules[rule];
  if (mode === 'off' || (stage === 'index' && !indexRules.includes(rule))) return [];
  const whole = checkOf(facts, evidenceKindOf[rule]);
  // One cause, one reason: what is wrong with the evidence as a whole is told by the rule of the whole, if that decides.
  const teller = wholeOf[rule];
  if (teller !== undefined && isBroken(whole) && pack.rules[teller].mode === 'enforce') return [];
  const check = readBy(rule, whole);
  const { result, until, ageHours } =
    rule === 'cooldown' ? maturityOf(check, pack.cooldownMs, now) : plain(check);
  const cell = table[known(result)];
  if (cell === 'allow') return [];
  const cooldownHours = pack.cooldownMs / 3_600_000;
  const words = wordsFor(rule, { result: known(result), check, until, ageHours, cooldownHours });
  const outcome = cell === 'note' ? 'allow' : cell;
  const items = check?.items.map((item) => item.id) ?? [];
  const told = { ...reason(facts, rule, mode, outcome, evidenceKindOf[rule], known(result), words, items) };
  const withUntil = until === undefined || outcome !== 'hold' ? told : { ...told, until };
  const waiver = waiverOf(rule, facts, pack, exceptions, now);
  return [waiver === undefined ? withUntil : waived(withUntil, waiver)];
}

/** What lifts a rule for this release: an entry of the allow list, or a live exception. */
function waiverOf(
  rule: EvidenceRule,
  facts: Facts,
  pack: PolicyPack,
  exceptions: readonly Exception[],
  now: string,
): string | undefined {
  const lists = pack.allowMode === 'enforce' || pack.allowMode === 'warn';
  const listed = (entry: CompiledMatch): boolean => matches(entry, facts, false);
  const entry = lists && allowListWaives.includes(rule) ? pack.allow.find(listed) : undefined;
  if (entry !== undefined) return `the allow list (${entry.text})`;
  const exception = waiverFor(rule, facts, exceptions, now);
  return exception === undefined ? undefined : `exception ${exception.id}`;
}

/** A waived reason stays on record, as an audit. */
function waived(told: Reason, by: string): Reason {
  return { ...told, mode: 'audit', why: `${told.why} Waived by ${by}.` };
}

/**
 * Built in: a kind that must be there and is not holds, as do an unreadable clock, facts that can't be
 * hashed, and an origin that is not known. `told` are the reasons so far: no second one for the same cause.
 */
export function requiredReasons(
  { stage, facts }: PolicyInput,
  pack: PolicyPack,
  told: readonly Reason[],
  faults: { readonly unhashable: boolean; readonly now: string },
): readonly Reason[] {
  const hold = (kind: string, result: Reason['result']): Reason =>
    reason(facts, 'evidence', pack.requiredMode, 'hold', kind, result, missing(kind));
  const broken = [
    ...(faults.unhashable ? [hold('facts', 'error')] : []),
    ...(Number.isNaN(instantOf(faults.now)) ? [hold('clock', 'error')] : []),
  ];
  if (stage === 'index') return broken;
  const said = (kind: string): boolean => told.some((entry) => entry.evidence === kind && refuses(entry));
  const absent = requiredKinds.filter((kind) => checkOf(facts, kind) === undefined && !said(kind));
  const origin = checkOf(facts, 'origin');
  const unknownOrigin =
    origin === undefined || origin.result === 'pass'
      ? []
      : origin.result === 'fail'
        ? [
            reason(
              facts,
              'evidence',
              pack.requiredMode,
              'block',
              'origin',
              'fail',
              wrongOrigin(origin.summary),
            ),
          ]
        : [hold('origin', known(origin.result))];
  return [...broken, ...absent.map((kind) => hold(kind, 'missing')), ...unknownOrigin];
}

/** Decides, unless the release stands already. */
export function refuses(entry: Reason): boolean {
  return entry.mode === 'enforce' && entry.outcome !== 'allow';
}

function reason(
  facts: Facts,
  rule: string,
  mode: RuleMode,
  outcome: Outcome,
  evidence: string,
  result: Reason['result'],
  words: Words,
  items: readonly string[] = [],
): Reason {
  const why = (words.why === '' ? `${words.short}.` : words.why).toWellFormed();
  const told = { ...words, why, items: items.map((id) => id.toWellFormed()) };
  return { rule: `${facts.ecosystem}/${rule}`, mode, outcome, evidence, result, ...told };
}

function checkOf(facts: Facts, kind: string): CheckFacts | undefined {
  return Object.hasOwn(facts.checks, kind) ? facts.checks[kind] : undefined;
}

function plain(check: CheckFacts | undefined): { result: RuleResult; until?: string; ageHours?: number } {
  return { result: check === undefined ? 'missing' : check.result };
}

/** A result this version does not know is one it can't judge. */
function known(result: RuleResult): RuleResult {
  return ruleResults.includes(result) ? result : 'error';
}
