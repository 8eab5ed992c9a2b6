/** JSON as data: what `JSON.parse` can return, and reading it without trusting it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An own property of a parsed object, never one inherited: `__proto__`, `constructor` and the like
 * in hostile JSON read as absent unless they are the object's own (CVE-2019-10744 is the class).
 */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function ownString(object: JsonObject, key: string): string | undefined {
  const value = own(object, key);
  return typeof value === 'string' ? value : undefined;
}

export function ownObject(object: JsonObject, key: string): JsonObject | undefined {
  const value = own(object, key);
  return isJsonObject(value) ? value : undefined;
}

/** The string-valued own entries of an object; other values are left out. */
export function ownStrings(object: JsonObject | undefined): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  for (const [key, value] of Object.entries(object ?? {})) {
    if (typeof value === 'string') strings.set(key, value);
  }
  return strings;
}
