/** How current a version is, and how alive its package, by what an index claims. Nothing of it is signed. */
import type { IndexVersion, IndexView } from './index-view.ts';
import { instantOf } from './time.ts';

export interface Activity {
  /** Whole days since any version was published; null: the index gives no times, or a mirror's own. */
  readonly lastPublishedDaysAgo: number | null;
  /** Nothing for three years; null: not known. A package may also simply be finished. */
  readonly abandoned: boolean | null;
}

/** Of a locked version against its package. */
export interface Currency extends Activity {
  /** The newest stable version: what `latest` names where that is one. Null: there is none. */
  readonly newest: string | null;
  /** Lines released in between: majors; within one major, minors; within one minor, patches. The others are 0. */
  readonly majors: number;
  readonly minors: number;
  readonly patches: number;
  /** Whole days between the two publications; null: not known. */
  readonly days: number | null;
  /** Upstream's words about the version; null: it did not deprecate it. */
  readonly deprecated: string | null;
  /** Deprecated, and so is what upstream recommends: nothing of the package is to be used any more. */
  readonly endOfLife: boolean;
}

const dayMs = 86_400_000;
const abandonedDays = 3 * 365;

/** What follows from an index alone, kept as long as it is: it is asked for by every version of it. */
interface State {
  /** Undefined: no time that can be used. */
  readonly newestMs: number | undefined;
  readonly isLatestDeprecated: boolean;
}

const states = new WeakMap<IndexView, State>();

function stateOf(view: IndexView): State {
  const known = states.get(view);
  if (known !== undefined) return known;
  const { versions, tags, timeOrderTrust } = view;
  const times =
    timeOrderTrust === 'implausible'
      ? []
      : versions.map(({ claimedTime }) => instantOf(claimedTime ?? '')).filter((ms) => !Number.isNaN(ms));
  const latest = Object.hasOwn(tags, 'latest') ? tags['latest'] : undefined;
  const state = {
    newestMs: times.length === 0 ? undefined : times.reduce((last, ms) => Math.max(last, ms)),
    isLatestDeprecated: versions.some((one) => one.version === latest && one.deprecated !== undefined),
  };
  states.set(view, state);
  return state;
}

/** The version is deprecated, and so is the one that upstream recommends: there is none to move to. */
export function isAtEnd(view: IndexView, { deprecated }: IndexVersion): boolean {
  return deprecated !== undefined && stateOf(view).isLatestDeprecated;
}

/** `now` is RFC 3339 UTC. */
export function activityOf(view: IndexView, now: string): Activity {
  const { newestMs } = stateOf(view);
  const nowMs = instantOf(now);
  if (newestMs === undefined || Number.isNaN(nowMs)) return { lastPublishedDaysAgo: null, abandoned: null };
  const days = Math.max(0, Math.floor((nowMs - newestMs) / dayMs));
  return { lastPublishedDaysAgo: days, abandoned: days >= abandonedDays };
}
