/** Versions as npm understands them: semver, read loosely, because `1.0.0beta` and the like are in the registry. */
import { SemVer } from 'semver';

const loose = { loose: true } as const;

/** Bounded first, so that no hostile text reaches semver's regular expressions (CVE-2022-25883 is the class). */
export function parseVersion(text: string): SemVer | undefined {
  if (text.length > 256 || !/^\d[0-9A-Za-z.+-]*$/.test(text)) return undefined;
  try {
    return new SemVer(text, loose);
  } catch {
    return undefined;
  }
}

export function isVersion(text: string): boolean {
  return parseVersion(text) !== undefined;
}

/** No prerelease part. False for what is no version. */
export function isStable(text: string): boolean {
  return parseVersion(text)?.prerelease.length === 0;
}

/** Negative when `a` is older. Total: build metadata, then the text itself, decide between equals; what is no version comes first. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left === undefined || right === undefined)
    return left === right ? compareText(a, b) : left === undefined ? -1 : 1;
  return left.compare(right) || left.compareBuild(right) || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Thousands of versions are parsed once each. What is no version comes last. */
export function newestFirst<T extends { readonly version: string }>(items: readonly T[]): readonly T[] {
  const parsed = items.map((item) => ({ item, at: parseVersion(item.version) }));
  parsed.sort((a, b) =>
    a.at === undefined || b.at === undefined
      ? Number(a.at === undefined) - Number(b.at === undefined)
      : b.at.compare(a.at) || b.at.compareBuild(a.at),
  );
  return parsed.map(({ item }) => item);
}

/** For admission, which knows no ecosystem's order. */
export const npmVersionOrder = { compare: compareVersions, isStable } as const;
