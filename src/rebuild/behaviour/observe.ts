/** Runs the install scripts of one version in the sandbox, and tells what they did. Start here. */
import { join } from 'node:path';
import type { BehaviourReport } from '../../core/behaviour.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { RunResult, Workspace } from '../../core/sandbox.ts';
import { clip } from './events.ts';
import type { ObserveDeps, ObserveOutcome, ObserveRequest } from './deps.ts';
import { makeHoneytokens, randomIdentity } from './honeytokens.ts';
import { openJudge, type Judge } from './judge.ts';
import { placesOf } from './layout.ts';
import { allScripts, scriptName } from './lifecycle.ts';
import { baseRun, prepare, type Scene } from './prepare.ts';
import { lastOutput, readTrace, watchLog, type TraceRead } from './read-trace.ts';

/** Raised with every change of what is seen or found: what another one saw is not compared. */
export const observer = 'assay-behaviour 2';

/**
 * Never throws for what the package or the sandbox does: that is the outcome. A run that was cancelled is `failed` with
 * BEHAVIOUR_CANCELLED.
 */
export async function observeInstall(deps: ObserveDeps, request: ObserveRequest): Promise<ObserveOutcome> {
  const scripts = allScripts(request);
  if (scripts.length === 0) return { state: 'no-script' };
  if (deps.isolation === 'none') return { state: 'not-observed', why: 'this machine has no sandbox' };
  let workspace: Workspace | undefined;
  try {
    const identity = randomIdentity(deps.random);
    const tokens = makeHoneytokens(deps.random, request.registryHosts[0] ?? 'registry.example.com');
    const scene: Scene = { identity, tokens, scripts, places: placesOf(identity, request) };
    workspace = await deps.sandbox.workspace();
    return await watched(deps, request, scene, workspace);
  } catch (error) {
    if (isCancelled(request)) return cancelled;
    if (!(error instanceof AssayError)) throw error;
    if (error.code === 'SANDBOX_UNAVAILABLE') return { state: 'not-observed', why: messageOf(error) };
    return { state: 'failed', code: error.code, message: messageOf(error).slice(0, 1000) };
  } finally {
    // Whatever it left there, what was seen is told; the sandbox removes what is old.
    await workspace?.remove().catch(() => undefined);
  }
}

const cancelled = { state: 'failed', code: 'BEHAVIOUR_CANCELLED', message: 'it was cancelled' } as const;

function isCancelled({ signal }: ObserveRequest): boolean {
  return signal?.aborted === true;
}

async function watched(
  deps: ObserveDeps,
  request: ObserveRequest,
  scene: Scene,
  workspace: Workspace,
): Promise<ObserveOutcome> {
  const startedAt = deps.monotonicMs();
  const prepared = await prepare(deps, workspace, request, scene);
  if (isCancelled(request)) return cancelled;
  const { identity, places, tokens, scripts } = scene;
  const toPath = join(workspace.path, 'calls');
  const stop = new AbortController();
  const unwatch = watchLog(toPath, () => stop.abort());
  const signals = [stop.signal, ...(request.signal === undefined ? [] : [request.signal])];
  let result: RunResult;
  try {
    result = await deps.sandbox.run({
      ...baseRun(request),
      ...prepared,
      cwd: places.project,
      identity: { hostname: identity.hostname, user: identity.user },
      trace: { toPath },
      signal: AbortSignal.any(signals),
      ...(request.onLine === undefined ? {} : { onOutput: request.onLine }),
    });
  } finally {
    unwatch();
  }
  if (isCancelled(request)) return cancelled;
  const judge = openJudge({
    places,
    tokenFiles: new Map(tokens.files.map(({ path, token }) => [`${places.home}/${path}`, token])),
    registryHosts: new Set(request.registryHosts),
    hostname: identity.hostname,
  });
  const trace = await readTrace(toPath, judge, places, {
    command: prepared.command,
    scripts: scripts.map(scriptName),
    tokensIn: tokens.tokensIn,
  });
  if (trace.begun === 0)
    return {
      state: 'failed',
      code: 'SANDBOX_FAILED',
      message: `the scripts were not started: ${result.output.trim().slice(-300)}`,
    };
  judgeWhole(judge, trace, result);
  const { findings, actions, clipped } = judge.end();
  const report: BehaviourReport = {
    schema: 1,
    observer,
    isolation: deps.isolation,
    scripts: scripts.slice(0, trace.begun).map((script) => clip(scriptName(script), 200)),
    ended: endOf(result),
    events: trace.events,
    whole: !stop.signal.aborted && isWhole(trace) && !clipped,
    actions,
    findings,
  };
  const output = lastOutput(result.output);
  return { state: 'observed', report, events: trace.text, output, wallMs: deps.monotonicMs() - startedAt };
}

/** The starter passes on the code of a script; it dies of a signal only when something inside killed it. */
function endOf({ ended, exitCode }: RunResult): BehaviourReport['ended'] {
  if (ended === 'timeout') return 'timeout';
  if (ended !== 'exit') return 'killed';
  return exitCode === 0 ? 'exit' : 'failed';
}

/** What was ended before its end, or whose record does not come to one, was not seen to its end. */
function isWhole(trace: TraceRead): boolean {
  return !trace.lost && trace.lostLines === 0 && trace.ended && !trace.cut;
}

const idleSeconds = 30;

function judgeWhole(judge: Judge, trace: TraceRead, result: RunResult): void {
  // A record that is cut says nothing of the package; it is not whole, and so not clean.
  if (result.ended === 'exit' && !trace.ended && !trace.cut)
    judge.find({
      rule: 'unwatched',
      severity: 'high',
      message: 'The record of what it did ends before it did: something got out of sight.',
    });
  if (result.ended === 'signal')
    judge.find({
      rule: 'unwatched',
      severity: 'medium',
      message: 'Ended the program that had started its scripts, so npm itself where it is installed.',
    });
  if (trace.leftSeconds > 1) {
    judge.act('exec:left-running');
    judge.find({
      rule: 'left-running',
      severity: 'medium',
      message: `Left processes running for ${Math.round(trace.leftSeconds)} seconds after its scripts had ended.`,
    });
  }
  // Timers of Node and of others make no call that is recorded; a compiler that is busy makes none either.
  const idle = trace.from + result.wallMs / 1000 - trace.to;
  const busy = result.cpuMs === undefined || result.cpuMs > result.wallMs / 4;
  if (result.ended === 'timeout' && idle > idleSeconds && !busy) {
    judge.act('sleep:long');
    judge.find({
      rule: 'long-sleep',
      severity: 'medium',
      message: `Did nothing for ${Math.round(idle)} seconds, until it was ended: longer than most would watch.`,
    });
  }
}
