/** Versions as the rules about publications need them: order, pre-releases, and the line they belong to. */
import { minSatisfying, SemVer, validRange } from 'semver';
import type { IndexVersion, IndexView } from '../../core/index-view.ts';

/** Bounded first: no long hostile text reaches semver's regular expressions. */
function parse(text: string): SemVer | undefined {
  if (text.length > 256 || !/^\d[0-9A-Za-z.+-]*$/.test(text)) return undefined;
  try {
    return new SemVer(text, { loose: true });
  } catch {
    return undefined;
  }
}

/** The major version; below 1.0 the minor as well (`0.30`). Undefined for what is no version. */
export function lineOf(version: string): string | undefined {
  const parsed = parse(version);
  if (parsed === undefined) return undefined;
  return parsed.major === 0 ? `0.${parsed.minor}` : String(parsed.major);
}

/** What is no version counts as stable: the rules then look at everything. */
export function isPrerelease(version: string): boolean {
  return (parse(version)?.prerelease.length ?? 0) > 0;
}

/** In semver order, before `other`; false where either is no version. */
export function isBelow(version: string, other: string): boolean {
  const [left, right] = [parse(version), parse(other)];
  return left !== undefined && right !== undefined && left.compare(right) < 0;
}

const longestRange = 256;

/** The lowest version that a range, or the one that a tag, lets install; undefined where none is, or it is neither. */
export function lowestSatisfying({ versions, tags }: IndexView, range: string): IndexVersion | undefined {
  if (range.length > longestRange) return undefined;
  const tagged = Object.hasOwn(tags, range) ? tags[range] : undefined;
  const known = versions.filter(({ version }) => parse(version) !== undefined);
  const named = validRange(range, { loose: true });
  const wanted =
    tagged ??
    (named === null
      ? undefined
      : minSatisfying(
          known.map(({ version }) => version),
          named,
          { loose: true },
        ));
  return known.find(({ version }) => version === wanted);
}
