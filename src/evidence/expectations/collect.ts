/**
 * Is it published as this package usually is? One sub-verdict a rule (facts `rule.<name>`), R2 to R12 of docs/verification.md; the
 * whole is the worst of them. R1 is the evidence `provenance` and `signatures`, R13 the cooldown.
 */
import type { Collector, CollectorInput } from '../../core/collector.ts';
import { recordOf, type Finding } from '../record.ts';
import { builderChanged } from './builder-changed.ts';
import { burst } from './burst.ts';
import { contextOf, type Context } from './context.ts';
import { dependencyChanges } from './dependencies.ts';
import { dependencyChanged } from './dependency-changed.ts';
import { publisherChanged } from './publisher-changed.ts';
import { publisherSignals } from './publisher-signals.ts';
import { refOrTrigger } from './ref-or-trigger.ts';
import { runConclusion } from './run-conclusion.ts';
import { sourceChanged } from './source-changed.ts';
import { sourceTag } from './source-tag.ts';
import { stripped } from './stripped.ts';
import { suspicionOf, type PlainVerdicts } from './suspicion.ts';
import { timeAnomaly } from './time-anomaly.ts';
import { trustDowngrade } from './trust-downgrade.ts';
import { ranksOf, type Ranks } from './trust-rank.ts';
import { ruleNames, worst, type RuleName, type Verdict } from './verdict.ts';

type Verdicts = Readonly<Record<RuleName, Verdict>>;

export const expectationsCollector: Collector = {
  kind: 'expectations',
  version: '2',
  scope: 'release',
  after: ['provenance', 'signatures', 'scripts', 'manifest', 'age'],
  usesForge: true,
  usesHistory: true,
  collect: (input) => recordOf(expectationsCollector, input, examine(input)),
};

function examine(input: CollectorInput): Finding {
  const context = contextOf(input);
  const ranks = ranksOf(context);
  const verdicts = judge(context, ranks);
  const all = ruleNames.map((name) => verdicts[name]);
  const result = worst(all.map((one) => one.result));
  return {
    result,
    summary: summaryOf(context, verdicts),
    facts: {
      ...Object.assign({}, ...all.map((one) => one.facts ?? {})),
      ...Object.fromEntries(ruleNames.map((name) => [`rule.${name}`, verdicts[name].result])),
      trustRank: ranks.own,
      trustHighWater: ranks.highWater ?? null,
      line: context.line ?? null,
      revision: context.expectation?.revision ?? null,
      standing: context.expectation?.standing ?? 'none',
      passing: isPassing(result, verdicts),
    },
    items: all.flatMap((one) => one.items),
  };
}

function judge(context: Context, ranks: Ranks): Verdicts {
  const plain: PlainVerdicts = {
    'source-changed': sourceChanged(context),
    'builder-changed': builderChanged(context),
    'ref-or-trigger': refOrTrigger(context),
    'source-tag': sourceTag(context),
    'run-conclusion': runConclusion(context),
    stripped: stripped(context),
    burst: burst(context),
    'time-anomaly': timeAnomaly(context),
  };
  const publisher = publisherSignals(context);
  const dependencies = dependencyChanges(context);
  const suspicion = suspicionOf(context, plain, ranks, publisher, dependencies);
  return {
    ...plain,
    'trust-downgrade': trustDowngrade(context, ranks, publisher, suspicion),
    'publisher-changed': publisherChanged(context, publisher, suspicion),
    'dependency-changed': dependencyChanged(context, dependencies, suspicion),
  };
}

/** A refusal may end by itself: a fortnight passes, an expectation is learned or set, a run ends. It is looked at again. */
function isPassing(result: Finding['result'], verdicts: Verdicts): boolean {
  return result === 'fail' || verdicts['run-conclusion'].items.some(({ id }) => id.endsWith('/running'));
}

function summaryOf({ expectation, basis }: Context, verdicts: Verdicts): string {
  const bad = (result: Finding['result']): readonly RuleName[] =>
    ruleNames.filter((name) => verdicts[name].result === result);
  const [fails, warns] = [bad('fail'), bad('warn')];
  const list = [...fails, ...warns];
  const first = list[0] === undefined ? undefined : verdicts[list[0]].items[0];
  if (first !== undefined) return `Not as expected (${list.join(', ')}): ${first.message}`;
  const gaps = ruleNames.length - bad('pass').length;
  const by =
    expectation !== undefined
      ? `what is expected of it (revision ${expectation.revision}, ${expectation.standing})`
      : basis === undefined
        ? 'what its index shows'
        : 'what earlier versions show';
  const rest = gaps === 0 ? '' : ` ${gaps} of ${ruleNames.length} rules had nothing to judge by.`;
  return `Nothing unusual by ${by}.${rest}`;
}
