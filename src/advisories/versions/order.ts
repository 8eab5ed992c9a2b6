/** What every order of versions promises: total over all texts, linear time, no exception. */
export interface VersionOrder {
  /** Negative when `a` is older; 0 for texts that name the same version. What is no version comes first. */
  readonly compare: (a: string, b: string) => number;
  readonly isVersion: (text: string) => boolean;
}

/** UTF-16 units. Longer texts are no versions: nothing real comes near, and it bounds every comparison. */
export const longestVersion = 512;

/** Makes the order total: what `parse` refuses comes first, by its text. */
export function orderBy<T>(
  parse: (text: string) => T | undefined,
  compare: (a: T, b: T) => number,
): VersionOrder {
  const parsed = (text: string): T | undefined =>
    text === '' || text.length > longestVersion ? undefined : parse(text);
  return {
    isVersion: (text) => parsed(text) !== undefined,
    compare: (a, b) => {
      const left = parsed(a);
      const right = parsed(b);
      if (left !== undefined && right !== undefined) return compare(left, right);
      return left === right ? compareText(a, b) : left === undefined ? -1 : 1;
    },
  };
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Two runs of decimal digits of any length, as numbers; an empty run is 0. */
export function compareDigits(a: string, b: string): number {
  const left = withoutZeros(a);
  const right = withoutZeros(b);
  return left.length - right.length || compareText(left, right);
}

export function withoutZeros(digits: string): string {
  let at = 0;
  while (digits[at] === '0') at += 1;
  return digits.slice(at);
}

/** By the first difference; `compare` is also asked about what one of them lacks. */
export function compareLists<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T | undefined, b: T | undefined) => number,
): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const sign = compare(a[at], b[at]);
    if (sign !== 0) return sign;
  }
  return 0;
}
