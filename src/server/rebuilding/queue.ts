/**
 * The queue of builds: one at a time unless told otherwise, the most wanted first. What fails for a passing cause is tried
 * again after a pause; what fails for a lasting one is an outcome, and stays one. Jobs that a killed gate was at are
 * begun anew at its next start.
 */
import { messageOf, isAssayError } from '../../core/errors.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import type { NotBuiltCause, RebuildRecord } from '../../core/rebuild.ts';
import { gateItself, type Principal } from '../../core/subject.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { BuildJob, BuildJobStore, JobReason } from '../../storage/build-jobs.ts';
import type { BuildWatch } from './deps.ts';
import { createLiveLog, type LiveLine, type LiveLog } from './live-log.ts';
import type { OneRebuilt, RebuildOneRequest } from './rebuild-one.ts';

export interface QueueDeps {
  readonly jobs: BuildJobStore;
  readonly rebuild: (request: RebuildOneRequest, watch: BuildWatch) => Promise<OneRebuilt>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly concurrency: number;
  readonly log: {
    readonly info: (facts: object, text: string) => void;
    readonly warn: (facts: object, text: string) => void;
  };
}

export interface QueueRequest {
  readonly purl: Purl;
  readonly reason: JobReason;
  readonly principal: Principal;
  readonly recipe: string | undefined;
}

export interface BuildQueue {
  /** The job that does it: an earlier one when the same version waits already. Throws STORAGE_*. */
  readonly add: (request: QueueRequest, priority?: number) => Promise<BuildJob>;
  /** False when it has ended already, or is not known. */
  readonly cancel: (id: string) => Promise<boolean>;
  /** Lines after the given number, of a job that runs or ended a while ago. */
  readonly linesOf: (id: string, after: number) => readonly LiveLine[];
  readonly close: () => Promise<void>;
}

/** Causes that may pass by themselves, and how often each is tried. All others are lasting. */
const passing: Readonly<Partial<Record<NotBuiltCause, number>>> = {
  'fetch-failed': 3,
  sandbox: 2,
  timeout: 2,
  'out-of-memory': 2,
};
const mostAttempts = 3;
const pausesMs = [60_000, 600_000];
const priorities: Readonly<Record<JobReason, number>> = { regression: 1000, asked: 100, used: 0 };
const lookAgainMs = 30_000;
const logsKept = 50;

