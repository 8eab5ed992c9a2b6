/**
 * What install scripts do when they run. `pass`: there is none, or nothing that was seen is suspicious. `fail`: something
 * that only an attack does (a honeytoken was read, downloaded code was started). `warn`: something to look at, or what the
 * scripts of the version before did not do. `not-checked`: nobody ran them. `error`: running them failed.
 */
import type { BehaviourFinding, BehaviourOutcome, BehaviourReport } from '../../core/behaviour.ts';
import type { Collector } from '../../core/collector.ts';
import type { EvidenceItem, Result } from '../../core/evidence.ts';
import { recordOf, type Finding } from '../record.ts';

export const behaviourCollector: Collector = {
  kind: 'behaviour',
  version: '1',
  scope: 'release',
  collect: (input) => recordOf(behaviourCollector, input, examine(input.behaviour)),
};

function examine(outcome: BehaviourOutcome): Finding {
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
        // It may be, later.
        facts: { observed: false },
      };
    case 'failed':
      return {
        result: 'error',
        summary: `Its install scripts could not be watched: ${outcome.message} (${outcome.code}).`,
        facts: { observed: false },
      };
    case 'observed':
      return judge(outcome.report, outcome.previous);
  }
}

type Observed = Extract<BehaviourOutcome, { state: 'observed' }>;

function judge(report: BehaviourReport, previous: Observed['previous']): Finding {
  const comparable = previous !== undefined && previous.report.observer === report.observer;
  const known = new Set(comparable ? previous.report.actions : []);
  const gained = comparable ? report.actions.filter((action) => !known.has(action)) : [];
  const items: readonly EvidenceItem[] = [
    ...report.findings.map(item),
    ...gained.map((action) => ({
      id: 'behaviour/new-action',
      message: `Does what the scripts of ${previous?.version ?? ''} did not: ${action}.`,
      data: { action },
    })),
  ];
  const result = resultOf(report, gained);
  const facts = {
    observed: true,
    observer: report.observer,
    isolation: report.isolation,
    scripts: report.scripts.length,
    ended: report.ended,
    events: report.events,
    whole: report.whole,
    findings: report.findings.length,
    gained: gained.length,
    comparedWith: comparable ? previous.version : null,
  };
  return { result, summary: summaryOf(result, report, gained), facts, items };
}

/** What was cut off, or watched through a sandbox with holes, is never clean. */
function resultOf({ findings, ended, whole, isolation }: BehaviourReport, gained: readonly string[]): Result {
  const has = (...severities: readonly BehaviourFinding['severity'][]): boolean =>
    findings.some(({ severity }) => severities.includes(severity));
  if (has('critical', 'high')) return 'fail';
  if (has('medium', 'unknown') || gained.length > 0) return 'warn';
  if (!whole || ended === 'timeout' || ended === 'killed') return 'warn';
  return isolation === 'full' ? 'pass' : 'warn';
}

function summaryOf(result: Result, report: BehaviourReport, gained: readonly string[]): string {
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
