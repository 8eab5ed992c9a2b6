/** How current something is, in few words: in documents, and where people read. */
import type { Currency } from '../core/currency.ts';

/** `2 majors, 812 days`; empty where it is the newest, or there is none to compare with. */
export function behindWords({ majors, minors, patches, days }: Currency): string {
  const lines = (
    [
      [majors, 'major'],
      [minors, 'minor'],
      [patches, 'patch'],
    ] as const
  ).flatMap(([count, word]) => (count === 0 ? [] : [plural(count, word)]));
  if (lines.length === 0) return '';
  return [...lines, ...(days === null ? [] : [plural(days, 'day')])].join(', ');
}

/** As a document tells it, field by field. */
export function currencyFields(
  currency: Currency | undefined,
): readonly (readonly [name: string, value: string])[] {
  if (currency === undefined) return [['newest', 'not-known']];
  const { newest, deprecated, endOfLife, abandoned } = currency;
  const behind = behindWords(currency);
  return [
    ['newest', newest ?? 'none'],
    ...(behind === '' ? [] : ([['behind', behind]] as const)),
    ...(deprecated === null ? [] : ([['deprecated', deprecated === '' ? 'yes' : deprecated]] as const)),
    ...(endOfLife ? ([['end-of-life', 'yes']] as const) : []),
    // Not since how long: the document would be another one every day.
    ...(abandoned === true ? ([['abandoned', 'yes']] as const) : []),
  ];
}

export interface CurrencyCounts {
  readonly newest: number;
  /** Pre-releases alone: nothing to be behind of. */
  readonly noStable: number;
  /** Behind by so much at the least. */
  readonly majors: number;
  readonly minors: number;
  readonly patches: number;
  readonly deprecated: number;
  readonly endOfLife: number;
  readonly abandoned: number;
  readonly notKnown: number;
}

/** Undefined: of that one it is not known. */
export function currencyCounts(all: readonly (Currency | undefined)[]): CurrencyCounts {
  const known = all.filter((one) => one !== undefined);
  const count = (is: (one: Currency) => boolean): number => known.filter(is).length;
  return {
    newest: count(
      ({ newest, majors, minors, patches }) => newest !== null && majors + minors + patches === 0,
    ),
    noStable: count(({ newest }) => newest === null),
    majors: count(({ majors }) => majors > 0),
    minors: count(({ minors }) => minors > 0),
    patches: count(({ patches }) => patches > 0),
    deprecated: count(({ deprecated }) => deprecated !== null),
    endOfLife: count(({ endOfLife }) => endOfLife),
    abandoned: count(({ abandoned }) => abandoned === true),
    notKnown: all.length - known.length,
  };
}

const countWords: Readonly<Record<keyof CurrencyCounts, string>> = {
  newest: 'newest',
  noStable: 'with no stable version',
  majors: 'behind by majors',
  minors: 'behind by minors',
  patches: 'behind by patches',
  deprecated: 'deprecated',
  endOfLife: 'at the end of life',
  abandoned: 'abandoned',
  notKnown: 'not known',
};

export function currencyLine(all: readonly (Currency | undefined)[]): string {
  if (all.every((one) => one === undefined)) return 'how current: not known';
  const counts = currencyCounts(all);
  const told = (Object.keys(countWords) as (keyof CurrencyCounts)[]).flatMap((key) =>
    counts[key] === 0 ? [] : [`${counts[key]} ${countWords[key]}`],
  );
  return `how current: ${told.join(', ')}`;
}

function plural(count: number, word: string): string {
  return `${count} ${count === 1 ? word : word === 'patch' ? 'patches' : `${word}s`}`;
}
