/** How old is what a feed knows? By its newest record, not by the day of the import. */
import { instantOf } from '../../core/time.ts';

/** From then on people are told. */
const oldDays = 5;

export interface FeedAge {
  /** Whole days; undefined when the feed has no time. */
  readonly days: number | undefined;
  readonly isOld: boolean;
}

export function ageOf(newestAt: string, now: string): FeedAge {
  const ms = instantOf(now) - instantOf(newestAt);
  if (Number.isNaN(ms)) return { days: undefined, isOld: true };
  return { days: Math.max(0, Math.floor(ms / 86_400_000)), isOld: ms > oldDays * 86_400_000 };
}
