/**
 * When a package last changed, as an upper bound: pnpm takes `modified` and `Last-Modified` as proof that no
 * version is younger, so a value that is too early would let a version slip through its minimum age.
 */
import type { Json } from '../../core/json.ts';
import { normaliseTime } from '../../core/time.ts';
import type { PartsFile } from './packument-parts.ts';
import type { RenderPlan } from './render-plan.ts';

/** Upstream's own text where it bounds every time upstream lists, else the newest of those; undefined when neither can be read. */
export function latestOf(declared: string | undefined, times: Iterable<Json>): string | undefined {
  const declaredMs = upperMs(declared);
  let newestMs: number | undefined;
  for (const value of times) {
    const ms = typeof value === 'string' ? upperMs(value) : undefined;
    if (ms !== undefined && (newestMs === undefined || ms > newestMs)) newestMs = ms;
  }
  if (newestMs === undefined || (declaredMs !== undefined && declaredMs >= newestMs)) {
    return declaredMs === undefined ? undefined : declared;
  }
  return new Date(newestMs).toISOString();
}

/** For `modified` of the abbreviated form: also bounds the times of what is kept. */
export function modifiedOf(parts: PartsFile, plan: RenderPlan): string | undefined {
  return latestOf(
    parts.modified,
    plan.kept.flatMap(({ time }) => (time === undefined ? [] : [time])),
  );
}

/**
 * HTTP date (RFC 9110 section 5.6.7), fractions of a second rounded up; undefined when no time is known.
 * It says nothing about *which* versions stand: answer 304 from the ETag alone, never from If-Modified-Since.
 */
export function lastModifiedOf(parts: PartsFile, plan: RenderPlan): string | undefined {
  const ms = upperMs(modifiedOf(parts, plan));
  return ms === undefined ? undefined : new Date(Math.ceil(ms / 1000) * 1000).toUTCString();
}

/** Whole milliseconds, rounded up: registries also send microseconds. */
function upperMs(text: string | undefined): number | undefined {
  const at = text === undefined ? undefined : normaliseTime(text);
  if (text === undefined || at === undefined) return undefined;
  return Date.parse(at) + (/\.\d{3}\d*[1-9]/.test(text) ? 1 : 0);
}
