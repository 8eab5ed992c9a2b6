/** Reading fields of a record that somebody else wrote. */
import { own, type Json, type JsonObject } from '../../core/json.ts';

/** Why one record is refused; caught where the record is read. */
export class OsvProblem extends Error {}

/** A bounded, well-formed, non-empty text. */
export function textOf(value: Json | undefined, what: string, longest: number): string {
  const isText = typeof value === 'string' && value !== '' && value.length <= longest;
  if (!isText || !value.isWellFormed()) throw new OsvProblem(`${what} cannot be read: ${shown(value)}`);
  return value;
}

/** Absent and null are an empty list. More than `most` is no list that we read a part of. */
export function listOf(object: JsonObject, key: string, most: number): readonly Json[] {
  const value = own(object, key);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OsvProblem(`"${key}" is no list`);
  if (value.length > most) throw new OsvProblem(`"${key}" has more than ${most} entries`);
  return value;
}

/** For a message: short, and one line. Never a value's own JSON: it can be nested too deeply to be written. */
export function shown(value: Json | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100).toWellFormed());
  if (value === undefined) return 'nothing';
  return typeof value === 'object' && value !== null ? 'no text' : String(value);
}
