/**
 * What install scripts do when they run. `pass`: there is none, or nothing that was seen is suspicious. `fail`: something
 * that only an attack does (a honeytoken was read, downloaded code was started). `warn`: something to look at, or what the
 * scripts of the version before did not do. `not-checked`: nobody ran them. `error`: running them failed.
 */
import type { BehaviourFinding, BehaviourOutcome, BehaviourReport } from '../../core/behaviour.ts';
import type { Collector, CollectorInput } from '../../core/collector.ts';
import type { EvidenceItem, FactValue, Result } from '../../core/evidence.ts';
import { clip, recordOf, type Finding } from '../record.ts';
import { behaviourChanges, type BehaviourChange } from './changes.ts';

export const behaviourCollector: Collector = {
  kind: 'behaviour',
  version: '2',
  scope: 'release',
  watched: ({ stored, behaviour, now }) =>
    recordOf(behaviourCollector, { now }, examine(behaviour, comparedIn(stored.facts))),
  collect: (input) => recordOf(behaviourCollector, input, examine(input.behaviour, comparedWith(input))),
};

type Facts = Readonly<Record<string, FactValue>>;

/** Kept in the record, so that what becomes known later is compared with the same. */
function comparedWith({ predecessor }: Pick<CollectorInput, 'predecessor'>): Facts {
  const { version, artifact } = predecessor ?? {};
  return {
    before: version === undefined ? null : clip(version, 64),
    beforeArtifact: artifact?.sha256 ?? null,
  };
}

function comparedIn({ before = null, beforeArtifact = null }: Facts): Facts {
  return { before, beforeArtifact };
}

function examine(outcome: BehaviourOutcome, compared: Facts): Finding {
  switch (outcome.state) {
    case 'no-script':
      return {
        result: 'pass',
        summary: 'It runs no code at install: there was nothing to watch.',
        facts: { scripts: 0, observed: false },
      };
    case 'not-observed':
      return {
        result: 'not-checked',
        summary: `Nobody saw what it does at install: ${outcome.why}.`,
        facts: { observed: false, ...(outcome.awaited === true ? { watchable: true, ...compared } : {}) },
      };
    case 'failed':
      return {
        result: 'error',
        summary: `Its install scripts could not be watched: ${outcome.message} (${outcome.code}).`,
        facts: { observed: false, watchable: true, ...compared },
      };
    case 'observed':
      return judge(outcome, compared);
  }
}

type Observed = Extract<BehaviourOutcome, { state: 'observed' }>;

function judge({ report, previous, digest, missing = [] }: Observed, compared: Facts): Finding {
  const comparable = previous !== undefined && previous.report.observer === report.observer;
  const gained = behaviourChanges(previous?.report, report);
  const items: readonly EvidenceItem[] = [
    ...report.findings.map(item),
    ...gained.map(({ id, action, what }) => ({
      id,
      message: `Its scripts ${what}, and those of ${previous?.version ?? ''} did not.`,
      data: { action },
    })),
  ];
  const result = resultOf(report, gained);
  const facts = {
    observed: true,
    watchable: true,
    ...compared,
    observer: report.observer,
    isolation: report.isolation,
    scripts: report.scripts.length,
    ended: report.ended,
    events: report.events,
    whole: report.whole,
    findings: report.findings.length,
    gained: gained.length,
    comparedWith: comparable ? previous.version : null,
    // As they are kept: the same record is made from them at any time.
    report: digest ?? null,
    previousReport: previous?.digest ?? null,
    missing: missing.length,
  };
  return { result, summary: summaryOf(result, report, gained), facts, items };
}

/** What was cut off, or watched through a sandbox with holes, is never clean. */
function resultOf(
  { findings, ended, whole, isolation }: BehaviourReport,
  gained: readonly BehaviourChange[],
): Result {
  const has = (...severities: readonly BehaviourFinding['severity'][]): boolean =>
    findings.some(({ severity }) => severities.includes(severity));
  if (has('critical', 'high')) return 'fail';
  if (has('medium', 'unknown') || gained.length > 0) return 'warn';
  if (!whole || ended === 'timeout' || ended === 'killed') return 'warn';
  return isolation === 'full' ? 'pass' : 'warn';
}

function summaryOf(result: Result, report: BehaviourReport, gained: readonly BehaviourChange[]): string {
  const [worst] = report.findings;
  const ran = `Its install scripts (${report.scripts.join(', ')}) were run and watched`;
  if (result === 'pass') return `${ran}: nothing suspicious was seen.`;
  if (worst !== undefined && worst.severity !== 'low') return `${ran}: ${worst.message}`;
  if (gained.length > 0)
    return `${ran}: they do ${gained.length} things that those of the version before did not.`;
  if (report.ended === 'timeout' || report.ended === 'killed')
    return `${ran}, and did not come to an end (${report.ended}).`;
  return report.whole
    ? `${ran} in a sandbox that has holes (${report.isolation}).`
    : `${ran}, and did more than was kept.`;
}

function item({ rule, message, severity, process, at }: BehaviourFinding): EvidenceItem {
  return { id: rule, message, data: { severity, process: process ?? null, at: at ?? null } };
}
