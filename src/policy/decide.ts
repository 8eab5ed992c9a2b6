/**
 * The final call. Pure and total: the same input gives the same verdict, and there is no input without one.
 * Block beats hold, hold beats allow; every enforced reason is told, blocks first.
 */
import { canonicalJson, hasCanonicalForm } from '../core/canonical-json.ts';
import type { Judgement, Outcome, PolicyInput, Reason, Verdict } from '../core/decision.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { Facts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { instantOf } from '../core/time.ts';
import { timeAt } from './cooldown.ts';
import type { Exception } from './exceptions.ts';
import type { PolicyPack } from './pack.ts';
import { evidenceRules } from './rule-names.ts';
import { baitReasons, isBait, listReasons, refuses, requiredReasons, ruleReasons } from './rules.ts';

/** A verdict is asked again after this long even when nothing else moved. */
const validForMs = 24 * 3_600_000;

export function decide(
  input: PolicyInput,
  pack: PolicyPack,
  exceptions: readonly Exception[],
  now: string,
): Verdict {
  const facts = factsDigest(input.facts) ?? sha256('facts without a canonical form');
  const { stage } = input;
  return { stage, ...judge(input, pack, exceptions, now), policy: pack.digest, facts, decidedAt: now };
}

/** What policy says without the digests that a record of it needs: for the thousands of versions of an index. */
export function judge(
  input: PolicyInput,
  pack: PolicyPack,
  exceptions: readonly Exception[],
  now: string,
): Judgement {
  const spoken = isBait(input.facts)
    ? baitReasons(input)
    : everyReason(input, pack, exceptions, now, !hasCanonicalForm(input.facts as unknown as JsonObject));
  const { enforced, warnings, audits } = sorted(spoken, input.context.admittedBefore);
  return {
    outcome: outcomeOf(enforced),
    reasons: enforced,
    warnings,
    audits,
    validUntil: validUntil(enforced, input.facts, exceptions, now),
  };
}

function everyReason(
  input: PolicyInput,
  pack: PolicyPack,
  exceptions: readonly Exception[],
  now: string,
  unhashable: boolean,
): readonly Reason[] {
  const told = [
    ...listReasons(input.facts, pack),
    ...evidenceRules.flatMap((rule) => ruleReasons(rule, input, pack, exceptions, now)),
  ];
  return [...told, ...requiredReasons(input, pack, told, { unhashable, now })];
}

/**
 * An already admitted release is refused only by the deny list, when it is known to be malicious, when building it from
 * source shows that it was tampered with, and when its install scripts were seen to attack (it is revoked): what
 * installs today must not stop because a check was added or a mirror changed its dates. Other reasons become warnings,
 * also where one source alone calls a popular package malicious.
 */
function sorted(spoken: readonly Reason[], admittedBefore: boolean) {
  const standing = (entry: Reason): boolean => admittedBefore && !revokes(entry);
  const deciding = spoken.filter((entry) => refuses(entry) && !standing(entry));
  const blocks = deciding.filter((entry) => entry.outcome === 'block');
  const holds = deciding.filter((entry) => entry.outcome !== 'block');
  // Where something was found, what could not be checked because of it says nothing more: one cause, one reason.
  const enforced =
    blocks.length === 0 ? holds : [...blocks, ...holds.filter((entry) => !unchecked.has(entry.result))];
  return {
    enforced,
    warnings: spoken.filter((entry) => entry.mode !== 'audit' && !deciding.includes(entry)),
    audits: spoken.filter((entry) => entry.mode === 'audit'),
  };
}

function revokes({ rule, outcome }: Reason): boolean {
  return (
    /\/(?:deny-list|bait)$/.test(rule) ||
    (/\/(?:known-malware|rebuild|behaviour)$/.test(rule) && outcome === 'block')
  );
}

const unchecked: ReadonlySet<Reason['result']> = new Set(['missing', 'not-checked', 'error']);

function outcomeOf(enforced: readonly Reason[]): Outcome {
  if (enforced.some((entry) => entry.outcome === 'block')) return 'block';
  return enforced.length > 0 ? 'hold' : 'allow';
}

/** When waiting alone lifts a hold: that instant. Else a day, or sooner where an exception or an override ends. */
function validUntil(
  enforced: readonly Reason[],
  facts: Facts,
  exceptions: readonly Exception[],
  now: string,
): string {
  const nowMs = instantOf(now);
  if (Number.isNaN(nowMs)) return timeAt(0);
  const waits = enforced.flatMap((entry) => (entry.until === undefined ? [] : [instantOf(entry.until)]));
  const ends = [
    ...exceptions
      .filter((exception) => exception.purl === facts.purl)
      .map((exception) => instantOf(exception.expiresAt)),
    ...setAsideUntil(facts),
  ].filter((end) => end > nowMs);
  if (waits.length > 0) return timeAt(Math.min(...waits, ...ends));
  return timeAt(Math.min(nowMs + validForMs, ...ends));
}

/** When somebody's word that an advisory does not concern this release ends. */
function setAsideUntil({ checks }: Facts): readonly number[] {
  const check = Object.hasOwn(checks, 'vulnerabilities') ? checks['vulnerabilities'] : undefined;
  const until = check?.facts['setAsideUntil'];
  return typeof until === 'string' ? [instantOf(until)].filter((end) => !Number.isNaN(end)) : [];
}

/** Undefined when the facts have no canonical form (a lone surrogate, NaN). */
function factsDigest(facts: Facts): Sha256 | undefined {
  try {
    return sha256(canonicalJson(facts as unknown as JsonObject));
  } catch {
    return undefined;
  }
}
