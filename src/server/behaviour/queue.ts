/**
 * The queue of install scripts to be watched: one at a time, beside the builds, what somebody asked for first. Jobs are rows:
 * those that a killed gate was at are begun anew at its next start, and what it saw and told nobody of is told then.
 */
import { messageOf } from '../../core/errors.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { Purl } from '../../core/purl.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { BehaviourJobStore, WatchJob, WatchReason } from '../../storage/behaviour-jobs.ts';
import { createLiveLog, type LiveLine, type LiveLog } from '../rebuilding/live-log.ts';
import { mostFailures } from './known.ts';
import type { WatchEnd, WatchRequest } from './watch-one.ts';

export interface WatchQueueDeps {
  readonly jobs: BehaviourJobStore;
  readonly watch: (
    request: WatchRequest,
    watch: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
  ) => Promise<WatchEnd>;
  /** Decisions about these bytes no longer stand. Resolves when that is durable. */
  readonly tell: (artifact: Sha256, purl: Purl) => Promise<void>;
  /** Why nothing can be watched here at the moment; undefined: it can. */
  readonly setIdle: (why: string | undefined) => void;
  /** Nothing else is run: the operator wants none to be watched unasked. */
  readonly onlyAsked: boolean;
  readonly clock: Clock;
  readonly log: {
    readonly info: (facts: object, text: string) => void;
    readonly warn: (facts: object, text: string) => void;
  };
}

export interface Watched extends WatchRequest {
  readonly reason: WatchReason;
}

export interface WatchQueue {
  /** The job that does it. Throws STORAGE_*. */
  readonly add: (request: Watched) => Promise<WatchJob>;
  readonly linesOf: (purl: Purl, after: number) => readonly LiveLine[];
  readonly close: () => Promise<void>;
}

/** Nobody goes before all others but a person: else a stream of releases with predecessors keeps the rest waiting. */
const priorities: Readonly<Record<WatchReason, number>> = { asked: 100, before: 0, decided: 0 };
/**
 * The install that brought it is still fetching what it depends on. Who may begin first is first: so what a later version is
 * compared with goes before that version.
 */
const settleMs: Readonly<Record<WatchReason, number>> = { asked: 0, before: 2000, decided: 5000 };
/** After a failure with these bytes, by attempt; and where the machine could not. */
const pausesMs = [60_000, 600_000];
const awayMs = 600_000;
const mostAway = 6;
const lookAgainMs = 10_000;
const logsKept = 50;

