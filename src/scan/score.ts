/** One number from 0 to 10, and always what it is made of. */
import type { Severity } from '../core/advisory.ts';
import type { ScanFinding, ScanReport } from '../core/scan-report.ts';

/** A release whose score is this or more is refused; from the other it is held for a person. */
export const refusedFrom = 7;
export const heldFrom = 5;

const worth: Readonly<Record<Severity, number>> = {
  critical: 9,
  high: 7.2,
  medium: 4.2,
  low: 1.5,
  none: 0,
  unknown: 0,
};
/** What each further rule adds, by its severity: chains that confirm each other weigh more. */
const added: Readonly<Record<Severity, number>> = {
  critical: 0.5,
  high: 0.5,
  medium: 1,
  low: 0,
  none: 0,
  unknown: 0,
};
const shown = 8;

/** Of the findings about malware alone; null when there is none. */
export function scoreOf(findings: readonly ScanFinding[]): ScanReport['score'] {
  const byRule = new Map<string, ScanFinding>();
  for (const finding of findings) {
    if (finding.area !== 'malware' || worth[finding.severity] === 0) continue;
    const known = byRule.get(finding.rule);
    if (known === undefined || worth[known.severity] < worth[finding.severity])
      byRule.set(finding.rule, finding);
  }
  const sorted = [...byRule.values()].sort(
    (a, b) => worth[b.severity] - worth[a.severity] || (a.rule < b.rule ? -1 : 1),
  );
  const [worst, ...rest] = sorted;
  if (worst === undefined) return null;
  const value = rest.reduce((sum, { severity }) => sum + added[severity], worth[worst.severity]);
  const because = sorted.slice(0, shown).map((finding, index) => {
    const points = index === 0 ? worth[finding.severity] : added[finding.severity];
    return `${index === 0 ? '' : '+'}${points} ${finding.rule} (${finding.severity}${finding.capped === undefined ? '' : `, less because of ${finding.capped}`}) in ${finding.path}`;
  });
  return { value: Math.min(10, Math.round(value * 10) / 10), because };
}
