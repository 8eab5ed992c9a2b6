/** What an index shows of how versions were published, as it is remembered with a look at it. Nothing of it is signed. */
import type { IndexVersion, IndexView } from '../core/index-view.ts';
import { instantOf } from '../core/time.ts';
import type { IndexLook } from './deps.ts';
import type { Sighting } from './deps.ts';

export function advertisedIn(view: Pick<IndexView, 'versions'>): Pick<IndexLook, 'attested' | 'signed'> {
  const named = (wanted: (version: IndexVersion) => boolean): readonly string[] =>
    view.versions.filter(wanted).map(({ version }) => version);
  return {
    attested: named(({ publication }) => publication.attested),
    signed: named(({ publication }) => publication.signatures > 0),
  };
}

/** Longer than any cooldown in use: a burst is still seen when the first version of it comes of age. */
const recentDays = 14;
/** More versions of one package in so short a time are a burst by themselves. */
const sightingsPerLook = 20;

/**
 * The newest versions of the last days, by their claimed times; none where those are a mirror's own dates. Hostile
 * dates of the future are none either.
 */
export function recentIn(
  view: Pick<IndexView, 'versions' | 'timeOrderTrust'>,
  now: string,
): readonly Sighting[] {
  if (view.timeOrderTrust === 'implausible') return [];
  const since = new Date(instantOf(now) - recentDays * 86_400_000).toISOString();
  return view.versions
    .flatMap((version) => sightingOf(version) ?? [])
    .filter(({ publishedAt }) => publishedAt >= since && publishedAt <= now)
    .sort((a, b) => (a.publishedAt < b.publishedAt ? 1 : a.publishedAt > b.publishedAt ? -1 : 0))
    .slice(0, sightingsPerLook);
}

/** As the index claims it; undefined without a time. */
export function sightingOf({ version, claimedTime, publication }: IndexVersion): Sighting | undefined {
  if (claimedTime === undefined) return undefined;
  return { version, publisher: accountOf(publication), publishedAt: claimedTime };
}

/** Everything that is published from CI has the registry's own account for it: that one tells nobody apart. */
export function accountOf({
  publisher,
  trustedPublisher,
}: Pick<IndexVersion['publication'], 'publisher' | 'trustedPublisher'>): string | undefined {
  return trustedPublisher === undefined ? publisher : undefined;
}
