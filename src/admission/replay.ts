/**
 * A decision derived again from what it rested on, and compared with what was recorded. Pure: `server/replay.ts` reads
 * what is stored. Nothing is believed here because a database says so: every input is named by a digest.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Decision, PolicyContext, Verdict } from '../core/decision.ts';
import type { Sha256 } from '../core/digest.ts';
import { assessmentDigestOf, type Evidence } from '../core/evidence.ts';
import type { Facts } from '../core/facts.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { retryAfter } from './replay-inputs.ts';

/** One thing that is not as it was recorded. The texts may quote hostile strings. */
export interface Difference {
  /** For example `evidence/provenance` or `outcome`. */
  readonly what: string;
  readonly recorded: string;
  readonly derived: string;
}

/** A row of the evidence set: the digest it is kept under, and the digest of what it says now. */
export interface EvidenceRow {
  readonly digest: Sha256;
  readonly found: Sha256;
  /** Undefined when it cannot be read any more. */
  readonly evidence: Evidence | undefined;
}

/** The evidence set must be the one that the decision names, and each member what its digest says. */
export function evidenceDifferences(
  { assessment }: Pick<Decision, 'assessment'>,
  rows: readonly EvidenceRow[],
): readonly Difference[] {
  const changed = rows
    .filter(({ digest, found }) => digest !== found)
    .map(({ digest, found, evidence }) =>
      difference(`evidence/${evidence?.kind ?? 'unreadable'}`, digest, found),
    );
  const set = assessmentDigestOf(rows.map(({ digest }) => digest));
  return set === assessment ? changed : [...changed, difference('evidence set', assessment, set)];
}

type Decide = (
  input: {
    readonly stage: Decision['stage'];
    readonly facts: Facts;
    readonly context: PolicyContext;
  },
  now: string,
) => Verdict;

/** `facts`: derived from the evidence, or (a refusal by the index alone) as they were kept. */
export function verdictDifferences(
  decision: Decision,
  facts: Facts,
  admittedBefore: boolean,
  decide: Decide,
): readonly Difference[] {
  const { stage, principal, decidedAt } = decision;
  const verdict = decide({ stage, facts, context: { principal, admittedBefore } }, decidedAt);
  const parts = ['outcome', 'facts', 'policy', 'reasons', 'warnings', 'audits'] as const;
  const differing = parts.flatMap((part) => changed(part, decision[part] as Json, verdict[part] as Json));
  // A refusal with a passing cause is asked again sooner than policy says.
  const refused = decision.outcome !== 'allow';
  const ends = refused ? [verdict.validUntil, retryAfter(decidedAt)] : [verdict.validUntil];
  return ends.includes(decision.validUntil)
    ? differing
    : [...differing, difference('validUntil', decision.validUntil, verdict.validUntil)];
}

/**
 * Facts that follow from the clock, from how fresh a root was, or from the list of popular names and the times in the index,
 * and are no part of what was stored.
 */
const passingFacts: readonly string[] = ['rule.trust-root', 'rule.typosquat', 'resembles'];
const passingItems: readonly string[] = ['provenance/trust-root', 'malware/typosquat'];

/** One check made again from the same bytes: what it says must be what it said. */
export function checkDifferences(recorded: Evidence, again: Evidence): readonly Difference[] {
  const what = `check/${recorded.kind}`;
  return changed(what, essence(recorded), essence(again));
}

function essence({ result, facts, items }: Evidence): JsonObject {
  const lasting = Object.entries(facts).filter(([key]) => !passingFacts.includes(key));
  return {
    result,
    facts: Object.fromEntries(lasting),
    items: items.filter(({ id }) => !passingItems.some((one) => id.startsWith(one))) as unknown as Json,
  };
}

export function changed(what: string, recorded: Json, derived: Json): readonly Difference[] {
  const [before, after] = [canonicalJson(recorded), canonicalJson(derived)];
  return before === after ? [] : differencesIn(what, recorded, derived);
}

/** Down to the smallest parts that differ, so that a person sees what it is and not two long texts. */
function differencesIn(what: string, recorded: Json, derived: Json): readonly Difference[] {
  if (!isObject(recorded) || !isObject(derived)) return [difference(what, told(recorded), told(derived))];
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(derived)])].sort();
  return keys.flatMap((key) => {
    const [before, after] = [recorded, derived].map((side) =>
      Object.hasOwn(side, key) ? side[key] : undefined,
    );
    const inside = `${what}.${key}`;
    if (before === undefined || after === undefined)
      return before === after ? [] : [difference(inside, told(before), told(after))];
    return changed(inside, before, after);
  });
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function told(value: Json | undefined): string {
  if (value === undefined) return '(nothing)';
  return typeof value === 'string' ? value : canonicalJson(value);
}

const longestText = 600;

function difference(what: string, recorded: string, derived: string): Difference {
  const clipped = (text: string): string =>
    text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return {
    what,
    recorded: clipped(recorded).toWellFormed(),
    derived: clipped(derived).toWellFormed(),
  };
}