interface Running {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Throws STORAGE_*. */
export async function openQueue(deps: QueueDeps): Promise<BuildQueue> {
  const { jobs, clock, concurrency } = deps;
  const running = new Map<string, Running>();
  const logs = new Map<string, LiveLog>();
  const cancelled = new Set<string>();
  let closing = false;
  let looking: Promise<void> = Promise.resolve();

  for (const job of await jobs.inState('running'))
    await jobs.change(job.id, { state: 'waiting', phase: 'waiting', startedAt: undefined });
  const timer = setInterval(look, lookAgainMs);
  timer.unref();
  look();

  /** Never two at a time, so that one job is never begun twice. */
  function look(): void {
    looking = looking.then(startNext).catch((error: unknown) => {
      deps.log.warn({ why: messageOf(error) }, 'the queue of builds could not be read');
    });
  }

  async function startNext(): Promise<void> {
    // `closing` is set by `close`, while this waits.
    for (;;) {
      if (closing || running.size >= concurrency) return;
      const job = await jobs.next(rfc3339(clock()));
      if (job === undefined) return;
      const startedAt = rfc3339(clock());
      const attempt = job.attempt + 1;
      await jobs.change(job.id, { state: 'running', attempt, startedAt, phase: 'locate' });
      const abort = new AbortController();
      const done = runJob({ ...job, attempt }, abort).finally(() => {
        running.delete(job.id);
        look();
      });
      running.set(job.id, { abort, done });
    }
  }

  async function runJob(job: BuildJob, abort: AbortController): Promise<void> {
    const live = createLiveLog();
    logs.delete(job.id);
    logs.set(job.id, live);
    for (const [oldest] of logs) if (logs.size > logsKept) logs.delete(oldest);
    const watch: BuildWatch = {
      phase: (phase) => {
        live.add(`— ${phase}`);
        jobs.change(job.id, { phase }).catch(() => undefined);
      },
      line: live.add,
      signal: abort.signal,
    };
    try {
      const { purl, recipe, principal, reason } = job;
      const clean = reason === 'regression';
      const one = await deps.rebuild({ purl, recipe, principal, clean }, watch);
      await ended(job, one);
    } catch (error) {
      await failed(job, error).catch((again: unknown) =>
        deps.log.warn({ why: messageOf(again) }, 'what became of a build could not be recorded'),
      );
    }
  }

  async function ended(job: BuildJob, { build, record, regressedFrom }: OneRebuilt): Promise<void> {
    const cause = record.outcome.state === 'not-built' ? record.outcome.cause : undefined;
    const message = record.outcome.state === 'not-built' ? record.outcome.message : undefined;
    const common = { buildId: build.id, cause, message, phase: 'done' };
    deps.log.info({ purl: build.purl, verdict: build.verdict, cause }, 'a build ended');
    if (closing && cause === 'cancelled') {
      // The gate stops: it goes on with this one when it starts.
      await jobs.change(job.id, { state: 'waiting', phase: 'waiting', attempt: job.attempt - 1 });
    } else if (cancelled.has(job.id) || cause === 'cancelled') {
      await jobs.change(job.id, { ...common, state: 'cancelled', endedAt: rfc3339(clock()) });
    } else if (cause !== undefined && job.attempt < (passing[cause] ?? 1)) {
      await again(job, cause, message ?? '');
    } else {
      const state = cause === undefined ? 'done' : 'failed';
      await jobs.change(job.id, { ...common, state, endedAt: rfc3339(clock()) });
    }
    if (regressedFrom !== undefined && job.reason !== 'regression') await rebuildFromClean(job, record);
  }

  /** Once: a build that was led astray by this machine would not come out the same again. */
  async function rebuildFromClean({ recipe }: BuildJob, { purl }: RebuildRecord): Promise<void> {
    await add({ purl, reason: 'regression', principal: gateItself, recipe });
  }

  async function failed(job: BuildJob, error: unknown): Promise<void> {
    const message = messageOf(error);
    const code = isAssayError(error) ? error.code : 'internal';
    if (cancelled.has(job.id)) {
      await jobs.change(job.id, { state: 'cancelled', phase: 'done', endedAt: rfc3339(clock()) });
    } else if (closing) {
      await jobs.change(job.id, { state: 'waiting', phase: 'waiting', attempt: job.attempt - 1 });
    } else if (/^(?:UPSTREAM|LEDGER|STORAGE|COMPARISON)_/.test(code) && job.attempt < mostAttempts) {
      await again(job, code, message);
    } else {
      deps.log.warn({ purl: job.purl, why: message }, 'a build could not be begun or recorded');
      const endedAt = rfc3339(clock());
      await jobs.change(job.id, { state: 'failed', phase: 'done', cause: code, message, endedAt });
    }
  }

  async function again(job: BuildJob, cause: string, message: string): Promise<void> {
    const pause = pausesMs[Math.min(job.attempt, pausesMs.length) - 1] ?? 0;
    const notBefore = rfc3339(new Date(clock().getTime() + pause));
    await jobs.change(job.id, { state: 'waiting', phase: 'waiting', cause, message, notBefore });
  }

  async function add(request: QueueRequest, priority = 0): Promise<BuildJob> {
    const now = rfc3339(clock());
    const { purl, reason, principal, recipe } = request;
    parsePurl(purl);
    const job = await jobs.add({
      id: deps.newId(),
      purl,
      reason,
      principal,
      priority: priorities[reason] + priority,
      state: 'waiting',
      attempt: 0,
      notBefore: now,
      recipe,
      phase: 'waiting',
      cause: undefined,
      message: undefined,
      buildId: undefined,
      createdAt: now,
      startedAt: undefined,
      endedAt: undefined,
    });
    look();
    return job;
  }

  async function cancel(id: string): Promise<boolean> {
    const job = await jobs.byId(id);
    if (job === undefined || (job.state !== 'waiting' && job.state !== 'running')) return false;
    cancelled.add(id);
    const one = running.get(id);
    if (one !== undefined) {
      one.abort.abort();
      await one.done;
    } else await jobs.change(id, { state: 'cancelled', phase: 'done', endedAt: rfc3339(clock()) });
    cancelled.delete(id);
    return true;
  }

  return {
    add,
    cancel,
    linesOf: (id, after) => logs.get(id)?.after(after) ?? [],
    close: async () => {
      closing = true;
      clearInterval(timer);
      await looking;
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
