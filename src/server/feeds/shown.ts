/** Feeds as the command line shows them. */
import type { AdvisoryOverride } from '../../core/advisory.ts';
import type { FeedOverridden, FeedsAnswer } from '../control/feed-protocol.ts';
import { ageOf } from './age.ts';
import type { Feeds } from './for-gate.ts';

export function feedsShown(feeds: Feeds, at: string): FeedsAnswer {
  const { feeds: all, overrides, popular, importing } = feeds.status();
  return {
    at,
    feeds: all.map(({ problem, ...feed }) => {
      const { days, isOld } = ageOf(feed.newestAt, at);
      const popularNames = popular.get(feed.ecosystem) ?? 0;
      return {
        ...feed,
        old: isOld,
        ...(days !== undefined && { ageDays: days }),
        ...(problem !== undefined && { problem }),
        ...(popularNames > 0 && { popularNames }),
      };
    }),
    overrides: overrides.map(overrideShown),
    ...(importing !== undefined && { importing }),
    refreshed: feeds
      .refreshed()
      .map(({ problem, ...one }) => ({ ...one, ...(problem !== undefined && { problem }) })),
  };
}

export function overrideShown({ version, ...rest }: AdvisoryOverride): FeedOverridden['override'] {
  return { ...rest, ...(version !== undefined && { version }) };
}
