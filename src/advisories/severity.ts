/** One severity out of all that a record and its aliases say. */
import { severities, type Severity } from '../core/advisory.ts';
import { cvssVersions, scoreVector, severityOfScore, type CvssScore } from './cvss/score.ts';
import type { OsvSeverity } from './osv/record.ts';

export interface Rated {
  readonly severity: Severity;
  readonly score: number | null;
  readonly vector: string | null;
}

export const unrated: Rated = { severity: 'unknown', score: null, vector: null };

const ubuntu: Readonly<Record<string, Severity>> = {
  negligible: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  critical: 'critical',
};

/** The highest score of the newest CVSS version given; a distribution's priority where there is no score. */
export function rate(all: readonly OsvSeverity[]): Rated {
  const scores = all.flatMap(({ type, score }) =>
    type.startsWith('CVSS_') ? (scoreVector(score) ?? []) : [],
  );
  const [best] = scores.toSorted(compareScores);
  if (best !== undefined)
    return { severity: severityOfScore(best.score), score: best.score, vector: best.vector };
  const priorities = all.flatMap(({ type, score }) =>
    type === 'Ubuntu' && Object.hasOwn(ubuntu, score) ? (ubuntu[score] ?? []) : [],
  );
  const [worst] = priorities.sort((a, b) => severities.indexOf(b) - severities.indexOf(a));
  return worst === undefined ? unrated : { severity: worst, score: null, vector: null };
}

function compareScores(a: CvssScore, b: CvssScore): number {
  const newer = cvssVersions.indexOf(b.version) - cvssVersions.indexOf(a.version);
  return newer || b.score - a.score || (a.vector < b.vector ? -1 : 1);
}
