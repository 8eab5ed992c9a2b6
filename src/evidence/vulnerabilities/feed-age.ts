/**
 * The sub-verdict `feed-age`: how old is the knowledge? By the newest record in it, not by the day of the import: a mirror
 * that stands still is imported every day and looks fresh.
 */
import type { FeedState } from '../../core/advisory.ts';
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import { instantOf } from '../../core/time.ts';

export interface FeedLimits {
  /** Hours after which it warns, and after which it is stale. */
  readonly warnAfterHours: number;
  readonly failAfterHours: number;
}

export interface FeedVerdict {
  readonly result: Result;
  readonly items: readonly EvidenceItem[];
  /** Whole hours; null when the feed has no time. */
  readonly hours: number | null;
  /** False: that it names nothing says nothing. */
  readonly isUsable: boolean;
}

export function judgeFeed(feed: FeedState, now: string, limits: FeedLimits): FeedVerdict {
  const ms = instantOf(now) - instantOf(feed.newestAt);
  const hours = Number.isNaN(ms) ? null : Math.max(0, Math.floor(ms / 3_600_000));
  const isEmpty = feed.records - feed.withdrawn <= 0;
  const faults: readonly EvidenceItem[] = [
    ...(isEmpty
      ? [item('empty', 'The feed of advisories has no record in force: it was emptied, or not read.')]
      : []),
    ...(feed.canary === 'missed'
      ? [
          item(
            'canary',
            'A record that must be in the feed of advisories was not there when it was imported.',
          ),
        ]
      : []),
  ];
  if (faults.length > 0) return { result: 'fail', items: faults, hours, isUsable: false };
  if (ms < -clockErrorMs) return { result: 'warn', items: [fromTheFuture(feed)], hours, isUsable: true };
  if (hours !== null && hours < limits.warnAfterHours)
    return { result: 'pass', items: [], hours, isUsable: true };
  const isStale = hours === null || hours >= limits.failAfterHours;
  const age = hours === null ? 'has no time' : `is ${hours} hours old`;
  const message = `The newest record in the feed of advisories ${age} (imported at ${feed.importedAt}): what was found since is not known here. Import it again (assay feed import).`;
  return { result: isStale ? 'fail' : 'warn', items: [item('stale', message)], hours, isUsable: true };
}

/** Beyond what clocks differ by. */
const clockErrorMs = 3_600_000;

/** One record with such a time would make the feed look fresh for ever. */
function fromTheFuture({ newestAt }: FeedState): EvidenceItem {
  return item(
    'future',
    `The newest record in the feed of advisories is of ${newestAt}, which is yet to come: how old the feed is cannot be said.`,
  );
}

function item(part: string, message: string): EvidenceItem {
  return { id: `vulnerabilities/feed-age/${part}`, message };
}
