/** Until when something is to hold, as it is written on a command line. */
import { InvalidArgumentError } from 'commander';

/** RFC 3339 UTC. A day means its beginning in UTC. */
export function parseUntil(text: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z$/.test(text);
  const date = new Date(isDay ? `${text}T00:00:00.000Z` : text);
  if ((!isDay && !isTime) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z');
  return date.toISOString();
}

export const untilHelp = 'when it ends, within a year: 2027-01-31, or an RFC 3339 time';
