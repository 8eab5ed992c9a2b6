/** Settings and preset tables, put together once and named by one digest. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { RuleMode } from '../core/decision.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import { compileMatch, type CompiledMatch } from './match.ts';
import { engineVersion, presets, requiredKinds, type RuleSetting } from './presets.ts';
import { evidenceRules, forEachRule, type EvidenceRule } from './rule-names.ts';
import type { PackageMatch, PolicySettings } from './settings.ts';

export interface PolicyPack {
  readonly digest: Sha256;
  readonly rules: Readonly<Record<EvidenceRule, RuleSetting>>;
  readonly denyMode: RuleMode;
  readonly allowMode: RuleMode;
  readonly requiredMode: RuleMode;
  readonly deny: readonly CompiledMatch[];
  readonly allow: readonly CompiledMatch[];
  /** NaN when the setting was no number of hours: then everything young or old is held. */
  readonly cooldownMs: number;
}

export function compilePack(settings: PolicySettings): PolicyPack {
  const { cooldownHours, deny, allow } = settings;
  const preset = presets[settings.preset];
  return {
    digest: policyDigest(settings),
    rules: rulesOf(settings),
    denyMode: settings.rules['deny-list'] ?? preset.lists['deny-list'],
    allowMode: settings.rules['allow-list'] ?? preset.lists['allow-list'],
    requiredMode: preset.required,
    deny: deny.map(compileMatch),
    allow: allow.map(compileMatch),
    cooldownMs: cooldownMsOf(cooldownHours),
  };
}

export function cooldownMsOf(hours: number): number {
  return Number.isFinite(hours) && hours >= 0 ? hours * 3_600_000 : Number.NaN;
}

function rulesOf(settings: PolicySettings): PolicyPack['rules'] {
  const base = presets[settings.preset].evidence;
  const rule = (name: EvidenceRule): RuleSetting => ({
    ...base[name],
    mode: settings.rules[name] ?? base[name].mode,
  });
  return forEachRule(rule);
}

/** SHA-256 over `policyText`. */
export function policyDigest(settings: PolicySettings): Sha256 {
  return sha256(policyText(settings));
}

/**
 * Canonical JSON of all that decides: engine version, settings, the tables in force, required kinds. Kept under its
 * digest, so that an old decision can be derived again (`stored-pack.ts`).
 */
export function policyText(settings: PolicySettings): string {
  const preset = presets[settings.preset];
  const rules = rulesOf(settings);
  const form: JsonObject = {
    engine: engineVersion,
    preset: settings.preset,
    cooldownHours: String(settings.cooldownHours),
    rules: Object.fromEntries(
      evidenceRules.map((name) => [name, { mode: rules[name].mode, table: { ...rules[name].table } }]),
    ),
    lists: {
      deny: {
        mode: settings.rules['deny-list'] ?? preset.lists['deny-list'],
        entries: settings.deny.map(matchForm),
      },
      allow: {
        mode: settings.rules['allow-list'] ?? preset.lists['allow-list'],
        entries: settings.allow.map(matchForm),
      },
    },
    required: { mode: preset.required, kinds: [...requiredKinds] },
  };
  return canonicalJson(form);
}

function matchForm({ ecosystem, name, versions, reason }: PackageMatch): JsonObject {
  return {
    ecosystem,
    name: name.toWellFormed(),
    versions: versions?.toWellFormed() ?? null,
    reason: reason?.toWellFormed() ?? null,
  };
}