/** Throws STORAGE_*. */
export async function openWatchQueue(deps: WatchQueueDeps): Promise<WatchQueue> {
  const { jobs, clock } = deps;
  const logs = new Map<Purl, LiveLog>();
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  let closing = false;
  let looking: Promise<void> = Promise.resolve();
  let soon: NodeJS.Timeout | undefined;
  /** Until then only a person's wish is tried: where one could not be watched, the others cannot either. */
  let restsUntil = 0;

  for (const { purl, attempt } of await jobs.inState('running'))
    await jobs.change(purl, { state: 'waiting', attempt: Math.max(0, attempt - 1), startedAt: undefined });
  const timer = setInterval(look, lookAgainMs);
  timer.unref();
  look();

  /** Never two at a time, so that one job is never begun twice. */
  function look(): void {
    looking = looking
      .then(tellWaiting)
      .then(startNext)
      .catch((error: unknown) => {
        deps.log.warn({ why: messageOf(error) }, 'the queue of install scripts could not be read');
      });
  }

  function lookIn(ms: number): void {
    clearTimeout(soon);
    soon = setTimeout(look, ms);
    soon.unref();
  }

  /** Those whose telling failed, or was cut off. */
  async function tellWaiting(): Promise<void> {
    if (closing || running !== undefined) return;
    for (const job of await jobs.inState('recorded')) await told(job);
  }

  async function told({ purl, artifact }: WatchJob): Promise<void> {
    if (artifact !== undefined) await deps.tell(artifact, purl);
    await jobs.change(purl, { state: 'done', endedAt: rfc3339(clock()) });
  }

  async function startNext(): Promise<void> {
    if (closing || running !== undefined) return;
    const job = await jobs.next(rfc3339(clock()));
    if (job === undefined) return;
    const isResting = deps.onlyAsked || clock().getTime() < restsUntil;
    // The next one is one that was asked for, where there is any.
    if (isResting && job.reason !== 'asked') return;
    const attempt = job.attempt + 1;
    await jobs.change(job.purl, { state: 'running', attempt, startedAt: rfc3339(clock()) });
    const abort = new AbortController();
    const done = run({ ...job, attempt }, abort).finally(() => {
      running = undefined;
      look();
    });
    running = { abort, done };
  }

  async function run(job: WatchJob, abort: AbortController): Promise<void> {
    const live = createLiveLog();
    logs.delete(job.purl);
    logs.set(job.purl, live);
    for (const [oldest] of logs) if (logs.size > logsKept) logs.delete(oldest);
    try {
      await ended(job, await deps.watch(job, { signal: abort.signal, onLine: live.add }));
    } catch (error) {
      deps.log.warn({ purl: job.purl, why: messageOf(error) }, 'install scripts could not be watched');
      const end = { state: 'away', code: 'internal', message: messageOf(error) } as const;
      await ended(job, end).catch(() => undefined);
    }
  }

  async function ended(job: WatchJob, end: WatchEnd): Promise<void> {
    const { purl } = job;
    const endedAt = rfc3339(clock());
    if (end.state === 'away') return away(job, end);
    deps.setIdle(undefined);
    restsUntil = 0;
    deps.log.info({ purl, state: end.state }, 'install scripts were watched');
    if (end.state !== 'failed') {
      const changed = { artifact: end.artifact, code: undefined, message: undefined };
      await jobs.change(purl, { ...changed, state: 'recorded', endedAt });
      return told({ ...job, artifact: end.artifact });
    }
    const { artifact, code, message } = end;
    if (job.attempt < mostFailures) return again(job, { code, message }, pauseOf(job.attempt));
    await jobs.change(purl, { artifact, state: 'failed', code, message, endedAt });
    return undefined;
  }

  /** The machine could not, or the gate stops: the job stays, and whoever asks is told why nothing is known. */
  async function away(job: WatchJob, { code, message }: { code: string; message: string }): Promise<void> {
    const { purl, attempt } = job;
    if (closing) return jobs.change(purl, { state: 'waiting', attempt: attempt - 1 });
    deps.log.warn({ purl, code, why: message }, 'install scripts cannot be watched now');
    if (/^(?:BEHAVIOUR_UNAVAILABLE|SANDBOX_UNAVAILABLE|BASE_UNAVAILABLE)$/.test(code)) {
      deps.setIdle(message);
      restsUntil = clock().getTime() + awayMs;
      return again({ ...job, attempt: attempt - 1 }, { code, message }, awayMs);
    }
    if (attempt < mostAway) return again(job, { code, message }, awayMs);
    return jobs.change(purl, { state: 'failed', code, message, endedAt: rfc3339(clock()) });
  }

  function again(
    { purl, attempt }: WatchJob,
    why: { readonly code: string; readonly message: string },
    pauseMs: number,
  ): Promise<void> {
    const notBefore = rfc3339(new Date(clock().getTime() + pauseMs));
    return jobs.change(purl, { ...why, state: 'waiting', attempt, notBefore });
  }

  return {
    add: async ({ purl, artifact, reason }) => {
      const at = clock();
      const job = await jobs.add({
        purl,
        artifact,
        reason,
        priority: priorities[reason],
        state: 'waiting',
        attempt: 0,
        notBefore: rfc3339(new Date(at.getTime() + settleMs[reason])),
        code: undefined,
        message: undefined,
        createdAt: rfc3339(at),
        startedAt: undefined,
        endedAt: undefined,
      });
      if (settleMs[reason] === 0) look();
      else lookIn(settleMs[reason]);
      return job;
    },
    linesOf: (purl, after) => logs.get(purl)?.after(after) ?? [],
    close: async () => {
      closing = true;
      clearInterval(timer);
      clearTimeout(soon);
      await looking;
      running?.abort.abort();
      await running?.done;
      await looking;
    },
  };
}

function pauseOf(attempt: number): number {
  return pausesMs[Math.min(attempt, pausesMs.length) - 1] ?? 0;
}
