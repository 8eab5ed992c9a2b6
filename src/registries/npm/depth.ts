/**
 * How deep a JSON value is nested. V8 parses and writes any depth, but what walks a value by recursion (canonical
 * JSON, a copy between threads) ends with a full stack; so deep values are refused where they come in.
 */
import type { Json } from '../../core/json.ts';

export const deepestNesting = 64;

export function isTooDeep(value: Json, levels = deepestNesting): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item: Json) => isTooDeep(item, levels - 1));
}
