/** What else is unusual about a version. The rules that can be harmless by themselves ask it before they refuse. */
import { earlierOf, type Context } from './context.ts';
import type { DependencyChanges } from './dependencies.ts';
import type { PublisherSignals } from './publisher-signals.ts';
import type { Ranks } from './trust-rank.ts';
import { isUnclean, type RuleName, type Verdict } from './verdict.ts';

/** Rules that judge by themselves alone. */
export type PlainVerdicts = Readonly<
  Record<Exclude<RuleName, 'trust-downgrade' | 'publisher-changed' | 'dependency-changed'>, Verdict>
>;

export interface Suspicion {
  /** A rule refused, code runs at install that did not, a dependency is from elsewhere. */
  readonly strong: readonly string[];
  /** Ordinary once, unusual beside other things. */
  readonly mild: readonly string[];
  readonly lower: boolean;
  /** Another account, or another e-mail. */
  readonly stranger: boolean;
  readonly newDependency: boolean;
}

export function suspicionOf(
  context: Context,
  verdicts: PlainVerdicts,
  ranks: Ranks,
  publisher: PublisherSignals,
  dependencies: DependencyChanges,
): Suspicion {
  const strong: string[] = [];
  const mild: string[] = [];
  for (const [name, verdict] of Object.entries(verdicts)) {
    if (isUnclean(verdict)) (verdict.result === 'fail' ? strong : mild).push(name);
  }
  const scripts = earlierOf(context.input, 'scripts')?.result;
  if (scripts === 'fail') strong.push('install-script');
  if (scripts === 'warn') mild.push('install-script');
  if (earlierOf(context.input, 'manifest')?.result === 'fail') strong.push('manifest');
  if (dependencies.exotic.length > 0) strong.push('dependency-changed');
  if (publisher.signals?.has('no-git-head') === true) mild.push('no-git-head');
  return {
    strong,
    mild,
    lower: ranks.lower === 'yes',
    stranger: strangerSignals.some((one) => publisher.signals?.has(one) === true),
    newDependency: dependencies.comparedWith === 'same-line' && dependencies.added.length > 0,
  };
}

const strangerSignals = ['new-account', 'other-email', 'other-trusted-publisher'] as const;
