/** An instant for people: UTC, whole minutes, rounded up (what is promised free at a time must be free then). */
import { forTerminal } from '../../core/encode.ts';
import { normaliseTime } from '../../core/time.ts';

const minuteMs = 60_000;

/** `2026-11-23 10:00 UTC`; what is no RFC 3339 time comes back as text for a terminal. */
export function instant(text: string): string {
  const at = normaliseTime(text);
  if (at === undefined) return forTerminal(text, 40);
  return `${new Date(Math.ceil(Date.parse(at) / minuteMs) * minuteMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
