/**
 * What came of building the version from source here. `fail`: what was published differs from its source as an attack would
 * make it. `warn`: it differs, and nothing explains it, or its source is only an archive that others keep. `not-available`: it was not built, or could not be: that says nothing
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
  version: '3',
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
  const plain = resultOf(comparison, finding.record);
  // What a stolen token looks like that points at a fork: that it matches is no praise.
  const otherSource = plain === 'pass' && finding.fromOtherSource === true;
  const result: Result = otherSource ? 'warn' : plain;
  const regression: Result = plain === 'pass' || finding.matchedBefore === undefined ? 'pass' : 'fail';
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
    ...(otherSource ? [{ id: 'rebuild/source-changed', message: otherSourceWords(finding) }] : []),
    ...differences.map(({ path, rule, reason }) => ({
      id: `rebuild/${rule}`,
      message: `${path}: ${reason}`,
      data: { path },
    })),
  ];
  return {
    result,
    summary: otherSource
      ? otherSourceWords(finding)
      : `${wordsOf(result, verdict)}${worst === undefined || result === 'pass' ? '' : ` ${worst.path === '' ? 'The archive' : worst.path}: ${worst.reason}`}`,
    facts: {
      ...factsOf(finding),
      verdict,
      differences: differencesTotal,
      'rule.rebuild-regression': regression,
    },
    items: result === 'pass' ? [] : items,
  };
}

function otherSourceWords({ record }: RebuildFinding): string {
  return `It is what a source makes that is another than the approved one: ${sourceOf(record) ?? ''}.`;
}

/**
 * An archive that others keep may hold another state than the one that was published (Debian's source of hawk 9.0.1 lacks a
 * fix which the release has): that it differs as an attack would refuses nothing by itself.
 */
function resultOf({ verdict }: Comparison, { source }: RebuildRecord): Result {
  if (verdict === 'suspicious') return source?.source.kind === 'archive' ? 'warn' : 'fail';
  return verdict === 'unexplained' ? 'warn' : 'pass';
}

function wordsOf(result: Result, verdict: Comparison['verdict']): string {
  if (result === 'pass') return 'It is what its source makes.';
  if (result === 'fail') return 'It is not what its source makes, and differs as an attack would make it.';
  return verdict === 'suspicious'
    ? 'It differs as an attack would make it from an archive that others keep as its source, which may be of another state.'
    : 'It is not what its source makes, and no rule explains why.';
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
