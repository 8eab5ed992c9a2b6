/** A set of packages at a glance: how many of each class, and what keeps the rest from being Secure. */
import { classGrades, type ClassGrade, type PackageClass } from '../core/rebuild.ts';

export interface SetSummary {
  readonly total: number;
  readonly secure: number;
  /** 0 to 100, rounded down: 99.9 is not all of it. Undefined of nothing. */
  readonly securePercent: number | undefined;
  readonly grades: Readonly<Record<ClassGrade, number>>;
  /** Not on record here: counted in the total, in no grade. */
  readonly unknown: number;
  /** Of Community, most frequent first; what stands in parentheses is left away, so that alike reasons meet. At most 8. */
  readonly reasons: readonly { readonly because: string; readonly count: number }[];
}

const mostReasons = 8;

export function summaryOf(entries: readonly PackageClass[], unknown: number): SetSummary {
  const secure = entries.filter((one) => one.class === 'secure').length;
  const total = entries.length + unknown;
  const grades = Object.fromEntries(
    classGrades.map((grade) => [grade, entries.filter((one) => one.grade === grade).length]),
  ) as Record<ClassGrade, number>;
  const counts = new Map<string, number>();
  for (const { class: of, because } of entries) {
    if (of === 'secure') continue;
    const plain = because.replaceAll(/ \([^()]*\)/g, '');
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  const reasons = [...counts]
    .map(([because, count]) => ({ because, count }))
    .sort((a, b) => b.count - a.count || (a.because < b.because ? -1 : 1))
    .slice(0, mostReasons);
  return {
    total,
    secure,
    securePercent: total === 0 ? undefined : Math.floor((100 * secure) / total),
    grades,
    unknown,
    reasons,
  };
}
