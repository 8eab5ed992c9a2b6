/** The words that every form of the report uses. */
import type {
  Comparison,
  ComparisonVerdict,
  DifferenceGrade,
  FileDifference,
} from '../../../core/rebuild.ts';

export interface ReportInput {
  /** Of the release, for example `pkg:npm/thing@1.2.3`. */
  readonly name: string;
  readonly comparison: Comparison;
  /** The exact command that does it all again. */
  readonly rerun: string;
  /** Who wrote and who reviewed what came into the source since: lines, hostile. */
  readonly commits?: readonly string[] | undefined;
}

const verdictSentences: Readonly<Record<ComparisonVerdict, string>> = {
  identical: 'What upstream published is, byte for byte, what was built here from source.',
  'identical-container':
    'What upstream published holds, byte for byte, the archive built here; only its compression differs.',
  equivalent:
    'What upstream published has the same files as the package built here: names, types, exec bits and contents. Only the archive around them differs.',
  'benign-difference':
    'What upstream published differs from what was built here only in ways that named rules explain.',
  unexplained: 'What upstream published differs from what was built here, and no rule explains it.',
  suspicious: 'What upstream published differs from its source in a way that an attack would.',
  'not-built': 'Nothing was built, so nothing is known about what upstream published.',
};

/** One sentence for a person; the first difference is named where there is one. */
export function sentenceOf({ verdict, differences }: Comparison): string {
  const [first] = differences;
  if (verdict !== 'suspicious' || first === undefined) return verdictSentences[verdict];
  return first.kind === 'ambiguous'
    ? 'An archive can be read in more than one way, so that nothing in it was compared.'
    : verdictSentences.suspicious;
}

/** A letter beside the colour: nobody needs to see colours. */
export const letters: Readonly<Record<DifferenceGrade, string>> = {
  suspicious: 'S',
  unexplained: 'U',
  benign: 'b',
  forgiven: 'f',
};

export const kindWords: Readonly<Record<FileDifference['kind'], string>> = {
  ambiguous: 'ambiguous archive',
  'only-upstream': 'only in what upstream published',
  'only-rebuilt': 'only in what was built here',
  content: 'content differs',
  type: 'type differs',
  'exec-bit': 'mode differs',
  'manifest-field': 'manifest differs',
};

export function reachWords(reached: FileDifference['reached']): string {
  switch (reached) {
    case 'install':
      return 'runs or is read at install';
    case 'main':
      return 'loaded from main';
    case 'bin':
      return 'loaded by a command';
    case 'never':
      return 'never referenced';
    case undefined:
      return 'reach not told';
    default:
      return reached satisfies never;
  }
}

export function countsLine({ counts }: Comparison): string {
  const { same, forgiven, benign, unexplained, suspicious } = counts;
  return `${same} same, ${forgiven} forgiven, ${benign} benign, ${unexplained} unexplained, ${suspicious} suspicious`;
}

const rungWords = { d0: 'bytes', d1: 'inflated', d2: 'canonical tree', d3: 'after normalisers' } as const;

export interface Rung {
  readonly name: string;
  readonly what: string;
  readonly state: 'equal' | 'different' | 'not reached';
  readonly upstream: string;
  readonly rebuilt: string;
}

export function rungsOf({ ladder }: Comparison): readonly Rung[] {
  return (['d0', 'd1', 'd2', 'd3'] as const).map((key) => {
    const pair = ladder[key];
    const state = pair === undefined ? 'not reached' : pair.upstream === pair.rebuilt ? 'equal' : 'different';
    return {
      name: key.toUpperCase(),
      what: rungWords[key],
      state,
      upstream: pair?.upstream ?? '',
      rebuilt: pair?.rebuilt ?? '',
    };
  });
}

export const standing =
  'A match says that this source makes these bytes. It says nothing about whether the source is good.';

export interface TreeLine {
  readonly depth: number;
  readonly name: string;
  /** Undefined for a folder. */
  readonly grade: DifferenceGrade | undefined;
  readonly mark: '+' | '-' | '~' | '';
}

const gradeOrder = ['suspicious', 'unexplained', 'benign', 'forgiven'] as const;
const mostTreeLines = 500;

/** The paths that differ, as a tree; each with its worst grade. `+` only upstream, `-` only here, `~` both. */
export function treeLines({ differences }: Comparison): readonly TreeLine[] {
  const worst = new Map<string, { readonly grade: DifferenceGrade; readonly mark: TreeLine['mark'] }>();
  for (const { path, kind, grade } of differences) {
    const before = worst.get(path);
    if (
      path === '' ||
      (before !== undefined && gradeOrder.indexOf(before.grade) <= gradeOrder.indexOf(grade))
    )
      continue;
    const mark = kind === 'only-upstream' ? '+' : kind === 'only-rebuilt' ? '-' : '~';
    worst.set(path, { grade, mark });
  }
  const lines: TreeLine[] = [];
  let open: readonly string[] = [];
  for (const [path, { grade, mark }] of [...worst].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const segments = path.split('/');
    const folders = segments.slice(0, -1);
    let shared = 0;
    while (shared < folders.length && folders[shared] === open[shared]) shared += 1;
    for (let depth = shared; depth < folders.length; depth += 1)
      lines.push({ depth, name: `${folders[depth] ?? ''}/`, grade: undefined, mark: '' });
    lines.push({ depth: folders.length, name: segments.at(-1) ?? '', grade, mark });
    open = folders;
    if (lines.length >= mostTreeLines) break;
  }
  return lines;
}
