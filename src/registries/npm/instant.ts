/** An instant for people: UTC, whole minutes. */
import { forTerminal } from '../../core/encode.ts';
import { normaliseTime } from '../../core/time.ts';

const minuteMs = 60_000;

/** `2026-11-23 10:00 UTC`, rounded up: what is promised free at a time must be free then. */
export function instantFrom(text: string): string {
  return toMinute(text, Math.ceil);
}

/** The same for what has happened, rounded down: never a time to come. */
export function instantOf(text: string): string {
  return toMinute(text, Math.floor);
}

/** What is no RFC 3339 time comes back as text for a terminal. */
function toMinute(text: string, round: (minutes: number) => number): string {
  const at = normaliseTime(text);
  if (at === undefined) return forTerminal(text, 40);
  return `${new Date(round(Date.parse(at) / minuteMs) * minuteMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
