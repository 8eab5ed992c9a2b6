/** When was this version published, as far as anybody can say? Shared by the collector and the index's facts. */
import type { Observation } from '../../core/collector.ts';
import type { Activity } from '../../core/currency.ts';
import type { EvidenceItem } from '../../core/evidence.ts';
import type { TimeOrderTrust } from '../../core/index-view.ts';
import { normaliseTime } from '../../core/time.ts';
import { clip, type Finding } from '../record.ts';

/** A claimed time up to this far ahead of our clock is an ordinary difference between clocks. */
export const clockSkewMs = 10 * 60 * 1000;

export interface AgeInput {
  readonly claimedTime: string | undefined;
  readonly observation: Observation | undefined;
  readonly timeOrderTrust: TimeOrderTrust;
  readonly now: string;
  /** Of the package. */
  readonly activity: Activity;
}

/**
 * The claimed time, but never earlier than our last look at which the version was not yet there: an index may
 * not make a new version old. Missing, unreadable or future claims give `publishedAt: null`.
 */
export function ageOf({ claimedTime, observation, timeOrderTrust, now, activity }: AgeInput): Finding {
  const claimed = claimedTime === undefined ? undefined : normaliseTime(claimedTime);
  const absentAt = observation?.absentAt;
  const facts = {
    claimedTime: claimedTime === undefined ? null : clip(claimedTime, 40),
    absentAt: absentAt ?? null,
    firstSeen: observation?.presentAt ?? null,
    timeOrderTrust,
    ...activity,
  };
  const items = abandonedItems(activity);
  const unknown = (summary: string): Finding => ({
    result: 'not-available',
    summary,
    facts: { ...facts, publishedAt: null },
    items,
  });
  if (claimedTime === undefined) return unknown('The index gives no publish time.');
  if (claimed === undefined) return unknown('The publish time in the index is unreadable.');
  if (!(Date.parse(claimed) <= Date.parse(now) + clockSkewMs))
    return unknown('The publish time in the index lies in the future.');
  if (absentAt !== undefined && normaliseTime(absentAt) === undefined) {
    return unknown('Our own record of when it was absent is unreadable.');
  }
  const bounded = absentAt !== undefined && Date.parse(absentAt) > Date.parse(claimed);
  const publishedAt = bounded ? (normaliseTime(absentAt) ?? null) : claimed;
  const summary = bounded
    ? `Claimed as published ${claimed}, but it was not there yet when we looked at ${publishedAt}.`
    : `Published ${claimed}, as the index claims.`;
  return { result: 'pass', summary, facts: { ...facts, publishedAt }, items };
}

/** Told, and no verdict: a package may simply be finished. */
function abandonedItems({ abandoned, lastPublishedDaysAgo }: Activity): readonly EvidenceItem[] {
  if (abandoned !== true) return [];
  const message = `Nothing of this package was published for ${lastPublishedDaysAgo ?? 0} days.`;
  return [{ id: 'age/abandoned', message }];
}
