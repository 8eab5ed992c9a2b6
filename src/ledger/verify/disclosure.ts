/**
 * What an auditor is handed: entries, each with its proof and what opens it, as one JSON text. Every claim in it is
 * checked by `verifyDisclosure`; nothing in it is believed because it is there.
 */
import { fromUtf8, isCount, utf8 } from './bytes.ts';
import type { EvidenceOpening } from './evidence.ts';
import { leafFields, type LeafField } from './leaf.ts';
import type { FieldOpening, Openings } from './opening.ts';

export interface DisclosedEntry {
  readonly index: number;
  /** Exact text of the entry. */
  readonly entry: string;
  /** The text of a `.tlog-proof` file. */
  readonly proof: string;
  readonly openings: Openings;
  /** The signed statement: JSON text of a DSSE envelope. */
  readonly envelope: string | undefined;
  /** The decision's verification summary: JSON text of a DSSE envelope. */
  readonly summary?: string | undefined;
}

export interface Disclosure {
  /** `history`: all entries of each subject shown, up to the newest; `entries`: these, and no claim about others. */
  readonly claim: 'history' | 'entries';
  readonly entries: readonly DisclosedEntry[];
}

export const disclosureFormat = 'assay-disclosure/v1';
export const maxDisclosedEntries = 10_000;
export const maxDisclosureBytes = 256 * 1024 * 1024;

/** Throws RangeError for a payload that is not UTF-8: none that an entry commits to is. */
export function formatDisclosure({ claim, entries }: Disclosure): string {
  const shown = entries.map(({ index, entry, proof, openings, envelope, summary }) => ({
    index,
    entry,
    proof,
    openings: Object.fromEntries(
      leafFields.flatMap((field) => {
        const opening = openings[field];
        return opening === undefined ? [] : [[field, openingShown(opening)]];
      }),
    ),
    ...(envelope === undefined ? {} : { envelope }),
    ...(summary === undefined ? {} : { summary }),
  }));
  return `${JSON.stringify({ format: disclosureFormat, claim, entries: shown }, undefined, 1)}\n`;
}

function openingShown(opening: FieldOpening | readonly EvidenceOpening[]): unknown {
  if (!('payload' in opening)) return opening;
  const payload = fromUtf8(opening.payload);
  if (payload === undefined) throw new RangeError('a payload is not UTF-8');
  return { salt: opening.salt, payload };
}

/** Undefined for anything else. Keys it does not know are passed over. */
export function parseDisclosure(text: string): Disclosure | undefined {
  if (text.length > maxDisclosureBytes) return undefined;
  const value = parsed(text);
  const claim = ownOf(value, 'claim');
  const listed = ownOf(value, 'entries');
  if (ownOf(value, 'format') !== disclosureFormat || (claim !== 'history' && claim !== 'entries'))
    return undefined;
  if (!Array.isArray(listed) || listed.length > maxDisclosedEntries) return undefined;
  const entries = listed.flatMap((one: unknown) => entryFrom(one) ?? []);
  return entries.length === listed.length ? { claim, entries } : undefined;
}

function entryFrom(value: unknown): DisclosedEntry | undefined {
  const index = ownOf(value, 'index');
  const entry = ownOf(value, 'entry');
  const proof = ownOf(value, 'proof');
  const openings = openingsFrom(ownOf(value, 'openings'));
  const [envelope, summary] = [ownOf(value, 'envelope'), ownOf(value, 'summary')];
  if (typeof index !== 'number' || !isCount(index) || typeof entry !== 'string' || typeof proof !== 'string')
    return undefined;
  if (openings === undefined || !isTextOrNone(envelope) || !isTextOrNone(summary)) return undefined;
  return { index, entry, proof, openings, envelope, ...(summary === undefined ? {} : { summary }) };
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function openingsFrom(value: unknown): Openings | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const openings: Partial<Record<LeafField, FieldOpening | readonly EvidenceOpening[]>> = {};
  for (const field of leafFields) {
    const shown = ownOf(value, field);
    if (shown === undefined) continue;
    const opening = field === 'evidence' ? placesFrom(shown) : fieldFrom(shown);
    if (opening === undefined) return undefined;
    openings[field] = opening;
  }
  return openings as Openings;
}

function fieldFrom(value: unknown): FieldOpening | undefined {
  const salt = ownOf(value, 'salt');
  const payload = ownOf(value, 'payload');
  if (typeof salt !== 'string' || typeof payload !== 'string') return undefined;
  return { salt, payload: utf8(payload) };
}

function placesFrom(value: unknown): readonly EvidenceOpening[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const places = value.flatMap((one: unknown): readonly EvidenceOpening[] => {
    const commitment = ownOf(one, 'commitment');
    if (typeof commitment === 'string') return [{ commitment }];
    const salt = ownOf(one, 'salt');
    const digest = ownOf(one, 'digest');
    return typeof salt === 'string' && typeof digest === 'string' ? [{ salt, digest }] : [];
  });
  return places.length === value.length ? places : undefined;
}

/** An own property, never an inherited one; undefined of anything that has none. */
function ownOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
