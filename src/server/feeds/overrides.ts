/** What the operator sets aside by hand, for a time that ends: an advisory that is wrong must not stop everybody. */
import type { AdvisoryOverride } from '../../core/advisory.ts';
import { AssayError } from '../../core/errors.ts';
import type { Principal } from '../../core/subject.ts';
import { instantOf, rfc3339 } from '../../core/time.ts';

export interface OverrideRequest {
  readonly id: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly reason: string;
  /** RFC 3339 UTC. */
  readonly until: string;
}

const longestMs = 366 * 86_400_000;
export const mostOverrides = 1000;

/** Throws REQUEST_INVALID for one that has ended, or lasts longer than a year. */
export function newOverride(request: OverrideRequest, principal: Principal, now: Date): AdvisoryOverride {
  const until = instantOf(request.until);
  if (Number.isNaN(until) || until <= now.getTime() || until > now.getTime() + longestMs)
    throw new AssayError('REQUEST_INVALID', 'an override ends in the future, and within a year');
  const { id, name, version, reason } = request;
  return {
    id,
    name,
    version,
    reason,
    by: principal.name,
    from: rfc3339(now),
    until: rfc3339(new Date(until)),
  };
}

export function isSame(
  one: AdvisoryOverride,
  { id, name, version }: Pick<OverrideRequest, 'id' | 'name' | 'version'>,
): boolean {
  return one.id === id && one.name === name && one.version === version;
}

export function inForce(all: readonly AdvisoryOverride[], now: Date): readonly AdvisoryOverride[] {
  return all.filter(({ until }) => now.getTime() < instantOf(until));
}
