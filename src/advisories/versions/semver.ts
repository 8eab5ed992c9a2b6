/**
 * Semantic Versioning 2.0.0 (section 11) for npm, Go and crates, read loosely as the OSV schema's readers do: a leading
 * `v`, missing numbers, `1.0.0beta`, numbers of any size, and more than three numbers (the rest is build metadata).
 */
import { compareDigits, compareLists, compareText, orderBy } from './order.ts';

interface Semver {
  readonly numbers: readonly string[];
  /** Empty: a release. */
  readonly prerelease: readonly string[];
}

export const semverOrder = orderBy(parse, (a, b) => {
  const numbers = compareLists(a.numbers, b.numbers, (x = '', y = '') => compareDigits(x, y));
  return numbers === 0 ? comparePrereleases(a.prerelease, b.prerelease) : numbers;
});

function parse(text: string): Semver | undefined {
  const [, numbers = '', rest = ''] = /^[v=]?(\d+(?:\.\d+){0,2})([0-9A-Za-z.+_-]*)$/.exec(text) ?? [];
  if (numbers === '') return undefined;
  const [before = ''] = rest.split('+', 1);
  // A fourth number and what follows it, as Go's and OSV's own readers take it.
  if (before === '' || before.startsWith('.')) return { numbers: numbers.split('.'), prerelease: [] };
  const prerelease = (before.startsWith('-') ? before.slice(1) : before).split('.');
  return prerelease.includes('') ? undefined : { numbers: numbers.split('.'), prerelease };
}

/** A release comes after its prereleases; numbers before words; fewer fields first. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return Math.sign(b.length - a.length);
  return compareLists(a, b, (left, right) => {
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const [isLeft, isRight] = [isNumber(left), isNumber(right)];
    if (isLeft && isRight) return compareDigits(left, right);
    return isLeft === isRight ? compareText(left, right) : isLeft ? -1 : 1;
  });
}

function isNumber(field: string): boolean {
  return /^\d+$/.test(field);
}
