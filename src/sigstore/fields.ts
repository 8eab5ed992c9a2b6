/**
 * Reading fields of foreign JSON in the form protobuf gives it, strictly: one type, one encoding, a bound on each.
 * `null` and an absent field are the same (proto3 JSON mapping).
 */
import { isJsonObject, own, type Json, type JsonObject } from '../core/json.ts';
import { quote, refuse } from './refused.ts';
import type { BundleFailure } from './types.ts';

export interface Fields {
  readonly object: (from: JsonObject, key: string) => JsonObject;
  readonly maybeObject: (from: JsonObject, key: string) => JsonObject | undefined;
  /** Objects. An absent list is an empty one. */
  readonly list: (from: JsonObject, key: string, max: number) => readonly JsonObject[];
  readonly text: (from: JsonObject, key: string, maxLength: number) => string;
  readonly maybeText: (from: JsonObject, key: string, maxLength: number) => string | undefined;
  /** Base64, at least one byte. */
  readonly bytes: (from: JsonObject, key: string, maxBytes: number) => Buffer;
  readonly hex: (from: JsonObject, key: string) => Buffer;
  /** A protobuf int64 that is not negative. */
  readonly integer: (from: JsonObject, key: string) => bigint;
  readonly maybeInteger: (from: JsonObject, key: string) => bigint | undefined;
  /** Another reader may give a meaning to a key we do not know: there must be none. */
  readonly onlyKeys: (from: JsonObject, keys: readonly string[]) => void;
}

/** Everything that does not fit is refused as `failure`; `what` names the document in the sentence. */
export function fieldsOf(failure: BundleFailure, what: string): Fields {
  const wrong = (key: string, must: string): never => refuse(failure, `${what}: ${key} ${must}`);
  const present = (from: JsonObject, key: string): Json | undefined => own(from, key) ?? undefined;
  const maybeObject = (from: JsonObject, key: string): JsonObject | undefined => {
    const value = present(from, key);
    return value === undefined || isJsonObject(value) ? value : wrong(key, 'is not an object');
  };
  const maybeText = (from: JsonObject, key: string, maxLength: number): string | undefined => {
    const value = present(from, key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return wrong(key, 'is not a string');
    if (value.length > maxLength) return wrong(key, `is longer than ${maxLength} characters`);
    return value.isWellFormed() ? value : wrong(key, 'is not well-formed');
  };
  const text = (from: JsonObject, key: string, maxLength: number): string =>
    maybeText(from, key, maxLength) ?? wrong(key, 'is missing');
  const maybeInteger = (from: JsonObject, key: string): bigint | undefined => {
    const value = present(from, key);
    if (value === undefined) return undefined;
    return int64(value) ?? wrong(key, 'is no whole number from 0 to 2^63-1');
  };
  return {
    maybeObject,
    object: (from, key) => maybeObject(from, key) ?? wrong(key, 'is missing'),
    list(from, key, max) {
      const value = present(from, key) ?? [];
      if (!Array.isArray(value)) return wrong(key, 'is not a list');
      if (value.length > max) return wrong(key, `has more than ${max} items`);
      return value.every(isJsonObject) ? value : wrong(key, 'has an item that is not an object');
    },
    text,
    maybeText,
    bytes(from, key, maxBytes) {
      // Line breaks are let through (RFC 2045 section 6.8): some producers wrap, and other readers pass over them.
      const encoded = text(from, key, maxBytes * 2).replace(/[\r\n]/g, '');
      const bytes = strictBase64(encoded) ?? wrong(key, 'is not canonical base64');
      if (bytes.length > maxBytes) return wrong(key, `is longer than ${maxBytes} bytes`);
      return bytes.length > 0 ? bytes : wrong(key, 'is empty');
    },
    hex(from, key) {
      const encoded = text(from, key, 128);
      return /^(?:[0-9a-f]{2})+$/.test(encoded)
        ? Buffer.from(encoded, 'hex')
        : wrong(key, 'is not lower-case hex');
    },
    maybeInteger,
    integer: (from, key) => maybeInteger(from, key) ?? wrong(key, 'is missing'),
    onlyKeys(from, keys) {
      const other = Object.keys(from).find((key) => !keys.includes(key));
      if (other !== undefined) wrong(quote(other), 'is not a field we know');
    },
  };
}

/**
 * Base64 (RFC 4648 section 4, or section 5 with or without padding: the proto3 JSON mapping and DSSE accept both), but
 * only in its canonical form: no white space, the unused bits of the last character zero. Undefined otherwise.
 */
export function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  if (text === standard) return bytes;
  const url = bytes.toString('base64url');
  return text === url || text === url + '='.repeat(standard.length - url.length) ? bytes : undefined;
}

const maxInt64 = (1n << 63n) - 1n;

function int64(value: Json): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !/^(?:0|[1-9][0-9]{0,18})$/.test(value)) return undefined;
  const number = BigInt(value);
  return number <= maxInt64 ? number : undefined;
}
