/** The catalogue for people: the share first, then what the project itself asks for, then each package. */
import { forTerminal } from '../core/encode.ts';
import { parsePurl } from '../core/purl.ts';
import type {
  CatalogueAnswer,
  CatalogueLine,
  ReleaseCatalogue,
} from '../server/control/catalogue-protocol.ts';
import type { DirectDependency } from '../server/rebuilding/project-closures.ts';
import { foundationLines } from './foundation-lines.ts';
import { tableLines } from './table.ts';

export interface Shown {
  /** Undefined: all of them. */
  readonly only: 'secure' | 'community' | undefined;
  readonly limit: number;
}

const grades = ['rebuilt', 'reproduced', 'attested', 'signed', 'unverified'] as const;

export function summaryLines({
  total,
  secure,
  securePercent,
  grades: of,
  unknown,
  reasons,
}: CatalogueAnswer['summary']): readonly string[] {
  const told = grades.filter((grade) => of[grade] > 0).map((grade) => `${of[grade]} ${grade}`);
  const rest = unknown === 0 ? [] : [`${unknown} never came through this gate`];
  return [
    `${secure} of ${total} are Secure (${securePercent ?? 0} %): ${[...told, ...rest].join(', ')}.`,
    ...reasons
      .slice(0, 4)
      .map(({ because, count }) => `  ${String(count).padStart(6)}  ${forTerminal(because, 160)}`),
  ];
}

export function packageLines(answer: CatalogueAnswer, { only, limit }: Shown): readonly string[] {
  const unknown = only === 'secure' ? [] : answer.unknown;
  const known = answer.packages.filter((one) => only === undefined || one.class === only);
  const rows = [...known.map(rowOf), ...unknown.map((purl) => [shortName(purl), 'unknown', '', never])];
  if (rows.length === 0) return [];
  const more = rows.length - limit;
  return [
    ...tableLines(columns, rows.slice(0, limit)),
    ...(more > 0
      ? [`+${more} more; --limit ${rows.length > 1000 ? 1000 : rows.length}, or --format json for all`]
      : []),
  ];
}

const columns = [
  { title: 'PACKAGE', max: 80 },
  { title: 'CLASS', max: 24 },
  { title: 'BUILT', max: 20 },
  { title: 'WHY', max: 120 },
];

/** As people write it: `@scope/name@1.0.0` for npm's. Hostile all the same. */
function shortName(purl: string): string {
  if (!purl.startsWith('pkg:npm/')) return purl;
  try {
    const { name, version } = parsePurl(purl);
    return version === undefined ? name : `${name}@${version}`;
  } catch {
    return purl;
  }
}

const never = 'It never came through this gate.';

function rowOf({ purl, class: of, grade, verdict, because }: CatalogueLine): readonly string[] {
  return [shortName(purl), `${of}/${grade}`, verdict ?? '', because];
}

export function directLines(direct: readonly DirectDependency[], { limit }: Shown): readonly string[] {
  if (direct.length === 0) return [];
  const rows = direct.map(({ purl, line, closure }) => [
    shortName(purl),
    line === undefined ? 'unknown' : `${line.class}/${line.grade}`,
    shareWords(closure),
  ]);
  const more = rows.length - limit;
  return [
    ...tableLines(
      [
        { title: 'DIRECT', max: 80 },
        { title: 'CLASS', max: 24 },
        { title: 'SECURE OF ITS CLOSURE', max: 60 },
      ],
      rows.slice(0, limit),
    ),
    ...(more > 0 ? [`+${more} more`] : []),
  ];
}

/** `3 of 12, 2 unknown`. What is unknown is among the twelve, and never among the three. */
function shareWords({
  total,
  secure,
  unknown,
  clipped,
}: Pick<DirectDependency['closure'], 'total' | 'secure' | 'unknown' | 'clipped'>): string {
  if (total === 0) return 'no dependencies';
  const gap = unknown === 0 ? '' : `, ${unknown} unknown`;
  return `${secure} of ${total}${gap}${clipped ? ' (there are more)' : ''}`;
}

export function releaseLines(
  { purl, release, standsOn, closure }: ReleaseCatalogue,
  shown: Shown & { readonly inputs: boolean },
): readonly string[] {
  const of = release === undefined ? 'unknown' : `${release.class}/${release.grade}`;
  const built = release?.verdict === undefined ? '' : `  ${release.verdict}`;
  return [
    `${forTerminal(purl)}  ${of}${built}`,
    release === undefined ? never : forTerminal(release.because, 500),
    ...(standsOn === undefined ? [] : foundationLines(standsOn, shown)),
    ...(closure === undefined ? [] : closureLines(closure, shown)),
  ];
}

function closureLines(
  closure: NonNullable<ReleaseCatalogue['closure']>,
  { only, limit }: Shown,
): readonly string[] {
  if (closure.total === 0) return ['closure   it has no dependencies'];
  const unknown = only === 'secure' ? [] : closure.unknownPackages;
  const known = closure.packages.filter((one) => only === undefined || one.class === only);
  const rows = [...known.map(rowOf), ...unknown.map((name) => [shortName(name), 'unknown', '', never])];
  return [
    `closure   Secure: ${shareWords(closure)}, as an install would take them now`,
    ...tableLines(columns, rows.slice(0, limit)),
    ...(rows.length > limit ? [`+${rows.length - limit} more`] : []),
  ];
}
