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
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.test(text))
    return undefined;
  const date = new Date(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
