/** Reading trust documents strictly: whatever is not as it must be is TRUST_INVALID, with the place. */
import { AssayError } from '../core/errors.ts';
import { forTerminal } from '../core/encode.ts';
import { isJsonObject, own, type Json, type JsonObject } from '../core/json.ts';
import { normaliseTime } from '../core/time.ts';

/** Far above what any such document needs (the public ones have about 7 KB). */
export const maxTrustDocumentBytes = 1024 * 1024;
const maxTextLength = 16_384;
const maxDepth = 32;

export function invalid(where: string, why: string): AssayError {
  return new AssayError('TRUST_INVALID', `${forTerminal(where, 120)} ${why}`);
}

/** Throws TRUST_INVALID for what is no JSON object, or too large. */
export function readDocument(bytes: Uint8Array, maxBytes: number = maxTrustDocumentBytes): JsonObject {
  if (bytes.length > maxBytes) throw invalid('the document', `has more than ${maxBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('the document', 'is not JSON');
  }
  if (!isJsonObject(value)) throw invalid('the document', 'is no JSON object');
  if (!isPlain(value, maxDepth)) throw invalid('the document', 'is nested too deep, or holds broken text');
  return value;
}

/** So that it has a canonical form, and finding that out needs no deep stack. */
function isPlain(value: unknown, depth: number): boolean {
  if (depth === 0) return false;
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isPlain(item, depth - 1));
}

export function object(value: Json | undefined, where: string): JsonObject {
  if (!isJsonObject(value)) throw invalid(where, 'is no object');
  return value;
}

export function list(value: Json | undefined, where: string, max: number): readonly Json[] {
  if (!Array.isArray(value)) throw invalid(where, 'is no list');
  if (value.length > max) throw invalid(where, `has more than ${max} entries`);
  return value as readonly Json[];
}

/** Not empty, well formed, printable, at most 16,384 characters. */
export function text(value: Json | undefined, where: string, maxLength = maxTextLength): string {
  if (typeof value !== 'string' || value === '') throw invalid(where, 'is no text');
  if (value.length > maxLength) throw invalid(where, `has more than ${maxLength} characters`);
  if (forTerminal(value, maxTextLength) !== value)
    throw invalid(where, 'has characters that cannot be shown');
  return value;
}

/** Canonical base64 of at least one byte. */
export function base64(value: Json | undefined, where: string): string {
  const found = text(value, where);
  if (Buffer.from(found, 'base64').toString('base64') !== found) throw invalid(where, 'is not base64');
  return found;
}

/** In the one form; undefined where there is none. */
export function optionalTime(value: Json | undefined, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const time = normaliseTime(text(value, where, 40));
  if (time === undefined) throw invalid(where, 'is no time');
  return time;
}

/** `{start?, end?}`, as Sigstore's protobuf specs have it: both ends inclusive. */
export function validity(
  value: Json | undefined,
  where: string,
): { readonly from: string | undefined; readonly until: string | undefined } {
  if (value === undefined || value === null) return { from: undefined, until: undefined };
  const window = object(value, where);
  const from = optionalTime(own(window, 'start'), `${where}.start`);
  const until = optionalTime(own(window, 'end'), `${where}.end`);
  if (from !== undefined && until !== undefined && from > until)
    throw invalid(where, 'ends before it starts');
  return { from, until };
}
