/**
 * Steering of dist-tags. A tag stays while its version stands; any other goes, except `latest`, which moves
 * down to the highest stable version that stands. By semver, never by date: a backport published today must
 * not become `latest`.
 */
import type { SemVer } from 'semver';
import { parseVersion } from './order.ts';

export interface TagMove {
  readonly tag: string;
  readonly from: string;
  /** Undefined when the tag was dropped. */
  readonly to: string | undefined;
}

export interface SteeredTags {
  readonly tags: ReadonlyMap<string, string>;
  readonly moves: readonly TagMove[];
}

/** `standing`: the versions upstream lists that are not hidden. A version kept after upstream deleted it is none of them. */
export function steerTags(
  tags: Iterable<readonly [string, string]>,
  standing: ReadonlySet<string>,
): SteeredTags {
  const steered = new Map<string, string>();
  const moves: TagMove[] = [];
  for (const [tag, from] of tags) {
    const to = standing.has(from) ? from : tag === 'latest' ? highestStable(standing, from) : undefined;
    if (to !== undefined) steered.set(tag, to);
    if (to !== from) moves.push({ tag, from, to });
  }
  return { tags: steered, moves };
}

/** The highest stable version not above `limit`; undefined when there is none, or when `limit` is no version. */
export function highestStable(versions: Iterable<string>, limit: string): string | undefined {
  const top = parseVersion(limit);
  let best: SemVer | undefined;
  let bestText: string | undefined;
  for (const text of top === undefined ? [] : versions) {
    const version = parseVersion(text);
    if (
      version === undefined ||
      version.prerelease.length > 0 ||
      (top !== undefined && version.compare(top) > 0)
    )
      continue;
    if (best !== undefined && version.compare(best) <= 0) continue;
    best = version;
    bestText = text;
  }
  return bestText;
}
