/** JSON and pages between records and columns. What comes back from the database was written by us, yet is read with care. */
import { AssayError } from '../core/errors.ts';

/** Throws STORAGE_CORRUPT when a column that holds JSON does not. The caller knows what was written there. */
export function fromJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AssayError('STORAGE_CORRUPT', `${what} in the database is not readable`, { cause });
  }
}

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before; undefined for the first page. */
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

const largestPage = 1000;

export function pageLimit(limit: number): number {
  return Math.max(1, Math.min(largestPage, Math.trunc(limit)));
}

/** The sequence number to go on below. Throws CURSOR_INVALID. */
export function cursorSeq(cursor: string | undefined): number {
  if (cursor === undefined) return Number.MAX_SAFE_INTEGER;
  if (!/^[0-9]{1,15}$/.test(cursor))
    throw new AssayError('CURSOR_INVALID', `not a cursor: ${JSON.stringify(cursor.slice(0, 50))}`);
  return Number(cursor);
}

/** A page from one row more than its limit. */
export function pageOf<Row extends { readonly seq: number }, T>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(read),
    next: rows.length > limit && last !== undefined ? String(last.seq) : undefined,
  };
}
