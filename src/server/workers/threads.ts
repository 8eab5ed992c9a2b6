/** A few worker threads of one kind: a bounded queue, one job a thread, and a dead or hanging thread replaced. */
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { JobMessage, ThreadMessage } from './thread-side.ts';

export interface ThreadsOptions {
  /** Calls `answerJobs`. */
  readonly script: URL;
  readonly count: number;
  /** Over this a thread ends, and the gate does not. */
  readonly heapMb: number;
  readonly youngHeapMb: number;
  /** What a job is rejected with when its thread died or hung. */
  readonly failure: { readonly code: ErrorCode; readonly message: string };
  /** What is said when too many jobs wait. */
  readonly busy: string;
  /** A job that takes longer is given up, and its thread ended; undefined: never. */
  readonly hangMs?: number;
}

export interface Threads {
  /** Rejects with the job's own error, `failure`, or GATE_BUSY. `job` is cloned. */
  readonly run: (job: unknown) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

interface Waiting {
  readonly id: number;
  readonly job: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Waiting jobs beyond this are refused: a gate that cannot keep up says so instead of eating memory. */
const queueAtMost = 5000;
/** A thread keeps the heap that its largest job needed; one that idles this long is ended, and the memory is back. */
const idleMs = 15_000;
/** Reading its program takes a thread a while on a busy machine: that is no hang of the job. */
const startMs = 60_000;

export function createThreads(options: ThreadsOptions): Threads {
  const queue: Waiting[] = [];
  const idle: Worker[] = [];
  const ready = new WeakSet<Worker>();
  /** An idle thread's retirement, or a busy one's last moment. */
  const timers = new Map<Worker, NodeJS.Timeout>();
  const busy = new Map<Worker, Waiting>();
  let closed = false;
  let lastId = 0;

  function start(): Worker {
    const worker = new Worker(options.script, {
      env: {},
      resourceLimits: {
        maxOldGenerationSizeMb: options.heapMb,
        maxYoungGenerationSizeMb: options.youngHeapMb,
      },
    });
    worker.unref();
    worker.on('message', (message: ThreadMessage) => hear(worker, message));
    worker.on('error', (error) => fail(worker, messageOf(error)));
    worker.on('exit', () => fail(worker, 'the thread ended'));
    return worker;
  }

  function hear(worker: Worker, message: ThreadMessage): void {
    if (message.kind === 'ready') {
      ready.add(worker);
      if (busy.has(worker)) watch(worker);
      return;
    }
    const waiting = busy.get(worker);
    // Of a job that was given up meanwhile.
    if (waiting?.id !== message.id) return;
    busy.delete(worker);
    idle.push(worker);
    setTimer(worker, idleMs, () => retire(worker));
    if (message.kind === 'done') waiting.resolve(message.value);
    else waiting.reject(new AssayError(message.code as ErrorCode, message.message));
    next();
  }

  function setTimer(worker: Worker, ms: number, then: () => void): void {
    clearTimeout(timers.get(worker));
    timers.set(worker, setTimeout(then, ms).unref());
  }

  function watch(worker: Worker): void {
    clearTimeout(timers.get(worker));
    if (options.hangMs === undefined) return;
    const ms = ready.has(worker) ? options.hangMs : startMs;
    setTimer(worker, ms, () => fail(worker, `it took longer than ${ms / 1000} seconds`));
  }

  function retire(worker: Worker): void {
    if (idle.includes(worker)) fail(worker, 'it was idle');
  }

  function fail(worker: Worker, why: string): void {
    const waiting = busy.get(worker);
    busy.delete(worker);
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    clearTimeout(timers.get(worker));
    timers.delete(worker);
    void worker.terminate();
    const { code, message } = options.failure;
    waiting?.reject(new AssayError(code, `${message}: ${why}`));
    next();
  }

  function next(): void {
    if (closed) return;
    while (queue.length > 0) {
      const worker = idle.pop() ?? (busy.size < options.count ? start() : undefined);
      const waiting = worker === undefined ? undefined : queue.shift();
      if (worker === undefined || waiting === undefined) return;
      busy.set(worker, waiting);
      watch(worker);
      const message: JobMessage = { id: waiting.id, job: waiting.job };
      try {
        worker.postMessage(message);
      } catch (error) {
        fail(worker, messageOf(error));
      }
    }
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed || queue.length >= queueAtMost) {
          reject(new AssayError('GATE_BUSY', options.busy, { retryAfterSeconds: 5 }));
          return;
        }
        lastId += 1;
        queue.push({ id: lastId, job, resolve, reject });
        next();
      }),
    close: async () => {
      closed = true;
      for (const waiting of queue.splice(0))
        waiting.reject(new AssayError('GATE_BUSY', 'the gate is stopping'));
      await Promise.all([...idle, ...busy.keys()].map((worker) => worker.terminate()));
    },
  };
}
