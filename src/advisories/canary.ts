/** A record that must match: a feed that lost its content, or whose content we no longer read, is noticed at import. */
import type { AdvisoryLookup, FeedState } from '../core/advisory.ts';

export interface Canary {
  readonly name: string;
  readonly version: string;
  /** Of the record or one of its aliases; undefined: any will do. */
  readonly id?: string | undefined;
}

/** No canaries: not checked. One that does not match: missed, whatever the others do. */
export function checkCanaries(
  match: AdvisoryLookup['match'],
  canaries: readonly Canary[],
): FeedState['canary'] {
  if (canaries.length === 0) return 'not-checked';
  const isThere = ({ name, version, id }: Canary): boolean =>
    match(name, version).some((one) => id === undefined || one.id === id || one.aliases.includes(id));
  return canaries.every(isThere) ? 'matched' : 'missed';
}
