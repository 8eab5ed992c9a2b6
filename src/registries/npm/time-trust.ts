/**
 * Whether the times of an index can be trusted for rules about *order and rhythm* (bursts, dormancy). A mirror
 * that puts its own dates there gives times in the order of fetching; rules must not read a story into them.
 * Implausible when, among at least five stable versions with times, one of these holds:
 *   - more than half were "published" within the same minute;
 *   - the package was "created" after more than half of them;
 *   - of neighbours in semver order within one major version (at least four pairs), more than a third are inverted.
 * The last bound leaves room for backports: a patch to 1.2 after 1.3.0 inverts one pair, chance inverts half.
 */
import type { IndexVersion, TimeOrderTrust } from '../../core/index-view.ts';
import type { SemVer } from 'semver';
import { normaliseTime } from '../../core/time.ts';
import { parseVersion } from './order.ts';

const fewestVersions = 5;
const fewestPairs = 4;
const mostInverted = 1 / 3;

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
  const implausible = crowded(dated) || createdLate(dated, created) || disordered(dated);
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

function disordered(dated: readonly Dated[]): boolean {
  const sorted = [...dated].sort((a, b) => a.version.compare(b.version));
  let pairs = 0;
  let inverted = 0;
  for (const [at, later] of sorted.entries()) {
    const earlier = sorted[at - 1];
    if (earlier === undefined || earlier.version.major !== later.version.major) continue;
    pairs += 1;
    if (later.ms < earlier.ms) inverted += 1;
  }
  return pairs >= fewestPairs && inverted > pairs * mostInverted;
}
