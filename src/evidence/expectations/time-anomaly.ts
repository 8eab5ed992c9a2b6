/**
 * R12: times that contradict each other, and a package that wakes up after a long silence. Signed times are a log's; the index's are
 * compared only where they can be trusted.
 */
import type { Context } from './context.ts';
import { withoutBuild } from './basis.ts';
import { skewMs } from './terms.ts';
import { finding, verdictOf, type Finding, type Verdict } from './verdict.ts';

const dayMs = 24 * 60 * 60 * 1000;

export function timeAnomaly(context: Context): Verdict {
  const { build, claimedMs, nowMs, input } = context;
  if (build === undefined) return withoutBuild(context);
  const signed = build.publishMs ?? build.signedMs;
  const found: Finding[] = [];
  const add = (part: string, result: Finding['result'], message: string): void => {
    found.push(finding('time-anomaly', part, result, message));
  };
  if (signed !== undefined && signed > nowMs + skewMs)
    add('future', 'fail', `It was signed ${iso(signed)}, which has not come yet.`);
  if (signed !== undefined && claimedMs !== undefined) {
    if (signed - claimedMs > dayMs)
      add(
        'backdated',
        'fail',
        `The index says it was published ${iso(claimedMs)}, but it was signed ${iso(signed)}, more than a day later: the index makes it older than it is.`,
      );
    // With an approver, publishing may well wait for days.
    const staged = input.version.publication.approver !== undefined && build.publishMs === undefined;
    if (claimedMs - signed > dayMs && !staged)
      add(
        'late',
        'warn',
        `It was signed ${iso(signed)} and published ${iso(claimedMs)}, more than a day later.`,
      );
  }
  const startedMs = runStart(context);
  if (startedMs !== undefined && claimedMs !== undefined && claimedMs < startedMs - skewMs)
    add(
      'before-run',
      'warn',
      `The index says it was published ${iso(claimedMs)}, before the run that published it started (${iso(startedMs)}).`,
    );
  const silenceMs = silenceBefore(context);
  if (silenceMs !== undefined)
    add(
      'silence',
      'warn',
      `It comes ${Math.floor(silenceMs / dayMs)} days after the version before it, far more than usually lie between two.`,
    );
  return verdictOf(found, signed === undefined || claimedMs === undefined ? 'not-available' : 'pass');
}

/** Far off the rhythm that was learned: ten times its length, and half a year at the least. */
const rhythms = 10;
const leastSilenceMs = 180 * dayMs;

function silenceBefore({ expectation, earlier, claimedMs }: Context): number | undefined {
  const intervalMs = expectation?.intervalMs;
  const before = earlier.at(-1)?.ms;
  if (intervalMs === undefined || before === undefined || claimedMs === undefined) return undefined;
  const silenceMs = claimedMs - before;
  return silenceMs > Math.max(rhythms * intervalMs, leastSilenceMs) ? silenceMs : undefined;
}

function runStart({ input }: Context): number | undefined {
  const run = input.forge?.run;
  const started =
    run?.state === 'known' && run.startedAt !== undefined ? Date.parse(run.startedAt) : Number.NaN;
  return Number.isNaN(started) ? undefined : started;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
