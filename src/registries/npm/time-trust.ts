/**
 * Whether the times of an index can be trusted for rules about *order and rhythm* (bursts, dormancy). A mirror
 * that puts its own dates there gives times in the order of fetching; rules must not read a story into them.
 * Implausible when, among at least five stable versions with times, one of these holds:
 *   - more than half were "published" within the same minute;
 *   - the package was "created" after more than half of them;
 *   - of neighbours in semver order within one major version (at least four pairs), more than a third are inverted.
 * The last bound leaves room for backports: a patch to 1.2 after 1.3.0 inverts one pair, chance inverts half.
 *
 * A publisher chooses in which order versions appear: a thief could publish downwards until nothing is in order, and
 * be judged by no such rule. So what was published in the last fortnight (before the newest) has no say, where what
 * is older is enough to tell.
 */
import type { IndexVersion, TimeOrderTrust } from '../../core/index-view.ts';
import type { SemVer } from 'semver';
import { normaliseTime } from '../../core/time.ts';
import { parseVersion } from './order.ts';

const fewestVersions = 5;
const fewestPairs = 4;
const mostInverted = 1 / 3;
const settledMs = 14 * 24 * 60 * 60 * 1000;

interface Dated {
  readonly version: SemVer;
  readonly ms: number;
}

/** `created`: `time.created` as upstream sent it. */
export function timeOrderTrustOf(
  versions: readonly Pick<IndexVersion, 'version' | 'claimedTime'>[],
  created: string | undefined,
): TimeOrderTrust {
  const dated = versions.flatMap(datedStable);
  if (dated.length < fewestVersions) return 'not-available';
  const newestMs = Math.max(...dated.map(({ ms }) => ms));
  const settled = dated.filter(({ ms }) => newestMs - ms >= settledMs);
  const telling = settled.length < fewestVersions ? dated : settled;
  const pairs = pairsOf(telling).length < fewestPairs ? pairsOf(dated) : pairsOf(telling);
  const implausible = crowded(telling) || createdLate(telling, created) || disordered(pairs);
  return implausible ? 'implausible' : 'plausible';
}

function datedStable({
  version,
  claimedTime,
}: Pick<IndexVersion, 'version' | 'claimedTime'>): readonly Dated[] {
  const parsed = parseVersion(version);
  if (claimedTime === undefined || parsed === undefined || parsed.prerelease.length > 0) return [];
  return [{ version: parsed, ms: Date.parse(claimedTime) }];
}

function crowded(dated: readonly Dated[]): boolean {
  const perMinute = new Map<number, number>();
  for (const { ms } of dated) {
    const minute = Math.floor(ms / 60_000);
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
  }
  return [...perMinute.values()].some((count) => count * 2 > dated.length);
}

function createdLate(dated: readonly Dated[], created: string | undefined): boolean {
  const createdAt = created === undefined ? undefined : normaliseTime(created);
  if (createdAt === undefined) return false;
  const createdMs = Date.parse(createdAt);
  return dated.filter(({ ms }) => ms < createdMs).length * 2 > dated.length;
}

type Pair = readonly [earlier: Dated, later: Dated];

/** Neighbours in semver order, within one major version. */
function pairsOf(dated: readonly Dated[]): readonly Pair[] {
  const sorted = [...dated].sort((a, b) => a.version.compare(b.version));
  return sorted.flatMap((later, at): readonly Pair[] => {
    const earlier = sorted[at - 1];
    return earlier?.version.major === later.version.major ? [[earlier, later]] : [];
  });
}

function disordered(pairs: readonly Pair[]): boolean {
  const inverted = pairs.filter(([earlier, later]) => later.ms < earlier.ms).length;
  return pairs.length >= fewestPairs && inverted > pairs.length * mostInverted;
}
