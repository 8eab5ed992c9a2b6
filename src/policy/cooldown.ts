/** Is a release old enough? The evidence gives a time of publication, `now` comes from the caller. */
import type { CheckFacts } from '../core/facts.ts';
import { instantOf } from '../core/time.ts';
import type { RuleResult } from './presets.ts';

/** A publication later than this after `now` is not a difference between clocks. */
const clockSkewMs = 10 * 60 * 1000;

export interface Maturity {
  /** `pass`: old enough. `fail`: too young. `not-available`: nobody can say. `error`: our own clock or setting is unreadable. */
  readonly result: RuleResult;
  /** When it will be old enough; only with `fail`. */
  readonly until?: string;
  readonly ageHours?: number;
}

export function maturityOf(check: CheckFacts | undefined, cooldownMs: number, now: string): Maturity {
  if (check === undefined) return { result: 'missing' };
  if (check.result !== 'pass') return { result: check.result };
  const nowMs = instantOf(now);
  if (Number.isNaN(nowMs) || Number.isNaN(cooldownMs)) return { result: 'error' };
  const claimed = Object.hasOwn(check.facts, 'publishedAt') ? check.facts['publishedAt'] : undefined;
  const publishedMs = typeof claimed === 'string' ? instantOf(claimed) : Number.NaN;
  if (!(publishedMs <= nowMs + clockSkewMs)) return { result: 'not-available' };
  const matureMs = publishedMs + cooldownMs;
  if (matureMs <= nowMs) return { result: 'pass' };
  const ageHours = Math.max(0, (nowMs - publishedMs) / 3_600_000);
  return { result: 'fail', until: timeAt(matureMs), ageHours };
}

const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');

/** RFC 3339 has four digits for the year: what lies beyond is its last instant, and before 1970 the first of that year. */
export function timeAt(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), lastInstant)).toISOString();
}
