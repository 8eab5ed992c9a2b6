/**
 * The runner of untrusted parsers: a small pool of child processes, one job at a time in each. A child that dies, hangs
 * or grows takes only its own job with it (ARCHIVE_READER_FAILED); the pool goes on with a new one.
 *
 * Protocol, one JSON object a line: to the child `{id, job}`; from it any number of `{id, part}`, then `{id, end}` or
 * `{id, fail}`. A child ends itself when its stdin ends, that is, when this process dies.
 */
import type { ErrorCode } from '../core/error-codes.ts';
import { AssayError } from '../core/errors.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../core/json.ts';
import { startChild, type ChildExit, type ChildHandle } from './runner-process.ts';
import { usageOf } from './runner-watch.ts';

export interface RunnerLimits {
  /** CPU one job may use; checked by a watchdog, and bounded for the process by the kernel. */
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly residentBytes: number;
  /** All lines of one answer. */
  readonly answerBytes: number;
}

export interface RunnerOptions {
  readonly nodePath: string;
  /** The script each child runs: it must call `serveJobs`. */
  readonly entry: string;
  /** Directories and files the children may read. */
  readonly readable: readonly string[];
  readonly children: number;
  readonly limits: RunnerLimits;
  /** Jobs that may wait (default 10,000). */
  readonly queue?: number;
  /** Jobs after which a child is replaced (default 200). */
  readonly jobsPerChild?: number;
  /** The children load native addons: a parser that has one. They could then leave Node's permission model. */
  readonly addons?: boolean;
  /** All that their environment holds (default: nothing). */
  readonly environment?: Readonly<Record<string, string>>;
  /** What its failures are called (default: those of the archive reader). */
  readonly errors?: RunnerErrors;
  readonly onDeath?: (death: ChildDeath) => void;
}

export interface RunnerErrors {
  readonly failed: ErrorCode;
  readonly busy: ErrorCode;
  /** Who failed, in messages: `the archive reader`. */
  readonly what: string;
}

export interface ChildDeath {
  readonly reason: 'died' | 'memory' | 'cpu' | 'wall' | 'protocol';
  /** The job it was on; undefined when it was idle. */
  readonly job: JsonObject | undefined;
  readonly message: string;
}

export interface Runner {
  /** Parts are handed over as they come. Throws the options' `errors` (ARCHIVE_READER_FAILED, ARCHIVE_READER_BUSY); what `onPart` throws fails the job too. */
  readonly run: (job: JsonObject, onPart: (part: Json) => void) => Promise<Json>;
  /** Fails what waits and ends all children. */
  readonly close: () => Promise<void>;
}

interface Task {
  readonly job: JsonObject;
  readonly onPart: (part: Json) => void;
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: unknown) => void;
}

interface Worker {
  handle: ChildHandle;
  task: Task | undefined;
  /** Why we killed it; undefined when it dies by itself. */
  verdict: { readonly reason: ChildDeath['reason']; readonly message: string } | undefined;
  retired: boolean;
  jobs: number;
  answerBytes: number;
  /** CPU used before the running job, in seconds; undefined until first measured. */
  cpuBefore: number | undefined;
  timers: readonly NodeJS.Timeout[];
  readonly gone: Promise<void>;
}

interface Pool {
  readonly options: RunnerOptions;
  readonly workers: Set<Worker>;
  readonly waiting: Task[];
  closed: boolean;
}

const watchMs = 100;
const lineBytes = 1024 * 1024;
/** CPU seconds after which a child is replaced between jobs: the kernel's limit counts its whole life. */
const recycleCpuSeconds = 60;

export function createRunner(options: RunnerOptions): Runner {
  const pool: Pool = { options, workers: new Set(), waiting: [], closed: false };
  return {
    run: (job, onPart) =>
      new Promise((resolve, reject) => {
        if (pool.closed) return reject(failed(pool, 'the runner is closed'));
        if (pool.waiting.length >= (options.queue ?? 10_000)) {
          return reject(
            new AssayError(errorsOf(pool).busy, `too many archives wait for ${errorsOf(pool).what}`, {
              retryAfterSeconds: 5,
            }),
          );
        }
        pool.waiting.push({ job, onPart, resolve, reject });
        dispatch(pool);
      }),
    close: async () => {
      pool.closed = true;
      for (const task of pool.waiting.splice(0)) task.reject(failed(pool, 'the runner is closed'));
      const workers = [...pool.workers];
      for (const worker of workers) retire(worker);
      await Promise.all(workers.map((worker) => worker.gone));
    },
  };
}

const archiveErrors: RunnerErrors = {
  failed: 'ARCHIVE_READER_FAILED',
  busy: 'ARCHIVE_READER_BUSY',
  what: 'the archive reader',
};

function errorsOf({ options }: Pool): RunnerErrors {
  return options.errors ?? archiveErrors;
}

function failed(pool: Pool, message: string): AssayError {
  return new AssayError(errorsOf(pool).failed, message);
}

function dispatch(pool: Pool): void {
  while (pool.waiting.length > 0 && !pool.closed) {
    const idle = [...pool.workers].find((worker) => worker.task === undefined && !worker.retired);
    const alive = [...pool.workers].filter((worker) => !worker.retired).length;
    const worker = idle ?? (alive < pool.options.children ? hire(pool) : undefined);
    const task = worker === undefined ? undefined : pool.waiting.shift();
    if (worker === undefined || task === undefined) return;
    assign(pool, worker, task);
  }
}

