/** What both forms of VEX share: reading a document that somebody signed. */
import { AssayError } from '../../core/errors.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { normaliseTime } from '../../core/time.ts';
import type { VexJustification, VexStatement, VexStatus } from '../../core/vex.ts';

/** Whose signature over the document's bytes was verified: by whoever calls, never by the document itself. */
export interface VexSigner {
  readonly name: string;
  /** From then on the signer's statements say nothing more; no form of VEX has an end of its own. */
  readonly validDays: number;
}

export interface VexReading {
  readonly statements: readonly VexStatement[];
  /** Statements that say nothing here, or not in the form that they must have: nothing follows from them. */
  readonly passedOver: number;
}

export const statuses = [
  'not_affected',
  'affected',
  'fixed',
  'under_investigation',
] as const satisfies VexStatus[];

export const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const satisfies VexJustification[];

const longestDocument = 16 * 1024 * 1024;
const mostEntries = 10_000;
const mostStatements = 50_000;
const dayMs = 86_400_000;

/** Throws VEX_INVALID. */
export function documentFrom(text: string): JsonObject {
  if (text.length > longestDocument) throw invalid('it is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  if (!isJsonObject(value)) throw invalid('it is no object');
  return value;
}

export function invalid(why: string): AssayError {
  return new AssayError('VEX_INVALID', `a VEX document cannot be used: ${why}`);
}

/** Throws VEX_INVALID for what is no list, or a longer one than is read. */
export function entriesOf(object: JsonObject, key: string): readonly Json[] {
  const value = own(object, key);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > mostEntries) throw invalid(`"${key}" is no list, or too long`);
  return value;
}

/** Adds up what was read, so that many products of many statements stay bounded. Throws VEX_INVALID. */
export function collected(all: readonly (readonly VexStatement[])[]): VexReading {
  const statements = all.flat();
  if (statements.length > mostStatements) throw invalid('it has too many statements');
  return { statements, passedOver: all.filter((one) => one.length === 0).length };
}

/** The package URL without qualifiers; undefined for what names no package of an ecosystem served here. */
export function productOf(text: string | undefined): Purl | undefined {
  if (text === undefined || text.length > 1024) return undefined;
  const [plain = ''] = text.split(/[?#]/, 1);
  try {
    parsePurl(plain);
    return plain as Purl;
  } catch {
    return undefined;
  }
}

export function timeOf(object: JsonObject | undefined, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const time = normaliseTime(ownString(object ?? {}, key) ?? '');
    if (time !== undefined) return time;
  }
  return undefined;
}

export function untilOf(from: string, { validDays }: VexSigner): string {
  return new Date(Date.parse(from) + validDays * dayMs).toISOString();
}

export function shortText(text: string | undefined): string {
  return (text ?? '').slice(0, 500).toWellFormed();
}

/** Ids that can be compared and printed; others are left out. */
export function idsOf(texts: readonly (string | undefined)[]): readonly string[] {
  const isId = (text: string | undefined): text is string =>
    text !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$/.test(text);
  return [...new Set(texts.filter(isId))].slice(0, 100);
}
