/**
 * What may go into a build from source. A build of years ago needs tools of its time: old, vulnerable, deprecated, under any
 * licence. It is sealed, and what comes out is compared; so only what was tampered with or is malicious is refused. The modes
 * of the preset do not matter here: nobody's install stops. The operator's lists do.
 */
import { canonicalJson } from '../core/canonical-json.ts';
import type { Outcome, Reason } from '../core/decision.ts';
import { sha256 } from '../core/digest.ts';
import type { Facts } from '../core/facts.ts';
import { gateItself } from '../core/subject.ts';
import { maturityOf } from './cooldown.ts';
import { compilePack, policyText, type PolicyPack } from './pack.ts';
import { engineVersion, ruleResults, type Cell, type RuleTable } from './presets.ts';
import { evidenceKindOf, forEachRule, type EvidenceRule } from './rule-names.ts';
import { listReasons, refuses, ruleReasons } from './rules.ts';
import type { PolicySettings } from './settings.ts';

/**
 * In the order of `ruleResults`. What could not be checked is held: it is asked again. Suspicion alone (a score that holds)
 * and a missing signature or attestation stop nothing.
 */
const tables: Readonly<Partial<Record<EvidenceRule, RuleTable>>> = {
  integrity: row('allow', 'block', 'note', 'block', 'block', 'hold', 'hold'),
  archive: row('allow', 'block', 'note', 'hold', 'hold', 'hold', 'hold'),
  manifest: row('allow', 'block', 'note', 'hold', 'hold', 'hold', 'hold'),
  'known-malware': row('allow', 'block', 'block', 'allow', 'allow', 'hold', 'hold'),
  malware: row('allow', 'block', 'note', 'allow', 'hold', 'hold', 'hold'),
  rebuild: row('allow', 'block', 'note', 'allow', 'allow', 'hold', 'hold'),
  signature: row('allow', 'block', 'note', 'note', 'note', 'hold', 'hold'),
  provenance: row('allow', 'block', 'note', 'note', 'note', 'hold', 'hold'),
};

const inputRules = Object.keys(tables) as readonly EvidenceRule[];

/** Kinds of evidence that are asked about an input; nothing else is collected. */
export const inputKinds: ReadonlySet<string> = new Set([
  'age',
  ...inputRules.map((rule) => evidenceKindOf[rule]),
]);

/**
 * What static scanning finds in its files alone, and nobody named in a feed for so long, is mostly a tool that does what malware
 * does too (npm 6 and jsdom 16 score above 7): it is let in, and told. What is younger is refused: feeds lag behind by days.
 */
const scoreRefusesUntilMs = 30 * 24 * 3_600_000;

/** The text is kept under the pack's digest, as of every policy. */
export function inputPolicy(settings: PolicySettings): { readonly pack: PolicyPack; readonly text: string } {
  const plain = compilePack({ ...settings, preset: 'recommended' });
  const off: RuleTable = row('allow', 'allow', 'allow', 'allow', 'allow', 'allow', 'allow');
  const rules = forEachRule((rule) => {
    const table = tables[rule];
    return table === undefined
      ? ({ mode: 'off', table: off } as const)
      : ({ mode: 'enforce', table } as const);
  });
  const text = canonicalJson({
    engine: engineVersion,
    purpose: 'build-inputs',
    rules: Object.fromEntries(inputRules.map((rule) => [rule, { ...tables[rule] }])),
    scoreRefusesUntilMs,
    // The lists are in there as they are in the policy of everything else.
    policy: sha256(policyText(settings)),
  });
  return { pack: { ...plain, rules, digest: sha256(text) }, text };
}

export interface InputVerdict {
  readonly outcome: Outcome;
  /** What refuses, blocks first; empty when allowed. */
  readonly reasons: readonly Reason[];
  /** It looks like malware, and is let in because it has been public for long. */
  readonly suspected: boolean;
}

/** Pure and total, as `decide` is. */
export function judgeInput(facts: Facts, pack: PolicyPack, now: string): InputVerdict {
  const input = {
    stage: 'file',
    facts,
    context: { principal: gateItself, admittedBefore: false },
  } as const;
  const all = [
    ...listReasons(facts, pack),
    ...inputRules.flatMap((rule) => ruleReasons(rule, input, pack, [], now)),
  ].filter(refuses);
  const isOld = maturityOf(facts.checks['age'], scoreRefusesUntilMs, now).result === 'pass';
  const isScore = ({ evidence, result, rule }: Reason): boolean =>
    evidence === 'malware' && result === 'fail' && rule.endsWith('/malware');
  const told = all.filter((reason) => !isOld || !isScore(reason));
  const blocks = told.filter(({ outcome }) => outcome === 'block');
  const reasons = [...blocks, ...told.filter(({ outcome }) => outcome !== 'block')];
  const outcome = blocks.length > 0 ? 'block' : reasons.length > 0 ? 'hold' : 'allow';
  return { outcome, reasons, suspected: told.length < all.length };
}

function row(...cells: readonly [Cell, Cell, Cell, Cell, Cell, Cell, Cell]): RuleTable {
  return Object.fromEntries(
    ruleResults.map((result, place) => [result, cells[place] ?? 'hold']),
  ) as unknown as RuleTable;
}
