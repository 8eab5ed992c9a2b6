/**
 * When a package last changed, as an upper bound: pnpm takes `modified` and `Last-Modified` as proof that no
 * version is younger, so a value that is too early would let a version slip through its minimum age.
 */
import { normaliseTime } from '../../core/time.ts';
import type { Json } from '../../core/json.ts';
import type { PartsFile } from './packument-parts.ts';
import type { RenderPlan } from './render-plan.ts';
import { standingTime } from './standing.ts';

/** For `modified`: upstream's own text where it bounds every time shown, else the newest of those; undefined when neither is known. */
export function modifiedOf(
  parts: PartsFile,
  time: ReadonlyMap<string, Json> | undefined,
): string | undefined {
  const declaredMs = upperMs(parts.modified);
  const newestMs = newest(time);
  if (declaredMs !== undefined && (newestMs === undefined || declaredMs >= newestMs)) return parts.modified;
  return newestMs === undefined ? undefined : new Date(newestMs).toISOString();
}

/**
 * HTTP date (RFC 9110 section 5.6.7), fractions of a second rounded up; undefined when no time is known.
 * It says nothing about *which* versions stand: answer 304 from the ETag alone, never from If-Modified-Since.
 */
export function lastModifiedOf(parts: PartsFile, plan: RenderPlan): string | undefined {
  const ms = upperMs(modifiedOf(parts, standingTime(parts, plan)));
  return ms === undefined ? undefined : new Date(Math.ceil(ms / 1000) * 1000).toUTCString();
}

function newest(time: ReadonlyMap<string, Json> | undefined): number | undefined {
  let latest: number | undefined;
  for (const [key, value] of time ?? []) {
    const ms = key === 'modified' || typeof value !== 'string' ? undefined : upperMs(value);
    if (ms !== undefined && (latest === undefined || ms > latest)) latest = ms;
  }
  return latest;
}

/** Whole milliseconds, rounded up: registries also send microseconds. */
function upperMs(text: string | undefined): number | undefined {
  const at = text === undefined ? undefined : normaliseTime(text);
  if (text === undefined || at === undefined) return undefined;
  return Date.parse(at) + (/\.\d{3}\d*[1-9]/.test(text) ? 1 : 0);
}