function hire(pool: Pool): Worker {
  const { nodePath, entry, readable, limits } = pool.options;
  const cpuSeconds = recycleCpuSeconds + 2 * limits.cpuSeconds;
  const gone = Promise.withResolvers<void>();
  const addons = pool.options.addons === true;
  const options = {
    nodePath,
    entry,
    readable,
    addons,
    environment: pool.options.environment ?? {},
    cpuSeconds,
    residentBytes: limits.residentBytes,
    lineBytes,
  };
  const handle = startChild(options, {
    line: (text) => takeLine(pool, worker, text),
    overflow: () => condemn(worker, 'protocol', 'it sent a line that is too long'),
    exit: (exit) => {
      bury(pool, worker, exit);
      gone.resolve();
    },
  });
  const worker: Worker = {
    handle,
    task: undefined,
    verdict: undefined,
    retired: false,
    jobs: 0,
    answerBytes: 0,
    cpuBefore: undefined,
    timers: [],
    gone: gone.promise,
  };
  pool.workers.add(worker);
  return worker;
}

function assign(pool: Pool, worker: Worker, task: Task): void {
  const { limits } = pool.options;
  worker.task = task;
  worker.jobs += 1;
  worker.answerBytes = 0;
  const wall = setTimeout(
    () => condemn(worker, 'wall', `it took longer than ${limits.wallMs} ms`),
    limits.wallMs,
  );
  const watch = setInterval(() => void inspect(worker, task, limits), watchMs);
  worker.timers = [wall, watch];
  worker.handle.send(JSON.stringify({ id: worker.jobs, job: task.job }));
}

async function inspect(worker: Worker, task: Task, limits: RunnerLimits): Promise<void> {
  const usage = worker.handle.pid === undefined ? undefined : await usageOf(worker.handle.pid);
  if (usage === undefined || worker.task !== task) return;
  worker.cpuBefore ??= usage.cpuSeconds;
  if (usage.residentBytes > limits.residentBytes) {
    condemn(worker, 'memory', `it used more than ${limits.residentBytes} bytes of memory`);
  } else if (usage.cpuSeconds - worker.cpuBefore > limits.cpuSeconds) {
    condemn(worker, 'cpu', `it used more than ${limits.cpuSeconds} s of CPU time`);
  }
}

function condemn(worker: Worker, reason: ChildDeath['reason'], message: string): void {
  worker.verdict ??= { reason, message };
  retire(worker);
}

function retire(worker: Worker): void {
  worker.retired = true;
  worker.handle.kill();
}

/** The child is not trusted: whatever is not the protocol, or not about the running job, ends it. */
function takeLine(pool: Pool, worker: Worker, text: string): void {
  const { task } = worker;
  if (worker.retired || task === undefined)
    return condemn(worker, 'protocol', 'it spoke without being asked');
  worker.answerBytes += text.length;
  if (worker.answerBytes > pool.options.limits.answerBytes) {
    return condemn(worker, 'protocol', 'its answer is too long');
  }
  const message = parsed(text);
  if (message === undefined || own(message, 'id') !== worker.jobs) {
    return condemn(worker, 'protocol', 'it sent what is not an answer');
  }
  const fail = ownString(message, 'fail');
  const part = own(message, 'part');
  const end = own(message, 'end');
  try {
    if (part !== undefined) task.onPart(part);
    else if (fail !== undefined)
      finish(pool, worker, () => task.reject(failed(pool, fail.slice(0, 500))), message);
    else if (end !== undefined) finish(pool, worker, () => task.resolve(end), message);
    else condemn(worker, 'protocol', 'it sent an empty answer');
  } catch {
    condemn(worker, 'protocol', 'it sent an answer of another form');
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function finish(pool: Pool, worker: Worker, settle: () => void, message: JsonObject): void {
  release(worker);
  const cpu = own(message, 'cpuSeconds');
  worker.cpuBefore = typeof cpu === 'number' ? cpu : worker.cpuBefore;
  const worn =
    worker.jobs >= (pool.options.jobsPerChild ?? 200) || (worker.cpuBefore ?? 0) > recycleCpuSeconds;
  if (worn) retire(worker);
  settle();
  dispatch(pool);
}

function release(worker: Worker): void {
  worker.task = undefined;
  for (const timer of worker.timers) clearTimeout(timer);
  worker.timers = [];
}

function bury(pool: Pool, worker: Worker, exit: ChildExit): void {
  const { task, verdict } = worker;
  const expected = worker.retired && verdict === undefined && task === undefined;
  pool.workers.delete(worker);
  worker.retired = true;
  release(worker);
  const closing = worker.retired && pool.closed;
  const message = verdict?.message ?? (closing ? 'the runner was closed' : describeExit(exit));
  if (!expected && !closing) {
    pool.options.onDeath?.({ reason: verdict?.reason ?? 'died', job: task?.job, message });
  }
  task?.reject(failed(pool, `${errorsOf(pool).what} was stopped: ${message}`));
  dispatch(pool);
}

function describeExit({ code, signal, stderr }: ChildExit): string {
  const how = signal === null ? `it ended with code ${code}` : `it ended by ${signal}`;
  // V8's last words fill screens: the line that says something is short.
  const said =
    /FATAL ERROR[^\n]{0,300}/.exec(stderr)?.[0] ??
    /(?:Error|error)[^\n]{0,300}/.exec(stderr)?.[0] ??
    stderr.slice(0, 300);
  return said === '' ? how : `${how}: ${said}`;
}
