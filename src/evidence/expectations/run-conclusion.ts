/**
 * R7: how the run ended that published it, as the forge knows. In TanStack 2026 everything signed was right, and the run had failed:
 * what was published came from a test. Without a forge it is `not-checked`.
 */
import type { RunAnswer } from '../../core/forge.ts';
import { withoutBuild } from './basis.ts';
import type { Build, Context } from './context.ts';
import { skewMs } from './terms.ts';
import { finding, notChecked, quote, verdictOf, type Finding, type Verdict } from './verdict.ts';

/** Forges and projects delete old runs (GitHub keeps logs for 90 days): after that, a missing one says little. */
const runsKeptMs = 90 * 24 * 60 * 60 * 1000;

export function runConclusion(context: Context): Verdict {
  const { build, input } = context;
  if (build === undefined) return withoutBuild(context);
  const run = input.forge?.run;
  if (run?.state !== 'known' || build.runUri === undefined) return notChecked;
  if (!run.exists) return verdictOf([missingRun(context, build)], 'pass');
  return verdictOf([...conclusion(run), ...outside(context, build, run)], 'pass');
}

function missingRun({ nowMs }: Context, build: Build): Finding {
  const old = build.signedMs !== undefined && nowMs - build.signedMs > runsKeptMs;
  const message = `The run that published it, ${quote(build.runUri)}, does not exist${old ? ' any more: it is older than 90 days' : ': it was deleted, or never was'}.`;
  return finding('run-conclusion', 'missing', old ? 'warn' : 'fail', message);
}

function conclusion({ conclusion: word }: RunAnswer): readonly Finding[] {
  if (word === 'success') return [];
  if (word === 'running')
    return [finding('run-conclusion', 'running', 'warn', 'The run that published it has not ended yet.')];
  const how = word === 'other' ? 'did not succeed' : `ended as ${word}`;
  const message = `The run that published it ${how}: what it published is not what the project meant to publish.`;
  return [finding('run-conclusion', 'conclusion', 'fail', message, { conclusion: word })];
}

/** A staged publication is approved by a person, later: then the time of the provenance counts. */
function outside({ input, claimedMs }: Context, build: Build, run: RunAnswer): readonly Finding[] {
  const staged = input.version.publication.approver !== undefined;
  const published = staged ? build.signedMs : (build.publishMs ?? claimedMs ?? build.signedMs);
  const ended = run.finishedAt === undefined ? Number.NaN : Date.parse(run.finishedAt);
  const found: Finding[] = [];
  if (published !== undefined && published > ended + skewMs) {
    const message = `It was published ${new Date(published).toISOString()}, after the run that should have published it ended (${new Date(ended).toISOString()}).`;
    found.push(finding('run-conclusion', 'after-end', 'fail', message));
  }
  if (run.headCommit !== undefined && build.commit !== undefined && run.headCommit !== build.commit) {
    const message = `The run was about commit ${quote(run.headCommit)}, the provenance names ${quote(build.commit)}.`;
    found.push(finding('run-conclusion', 'commit', 'warn', message));
  }
  return found;
}
