/**
 * R12: times that contradict each other, and a package that wakes up after a long silence. Signed times are a log's; the index's are
 * compared only where they can be trusted.
 */
import { earlierOf, factOf, msOf, type Context } from './context.ts';
import { withoutBuild } from './basis.ts';
import { skewMs } from './terms.ts';
import { finding, verdictOf, type Finding, type Verdict } from './verdict.ts';

const dayMs = 24 * 60 * 60 * 1000;

export function timeAnomaly(context: Context): Verdict {
  const { build, claimedMs, nowMs, input } = context;
  const silence = silenceFindings(context);
  if (build === undefined) return verdictOf(silence, withoutBuild(context).result);
  const signed = build.publishMs ?? build.signedMs;
  const found: Finding[] = [...silence];
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
  return verdictOf(found, signed === undefined || claimedMs === undefined ? 'not-available' : 'pass');
}

/** By itself never more than a warning: projects do come back. After a fortnight in the open it is told, and weighs nothing. */
function silenceFindings(context: Context): readonly Finding[] {
  const dormantMs = dormantBefore(context);
  if (dormantMs !== undefined) {
    const message = `Nothing of this package was published for ${Math.floor(dormantMs / dayMs)} days before it: so it looks when somebody takes an abandoned package over.`;
    return [finding('time-anomaly', 'revived', context.aged ? 'note' : 'warn', message)];
  }
  const silenceMs = silenceBefore(context);
  if (silenceMs === undefined) return [];
  const message = `It comes ${Math.floor(silenceMs / dayMs)} days after the version before it, far more than usually lie between two.`;
  return [finding('time-anomaly', 'silence', 'warn', message)];
}

const dormantMs = 730 * dayMs;

/**
 * Two years without any version at all. Signed times are a log's; an index's are claims, used where they are not a mirror's own,
 * this version's no earlier than our last look without it (evidence `age`).
 */
function dormantBefore(context: Context): number | undefined {
  const { build, input } = context;
  const { index, version, history } = input;
  const isTold = index.timeOrderTrust !== 'implausible';
  const claimed = isTold ? msOf(factOf(earlierOf(input, 'age'), 'publishedAt')) : undefined;
  const ownMs = build?.publishMs ?? build?.signedMs ?? claimed;
  const signed = new Map(history?.verified.map((one) => [one.version, msOf(one.signedTime)]));
  const others = index.versions
    .filter((one) => one.version !== version.version)
    .map((one) => signed.get(one.version) ?? (isTold ? msOf(one.claimedTime) : undefined));
  // A version of an unknown time may have come in between.
  if (ownMs === undefined || others.includes(undefined)) return undefined;
  const before = others.filter((ms) => ms !== undefined && ms <= ownMs) as readonly number[];
  if (before.length === 0) return undefined;
  const silence = ownMs - before.reduce((newest, ms) => Math.max(newest, ms));
  return silence >= dormantMs ? silence : undefined;
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
