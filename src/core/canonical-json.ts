/**
 * Canonical JSON, RFC 8785 (JCS): the one byte form of a value, so that it can be hashed.
 * ECMAScript's own number and string serialisation is what the RFC prescribes (sections 3.2.2.2 and 3.2.2.3);
 * keys are sorted by UTF-16 code units (3.2.3), which is what `<` on strings does.
 */
import { AssayError } from './errors.ts';
import type { Json } from './json.ts';

/** Throws CANONICAL_JSON_UNREPRESENTABLE for NaN, infinities and lone surrogates, which RFC 8785 forbids. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unrepresentable(String(value));
    return JSON.stringify(value);
  }
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${canonicalString(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** Whether `canonicalJson` would not throw; far cheaper. */
export function hasCanonicalForm(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'boolean' || value === null) return true;
  if (Array.isArray(value)) return (value as readonly Json[]).every(hasCanonicalForm);
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && hasCanonicalForm(item));
}

export function canonicalBytes(value: Json): Uint8Array {
  return Buffer.from(canonicalJson(value), 'utf8');
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw unrepresentable('a string with a lone surrogate');
  return JSON.stringify(text);
}

function unrepresentable(what: string): AssayError {
  return new AssayError('CANONICAL_JSON_UNREPRESENTABLE', `${what} has no canonical JSON form`);
}
