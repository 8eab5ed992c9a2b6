/**
 * The presets as data: preset × rule → mode and, for every result of the check behind the rule, an outcome.
 * `docs/policy.md` is generated from these tables (scripts/generate-docs.ts).
 */
import type { RuleMode } from '../core/decision.ts';
import type { Result } from '../core/evidence.ts';
import type { PresetName } from './settings.ts';

/** Raised when `decide` would answer differently for the same tables. Part of the policy digest. */
export const engineVersion = '1';

/** `note`: allowed, with a warning that is shown. */
export const cells = ['allow', 'note', 'hold', 'block'] as const;
export type Cell = (typeof cells)[number];

/** What a rule sees: a result, or no record at all. */
export const ruleResults = [
  'pass',
  'fail',
  'warn',
  'not-available',
  'not-checked',
  'error',
  'missing',
] as const;
export type RuleResult = Result | 'missing';
export type RuleTable = Readonly<Record<RuleResult, Cell>>;

/** Rules that read one kind of evidence, in the order in which reasons are told. */
export const evidenceRules = [
  'integrity',
  'archive',
  'manifest',
  'install-script',
  'cooldown',
  'deprecated',
] as const;
export type EvidenceRule = (typeof evidenceRules)[number];

export const evidenceKindOf: Readonly<Record<EvidenceRule, string>> = {
  integrity: 'integrity',
  archive: 'archive',
  manifest: 'manifest',
  'install-script': 'scripts',
  cooldown: 'age',
  deprecated: 'deprecation',
};

/** Rules that can speak from an index alone. The deny and allow lists are asked at both stages as well. */
export const indexRules: readonly EvidenceRule[] = ['cooldown', 'deprecated'];

/** What the allow list waives. Never integrity, archive or manifest: those are about the bytes being what they say. */
export const allowListWaives: readonly EvidenceRule[] = ['cooldown', 'install-script', 'deprecated'];

/** Kinds that must be there at stage `file`, whatever the modes are. A missing one is a fault of ours, and holds. */
export const requiredKinds = [
  'integrity',
  'archive',
  'manifest',
  'age',
  'deprecation',
  'scripts',
  'origin',
] as const;

export interface RuleSetting {
  readonly mode: RuleMode;
  readonly table: RuleTable;
}

export interface Preset {
  readonly evidence: Readonly<Record<EvidenceRule, RuleSetting>>;
  readonly lists: Readonly<Record<'deny-list' | 'allow-list', RuleMode>>;
  /** Built in: no configuration changes it. The rule `bait` has no mode at all. */
  readonly required: RuleMode;
}

const recommendedTables: Readonly<Record<EvidenceRule, RuleTable>> = {
  integrity: table('allow', 'block', 'note', 'hold', 'hold', 'hold', 'hold'),
  archive: table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  manifest: table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  'install-script': table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
  cooldown: table('allow', 'hold', 'hold', 'hold', 'hold', 'hold', 'hold'),
  deprecated: table('allow', 'note', 'note', 'note', 'note', 'note', 'note'),
};

const strictTables: Readonly<Record<EvidenceRule, RuleTable>> = {
  integrity: table('allow', 'block', 'block', 'block', 'block', 'hold', 'hold'),
  archive: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  manifest: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  'install-script': table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  cooldown: table('allow', 'hold', 'hold', 'hold', 'hold', 'hold', 'hold'),
  deprecated: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  observe: preset('audit', recommendedTables),
  recommended: preset('enforce', recommendedTables),
  strict: preset('enforce', strictTables),
};

/** In the order of `ruleResults`. */
function table(
  ...[pass, fail, warn, notAvailable, notChecked, error, missing]: readonly [
    Cell,
    Cell,
    Cell,
    Cell,
    Cell,
    Cell,
    Cell,
  ]
): RuleTable {
  return { pass, fail, warn, 'not-available': notAvailable, 'not-checked': notChecked, error, missing };
}

function preset(mode: RuleMode, tables: Readonly<Record<EvidenceRule, RuleTable>>): Preset {
  const rule = (name: EvidenceRule): RuleSetting => ({ mode, table: tables[name] });
  return {
    evidence: {
      integrity: rule('integrity'),
      archive: rule('archive'),
      manifest: rule('manifest'),
      'install-script': rule('install-script'),
      cooldown: rule('cooldown'),
      deprecated: rule('deprecated'),
    },
    lists: { 'deny-list': mode, 'allow-list': mode },
    required: mode,
  };
}
