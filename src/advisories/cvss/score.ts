/** CVSS v2, v3.0, v3.1 and v4.0: from a vector to a score and a severity, by FIRST's specifications. */
import type { Severity } from '../../core/advisory.ts';
import { scoreV2 } from './v2.ts';
import { scoreV3 } from './v3.ts';
import { scoreV4 } from './v4.ts';

/** Oldest first. */
export const cvssVersions = ['2.0', '3.0', '3.1', '4.0'] as const;
export type CvssVersion = (typeof cvssVersions)[number];

export interface CvssScore {
  readonly version: CvssVersion;
  /** 0 to 10 with one decimal. v2 and v3: the base score. v4.0: of all metrics given, threat among them. */
  readonly score: number;
  readonly vector: string;
}

/** Undefined for what is no whole vector: an unknown, doubled or missing metric leaves it without a score. */
export function scoreVector(vector: string): CvssScore | undefined {
  const [, version, rest] = /^CVSS:(3\.0|3\.1|4\.0)\/(.*)$/.exec(vector) ?? [];
  if (rest === undefined) return scored('2.0', scoreV2(vector.replace(/^CVSS:2\.0\//, '')), vector);
  if (version === '4.0') return scored('4.0', scoreV4(rest), vector);
  return version === '3.0'
    ? scored('3.0', scoreV3(rest, 0), vector)
    : scored('3.1', scoreV3(rest, 1), vector);
}

function scored(version: CvssVersion, score: number | undefined, vector: string): CvssScore | undefined {
  return score === undefined ? undefined : { version, score, vector };
}

/** The bands of v3.x (section 5) and v4.0 (section 6). v2 has none of its own, and its scores are read by the same. */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'none';
}
