/**
 * The presets as data: preset × rule → mode and, for every result of the check behind the rule, an outcome.
 * `docs/policy.md` is generated from these tables (scripts/generate-docs.ts).
 */
import type { RuleMode } from '../core/decision.ts';
import type { Result } from '../core/evidence.ts';
import { forEachRule, type EvidenceRule } from './rule-names.ts';
import type { PresetName } from './settings.ts';

/** Raised when `decide` would answer differently for the same tables. Part of the policy digest. */
export const engineVersion = '5';

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

/** Rules that can speak from an index alone. The deny and allow lists are asked at both stages as well. */
export const indexRules: readonly EvidenceRule[] = ['cooldown', 'deprecated'];

/**
 * What the allow list waives. Never integrity, archive, manifest, signature, provenance or a stripped one: those are
 * about the bytes being what they say. Nor known malware: a wrong advisory is set aside by an override, which ends.
 */
export const allowListWaives: readonly EvidenceRule[] = [
  'cooldown',
  'install-script',
  'behaviour',
  'malware',
  'capability-change',
  'typosquat',
  'deprecated',
  'vulnerability',
  'licence',
  'secret',
  'new-author',
  'unreviewed',
  'trust-downgrade',
  'builder-changed',
  'ref-or-trigger',
  'source-tag',
  'publisher-changed',
  'burst',
  'dependency-changed',
  'time-anomaly',
];

/** Kinds that must be there at stage `file`, whatever the modes are. A missing one is a fault of ours, and holds. */
export const requiredKinds = [
  'integrity',
  'archive',
  'manifest',
  'age',
  'deprecation',
  'scripts',
  'origin',
  'signatures',
  'provenance',
  'expectations',
  'vulnerabilities',
  'malware',
  'capabilities',
  'licences',
  'secrets',
  'behaviour',
  'rebuild',
  'commits',
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
  'known-malware': verdict('block', 'hold'),
  malware: table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  'install-script': table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
  behaviour: table('allow', 'block', 'hold', 'note', 'note', 'hold', 'hold'),
  'capability-change': table('allow', 'hold', 'allow', 'allow', 'note', 'hold', 'hold'),
  typosquat: verdict('hold', 'note'),
  cooldown: table('allow', 'hold', 'hold', 'hold', 'hold', 'hold', 'hold'),
  deprecated: table('allow', 'note', 'note', 'note', 'note', 'note', 'note'),
  vulnerability: verdict('note', 'note'),
  licence: table('allow', 'block', 'hold', 'allow', 'note', 'hold', 'hold'),
  secret: table('allow', 'allow', 'allow', 'allow', 'allow', 'hold', 'hold'),
  rebuild: table('allow', 'block', 'note', 'allow', 'allow', 'hold', 'hold'),
  'rebuild-regression': verdict('hold', 'note'),
  commits: table('allow', 'hold', 'note', 'allow', 'allow', 'hold', 'hold'),
  'history-rewritten': verdict('hold', 'note'),
  'new-author': verdict('hold', 'note'),
  // Most projects push their releases themselves: that alone is no news.
  unreviewed: verdict('hold', 'allow'),
  signature: table('allow', 'block', 'note', 'note', 'note', 'hold', 'hold'),
  provenance: table('allow', 'block', 'hold', 'note', 'note', 'hold', 'hold'),
  'trust-root': verdict('hold', 'note'),
  stripped: verdict('block', 'hold'),
  'source-changed': verdict('block', 'hold'),
  'run-conclusion': verdict('block', 'hold'),
  'trust-downgrade': verdict('hold', 'note'),
  'builder-changed': verdict('hold', 'note'),
  'ref-or-trigger': verdict('hold', 'note'),
  'source-tag': verdict('hold', 'note'),
  'publisher-changed': verdict('hold', 'note'),
  burst: verdict('hold', 'note'),
  'dependency-changed': verdict('hold', 'note'),
  'time-anomaly': verdict('hold', 'note'),
  expectations: table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
  'feed-age': table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
};

const strictTables: Readonly<Record<EvidenceRule, RuleTable>> = {
  integrity: table('allow', 'block', 'block', 'block', 'block', 'hold', 'hold'),
  archive: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  manifest: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  'known-malware': verdict('block', 'block'),
  malware: table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  'install-script': table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  behaviour: table('allow', 'block', 'hold', 'hold', 'hold', 'hold', 'hold'),
  'capability-change': table('allow', 'hold', 'note', 'note', 'hold', 'hold', 'hold'),
  typosquat: verdict('block', 'hold', 'note', 'note'),
  cooldown: table('allow', 'hold', 'hold', 'hold', 'hold', 'hold', 'hold'),
  deprecated: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  vulnerability: verdict('hold', 'note'),
  licence: table('allow', 'block', 'hold', 'note', 'hold', 'hold', 'hold'),
  secret: table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
  rebuild: table('allow', 'block', 'hold', 'note', 'note', 'hold', 'hold'),
  'rebuild-regression': verdict('block', 'hold'),
  commits: table('allow', 'hold', 'note', 'note', 'note', 'hold', 'hold'),
  'history-rewritten': verdict('block', 'hold'),
  'new-author': verdict('hold', 'hold'),
  unreviewed: verdict('hold', 'hold'),
  signature: table('allow', 'block', 'block', 'hold', 'hold', 'hold', 'hold'),
  provenance: table('allow', 'block', 'block', 'note', 'hold', 'hold', 'hold'),
  'trust-root': verdict('hold', 'hold', 'note', 'hold'),
  stripped: verdict('block', 'block'),
  'source-changed': verdict('block', 'block'),
  'run-conclusion': verdict('block', 'hold', 'note', 'hold'),
  'trust-downgrade': verdict('block', 'hold'),
  'builder-changed': verdict('block', 'hold'),
  'ref-or-trigger': verdict('block', 'hold'),
  'source-tag': verdict('block', 'hold', 'note', 'hold'),
  'publisher-changed': verdict('hold', 'hold'),
  burst: verdict('hold', 'hold'),
  'dependency-changed': verdict('hold', 'hold'),
  'time-anomaly': verdict('hold', 'hold'),
  expectations: table('allow', 'block', 'hold', 'note', 'note', 'hold', 'hold'),
  'feed-age': table('allow', 'hold', 'note', 'hold', 'hold', 'hold', 'hold'),
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

/** A verdict inside evidence: what is not known of it is told by the rule of the whole, unless it asks for more here. */
function verdict(
  fail: Cell,
  warn: Cell,
  notAvailable: Cell = 'allow',
  notChecked: Cell = 'allow',
): RuleTable {
  return table('allow', fail, warn, notAvailable, notChecked, 'hold', 'hold');
}

function preset(mode: RuleMode, tables: Readonly<Record<EvidenceRule, RuleTable>>): Preset {
  const rule = (name: EvidenceRule): RuleSetting => ({ mode, table: tables[name] });
  return {
    evidence: forEachRule(rule),
    lists: { 'deny-list': mode, 'allow-list': mode },
    required: mode,
  };
}
