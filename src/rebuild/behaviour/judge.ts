/** All rules over one run's events, in order: findings, and each kind of action once. */
import type { BehaviourFinding } from '../../core/behaviour.ts';
import type { Severity } from '../../core/advisory.ts';
import { clip, commandLine, type BehaviourEvent } from './events.ts';
import { contactRule } from './rules/contact.ts';
import { fileRule } from './rules/files.ts';
import { programRule } from './rules/programs.ts';
import type { RuleContext, RuleSink, Seen } from './rules/rule.ts';
import { tokenRule } from './rules/tokens.ts';

export interface Judge {
  readonly take: (event: BehaviourEvent) => void;
  /** Of the run as a whole. */
  readonly find: (seen: Seen) => void;
  readonly act: (action: string) => void;
  readonly end: () => {
    /** Worst first, each sentence once, at most 200. */
    readonly findings: readonly BehaviourFinding[];
    /** Sorted, at most 500. */
    readonly actions: readonly string[];
    /** More than that was seen. */
    readonly clipped: boolean;
  };
}

const mostFindings = 200;
const mostActions = 500;
/** Kept while the run is looked at; a flood of small ones must not hide a bad one that comes later. */
const mostOfEach = 40;
const order: readonly Severity[] = ['critical', 'high', 'medium', 'unknown', 'low', 'none'];

export function openJudge(context: RuleContext): Judge {
  const rules = [tokenRule(context), contactRule(context), fileRule(context), programRule(context)];
  const findings = new Map<string, BehaviourFinding>();
  const counts = new Map<string, number>();
  const actions = new Set<string>();
  let clipped = false;

  function add(seen: Seen, process: string | undefined, at: number | undefined): void {
    const key = `${seen.rule} ${seen.message}`;
    if (findings.has(key)) return;
    const kind = `${seen.rule} ${seen.severity}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count > mostOfEach) {
      clipped = true;
      return;
    }
    findings.set(key, {
      rule: `behaviour/${seen.rule}`,
      severity: seen.severity,
      message: clip(seen.message, 400),
      process,
      at,
    });
  }

  const sink: RuleSink = {
    find: (event, seen) => add(seen, commandLine(event.process.argv), event.at),
    act: (action) => {
      if (actions.size < mostActions || actions.has(action)) actions.add(clip(action, 200));
      else clipped = true;
    },
    lose: () => {
      clipped = true;
    },
  };
  return {
    take: (event) => {
      for (const rule of rules) rule(event, sink);
    },
    find: (seen) => add(seen, undefined, undefined),
    act: sink.act,
    end: () => ({
      findings: [...findings.values()]
        .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
        .slice(0, mostFindings),
      actions: [...actions].sort(),
      clipped: clipped || findings.size > mostFindings,
    }),
  };
}
