/** How far a version is behind the newest stable one of its package, counted in what was really released in between. */
import type { SemVer } from 'semver';
import { activityOf, isAtEnd, type Currency } from '../../core/currency.ts';
import type { IndexVersion, IndexView } from '../../core/index-view.ts';
import { instantOf } from '../../core/time.ts';
import { compareVersions, isStable, parseVersion } from './order.ts';

/** `now` is RFC 3339 UTC. Undefined: the index does not list the version. */
export function currencyOf(view: IndexView, version: string, now: string): Currency | undefined {
  const own = view.versions.find((one) => one.version === version);
  if (own === undefined) return undefined;
  const newest = newestStable(view);
  return {
    ...activityOf(view, now),
    newest: newest?.version ?? null,
    ...distance(view, own.version, newest?.version),
    days: daysBetween(view, own, newest),
    deprecated: own.deprecated ?? null,
    endOfLife: isAtEnd(view, own),
  };
}

/** `latest` is the project's own word; some leave it on a pre-release, and some indexes have none. */
function newestStable({ versions, tags }: IndexView): IndexVersion | undefined {
  const stable = versions.filter((one) => isStable(one.version));
  const named = Object.hasOwn(tags, 'latest') ? tags['latest'] : undefined;
  const inUse = stable.filter(({ deprecated }) => deprecated === undefined);
  return (
    stable.find(({ version }) => version === named) ??
    (inUse.length > 0 ? inUse : stable).toSorted((a, b) => compareVersions(b.version, a.version))[0]
  );
}

type Distance = Pick<Currency, 'majors' | 'minors' | 'patches'>;

const none: Distance = { majors: 0, minors: 0, patches: 0 };

function distance({ versions }: IndexView, from: string, to: string | undefined): Distance {
  const [own, newest] = [parseVersion(from), parseVersion(to ?? '')];
  if (own === undefined || newest === undefined || own.compare(newest) >= 0) return none;
  const between = versions.flatMap(({ version }) => {
    const parsed = parseVersion(version);
    if (parsed === undefined || parsed.prerelease.length > 0) return [];
    return own.compare(parsed) < 0 && parsed.compare(newest) <= 0 ? [parsed] : [];
  });
  const count = (part: (one: SemVer) => string, isIn: (one: SemVer) => boolean): number =>
    new Set(between.filter(isIn).map(part)).size;
  const majors = count(
    ({ major }) => `${major}`,
    ({ major }) => major !== own.major,
  );
  if (majors > 0) return { ...none, majors };
  const minors = count(
    ({ minor }) => `${minor}`,
    ({ minor }) => minor !== own.minor,
  );
  return minors > 0 ? { ...none, minors } : { ...none, patches: between.length };
}

const dayMs = 86_400_000;

function daysBetween(
  { timeOrderTrust }: IndexView,
  own: IndexVersion,
  newest: IndexVersion | undefined,
): number | null {
  const ms = instantOf(newest?.claimedTime ?? '') - instantOf(own.claimedTime ?? '');
  if (timeOrderTrust === 'implausible' || Number.isNaN(ms)) return null;
  return Math.max(0, Math.floor(ms / dayMs));
}
