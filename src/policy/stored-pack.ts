/** A policy as it was when it decided, from the text that was kept under its digest. */
import { sha256, type Sha256 } from '../core/digest.ts';
import type { RuleMode } from '../core/decision.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../core/json.ts';
import type { Ecosystem } from '../core/purl.ts';
import { compileMatch, type CompiledMatch } from './match.ts';
import { cooldownMsOf, type PolicyPack } from './pack.ts';
import {
  cells,
  engineVersion,
  requiredKinds,
  ruleResults,
  type RuleSetting,
  type RuleTable,
} from './presets.ts';
import { evidenceRules, forEachRule, type EvidenceRule } from './rule-names.ts';

export type StoredPack =
  | { readonly ok: true; readonly pack: PolicyPack }
  /** `changed`: the text is not the one of this digest. `other-engine`: this program's rules are not those of then. */
  | { readonly ok: false; readonly problem: 'changed' | 'other-engine'; readonly why: string };

/** Never throws. */
export function packFromText(text: string, digest: Sha256): StoredPack {
  if (sha256(text) !== digest)
    return { ok: false, problem: 'changed', why: `the stored policy is not ${digest}: it was changed` };
  const form = objectFrom(text);
  const engine = form && ownString(form, 'engine');
  if (form === undefined || engine !== engineVersion)
    return otherEngine(`engine ${engine ?? '(unknown)'} decided, and this is engine ${engineVersion}`);
  const pack = packOf(form, digest);
  return pack === undefined ? otherEngine('its rules are not those of this program') : { ok: true, pack };
}

function otherEngine(why: string): StoredPack {
  return { ok: false, problem: 'other-engine', why };
}

function packOf(form: JsonObject, digest: Sha256): PolicyPack | undefined {
  const rules = rulesOf(ownObject(form, 'rules') ?? {});
  const lists = ownObject(form, 'lists') ?? {};
  const required = ownObject(form, 'required') ?? {};
  const deny = listOf(ownObject(lists, 'deny'));
  const allow = listOf(ownObject(lists, 'allow'));
  const requiredMode = modeOf(own(required, 'mode'));
  const kinds = own(required, 'kinds');
  const sameKinds = Array.isArray(kinds) && kinds.join() === requiredKinds.join();
  if (rules === undefined || deny === undefined || allow === undefined) return undefined;
  if (requiredMode === undefined || !sameKinds) return undefined;
  return {
    digest,
    rules,
    denyMode: deny.mode,
    allowMode: allow.mode,
    requiredMode,
    deny: deny.entries,
    allow: allow.entries,
    cooldownMs: cooldownMsOf(Number(ownString(form, 'cooldownHours') ?? Number.NaN)),
  };
}

/** Exactly the rules of this program, no more and no fewer. */
function rulesOf(stored: JsonObject): PolicyPack['rules'] | undefined {
  const found = new Map(
    Object.entries(stored).flatMap(([name, rule]) => {
      const setting = isJsonObject(rule) ? settingOf(rule) : undefined;
      return setting === undefined ? [] : [[name, setting] as const];
    }),
  );
  const isWhole = found.size === evidenceRules.length && evidenceRules.every((name) => found.has(name));
  if (!isWhole) return undefined;
  return forEachRule((name: EvidenceRule): RuleSetting => {
    const setting = found.get(name);
    if (setting === undefined) throw new TypeError(`no rule ${name}`);
    return setting;
  });
}

function settingOf(rule: JsonObject): RuleSetting | undefined {
  const mode = modeOf(own(rule, 'mode'));
  const table = ownObject(rule, 'table') ?? {};
  const isKnown = ruleResults.every((result) => cells.some((cell) => cell === own(table, result)));
  return mode === undefined || !isKnown ? undefined : { mode, table: table as RuleTable };
}

function listOf(
  list: JsonObject | undefined,
): { readonly mode: RuleMode; readonly entries: readonly CompiledMatch[] } | undefined {
  const mode = list && modeOf(own(list, 'mode'));
  const entries = list && own(list, 'entries');
  if (mode === undefined || !Array.isArray(entries)) return undefined;
  return { mode, entries: entries.flatMap((entry: Json) => (isJsonObject(entry) ? [matchOf(entry)] : [])) };
}

function matchOf(entry: JsonObject): CompiledMatch {
  return compileMatch({
    ecosystem: (ownString(entry, 'ecosystem') ?? '') as Ecosystem,
    name: ownString(entry, 'name') ?? '',
    versions: ownString(entry, 'versions'),
    reason: ownString(entry, 'reason'),
  });
}

const modes: readonly RuleMode[] = ['off', 'audit', 'warn', 'enforce'];

function modeOf(value: Json | undefined): RuleMode | undefined {
  return modes.find((mode) => mode === value);
}

function objectFrom(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
