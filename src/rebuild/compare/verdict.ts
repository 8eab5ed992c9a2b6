/** From grades and rungs to the verdict, and in which order a person reads the differences. */
import type { Comparison, ComparisonVerdict, FileDifference } from '../../core/rebuild.ts';

/** The lowest rung that matches; where none does, the worst grade. */
export function verdictOf(
  ladder: Comparison['ladder'],
  differences: readonly Pick<FileDifference, 'grade'>[],
): ComparisonVerdict {
  if (differences.some(({ grade }) => grade === 'suspicious')) return 'suspicious';
  if (matches(ladder.d0)) return 'identical';
  if (matches(ladder.d1)) return 'identical-container';
  if (matches(ladder.d2)) return 'equivalent';
  return matches(ladder.d3) ? 'benign-difference' : 'unexplained';
}

function matches(rung: Comparison['ladder']['d0']): boolean {
  return rung !== undefined && rung.upstream === rung.rebuilt;
}

const gradeOrder = ['suspicious', 'unexplained', 'benign', 'forgiven'] as const;

/** Suspicious first, then what is on one side only, then the rest; within each by grade and path. */
export function readingOrder(
  a: Pick<FileDifference, 'path' | 'kind' | 'grade' | 'rule'>,
  b: Pick<FileDifference, 'path' | 'kind' | 'grade' | 'rule'>,
): number {
  return (
    Number(b.grade === 'suspicious') - Number(a.grade === 'suspicious') ||
    Number(isOneSided(b)) - Number(isOneSided(a)) ||
    gradeOrder.indexOf(a.grade) - gradeOrder.indexOf(b.grade) ||
    byText(a.path, b.path) ||
    byText(a.rule, b.rule) ||
    byText(a.kind, b.kind)
  );
}

export function isOneSided({ kind }: Pick<FileDifference, 'kind'>): boolean {
  return kind === 'only-upstream' || kind === 'only-rebuilt';
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Each path counts once, by its worst difference. */
export function countsOf(
  paths: number,
  differences: readonly Pick<FileDifference, 'path' | 'grade'>[],
  forgiven: number,
): Comparison['counts'] {
  const worst = new Map<string, FileDifference['grade']>();
  for (const { path, grade } of differences) {
    const before = worst.get(path);
    if (before === undefined || gradeOrder.indexOf(grade) < gradeOrder.indexOf(before))
      worst.set(path, grade);
  }
  const count = (wanted: FileDifference['grade']): number =>
    [...worst.values()].filter((grade) => grade === wanted).length;
  return {
    same: Math.max(0, paths - worst.size - forgiven),
    forgiven: forgiven + count('forgiven'),
    benign: count('benign'),
    unexplained: count('unexplained'),
    suspicious: count('suspicious'),
  };
}
