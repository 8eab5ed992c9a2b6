/** What a policy can be set to. Validated at the border by `server/config`; trusted here. */
import type { RuleMode } from '../core/decision.ts';
import type { Ecosystem } from '../core/purl.ts';
import { evidenceRules } from './rule-names.ts';

export const presetNames = ['observe', 'recommended', 'strict'] as const;
export type PresetName = (typeof presetNames)[number];

/** Rules a configuration may set. `npm/…` style ids in reasons are `<ecosystem>/<rule>`. */
export const ruleNames = [...evidenceRules, 'deny-list', 'allow-list'] as const;
export type RuleName = (typeof ruleNames)[number];

/** Names a package, all packages of a scope (`@scope/*`), or some versions of one. */
export interface PackageMatch {
  readonly ecosystem: Ecosystem;
  /** Full name, or `@scope/*`. */
  readonly name: string;
  /** Version range in the ecosystem's own syntax; undefined means every version. */
  readonly versions: string | undefined;
  readonly reason: string | undefined;
}

export interface PolicySettings {
  readonly preset: PresetName;
  /** Overrides the preset's mode of single rules. */
  readonly rules: Readonly<Partial<Record<RuleName, RuleMode>>>;
  readonly cooldownHours: number;
  readonly deny: readonly PackageMatch[];
  /** Waives the rules in `allowListWaives` (presets.ts). */
  readonly allow: readonly PackageMatch[];
}
