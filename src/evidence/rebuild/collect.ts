/**
 * What came of building the version from source here. `fail`: what was published differs from its source as an attack would
 * make it. `warn`: it differs, and nothing explains it. `not-available`: it was not built, or could not be: that says nothing
 * of it. The fact `rule.rebuild-regression` is a verdict of its own: it differs where another version did not. Builds end
 * long after an admission: asked for every decision.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import type { RebuildFinding } from '../../core/rebuild-finding.ts';
import type { Comparison, RebuildRecord } from '../../core/rebuild.ts';
import { recordOf, type Finding } from '../record.ts';

type Input = Pick<CollectorInput, 'subject' | 'rebuildOf' | 'now'>;

export const rebuildCollector: Collector = {
  kind: 'rebuild',
  version: '1',
  scope: 'release',
  refresh: (input) => recordOf(rebuildCollector, input, examine(input)),
  collect: (input) => recordOf(rebuildCollector, input, examine(input)),
};

function examine({ subject, rebuildOf }: Input): Finding {
  const { artifact } = subject;
  const finding = artifact === undefined ? undefined : rebuildOf?.(subject.purl, artifact);
  if (finding === undefined)
    return { result: 'not-available', summary: 'It was not built from source here.' };
  const { record } = finding;
  const { outcome } = record;
  if (record.artifact !== artifact)
    return { result: 'not-available', summary: 'Other bytes than these were compared with a build.' };
  if (outcome.state === 'not-built')
    return {
      result: 'not-available',
      summary: `It could not be built from source here (${outcome.cause}): ${outcome.message}`,
      facts: { ...factsOf(finding), verdict: 'not-built', cause: outcome.cause },
    };
  return compared(finding, outcome.comparison);
}

function compared(finding: RebuildFinding, comparison: Comparison): Finding {
  const { verdict, differences, differencesTotal } = comparison;
  const result = resultOf(comparison);
  const regression: Result = result === 'pass' || finding.matchedBefore === undefined ? 'pass' : 'fail';
  const [worst] = differences;
  const items: readonly EvidenceItem[] = [
    ...(regression === 'fail'
      ? [
          {
            id: 'rebuild/rebuild-regression',
            message: `Version ${finding.matchedBefore ?? ''} was what its source makes, and this one is not: stay with that one until it is understood.`,
          },
        ]
      : []),
    ...differences.map(({ path, rule, reason }) => ({
      id: `rebuild/${rule}`,
      message: `${path}: ${reason}`,
      data: { path },
    })),
  ];
  return {
    result,
    summary: `${words[result] ?? 'It is what its source makes.'}${worst === undefined || result === 'pass' ? '' : ` ${worst.path === '' ? 'The archive' : worst.path}: ${worst.reason}`}`,
    facts: {
      ...factsOf(finding),
      verdict,
      differences: differencesTotal,
      'rule.rebuild-regression': regression,
    },
    items: result === 'pass' ? [] : items,
  };
}

const words: Readonly<Partial<Record<Result, string>>> = {
  fail: 'It is not what its source makes, and differs as an attack would make it.',
  warn: 'It is not what its source makes, and no rule explains why.',
};

function resultOf({ verdict }: Comparison): Result {
  if (verdict === 'suspicious') return 'fail';
  return verdict === 'unexplained' ? 'warn' : 'pass';
}

function factsOf({ build, record, class: of, matchedBefore }: RebuildFinding): NonNullable<Finding['facts']> {
  return {
    build,
    class: of.class,
    // The sub-grades of Community stand on other evidence.
    grade: of.class === 'secure' ? of.grade : null,
    because: of.because,
    isolation: record.isolation.level,
    source: sourceOf(record),
    matchedBefore: matchedBefore ?? null,
  };
}

function sourceOf({ source }: RebuildRecord): string | null {
  return source?.identity.repository ?? null;
}
