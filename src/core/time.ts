/** Times are RFC 3339 strings in UTC with milliseconds; `Clock` is the only way to learn what time it is. */
export type Clock = () => Date;

export function rfc3339(date: Date): string {
  return date.toISOString();
}

/**
 * Reads the time formats registries use (with or without fractions, `Z` or an offset) and returns the one
 * form; undefined for anything else, also for what `Date` would guess at.
 */
export function normaliseTime(text: string): string | undefined {
  const ms = instantOf(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** The same formats as milliseconds since the epoch; NaN for anything else. */
export function instantOf(text: string): number {
  if (!timeForm.test(text)) return Number.NaN;
  // 24 characters hold no more than milliseconds.
  return Date.parse(text.length > 24 ? text.replace(/(\.\d{3})\d+/, '$1') : text);
}
