/** The main thread's side: a few worker threads, a bounded queue, and a dead thread replaced. */
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BlobStore, IndexReader } from '../../admission/deps.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import type { IndexView } from '../../core/index-view.ts';
import type { JsonObject } from '../../core/json.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { RenderPlan } from '../../registries/npm/packument-render.ts';
import type { IndexJob, IndexResults, JobMessage, JobReply, Rendered, RenderWhat } from './index-jobs.ts';

export interface IndexPoolOptions {
  /** Parts files are kept here; a cache. */
  readonly directory: string;
  readonly blobs: Pick<BlobStore, 'path'>;
  readonly threads: number;
  readonly maxIndexBytes: number;
}

export interface IndexPool extends IndexReader {
  readonly render: (index: IndexRef, plan: RenderPlan, what: RenderWhat, base: string) => Promise<Rendered>;
  readonly close: () => Promise<void>;
}

export interface IndexRef {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly body: Sha256;
}

/** Waiting jobs beyond this are refused: a gate that cannot keep up says so instead of eating memory. */
const queueAtMost = 5000;
/** A thread that holds a parsed 100 MB packument needs room for it; over this it ends, and the gate does not. */
const threadHeapMb = 1536;
/** Twenty 8 MB indexes at once: 80 MB less than with the default, for 8 % more CPU. */
const youngHeapMb = 8;
/** A thread keeps the heap that its largest index needed; one that idles this long is ended, and the memory is back. */
const idleMs = 15_000;

export function createIndexPool(options: IndexPoolOptions): IndexPool {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const threads = createThreads(options.threads);

  async function read(upstream: UpstreamId, name: string, body: Sha256): Promise<IndexView> {
    const bodyPath = await options.blobs.path(body);
    if (bodyPath === undefined) throw new AssayError('BLOB_MISSING', `the stored index of ${name} is gone`);
    const partsPath = pathOf({ upstream, name, body });
    mkdirSync(dirname(partsPath), { recursive: true, mode: 0o700 });
    const { maxIndexBytes: maxBytes } = options;
    const view = await threads.run({ kind: 'read', upstream, name, body, bodyPath, partsPath, maxBytes });
    await removeOlder(partsPath);
    return view;
  }

  function pathOf({ upstream, name, body }: IndexRef): string {
    const key = sha256(`${upstream}\n${name}`);
    return join(options.directory, key.slice(0, 2), key.slice(2), `${body}.parts`);
  }

  /** Parts are a cache: where they are gone, they are made again from the blob, once. */
  async function withParts<T>(index: IndexRef, work: (partsPath: string) => Promise<T>): Promise<T> {
    const partsPath = pathOf(index);
    try {
      return await work(partsPath);
    } catch (error) {
      if (!isAssayError(error, 'INDEX_READER_FAILED') && !isAssayError(error, 'INDEX_PARTS_CORRUPT'))
        throw error;
      await read(index.upstream, index.name, index.body);
      return work(partsPath);
    }
  }

  async function manifest(
    upstream: UpstreamId,
    name: string,
    body: Sha256,
    version: string,
  ): Promise<JsonObject> {
    const found = await withParts({ upstream, name, body }, (partsPath) =>
      threads.run({ kind: 'manifest', partsPath, version }),
    );
    if (found === undefined)
      throw new AssayError('INDEX_VERSION_ABSENT', `${name} has no version ${version} in its index`);
    return found;
  }

  return {
    read,
    manifest,
    render: (index, plan, what, base) =>
      withParts(index, (partsPath) => threads.run({ kind: 'render', partsPath, plan, what, base })),
    close: threads.close,
  };
}

async function removeOlder(partsPath: string): Promise<void> {
  const directory = dirname(partsPath);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (path !== partsPath && name.endsWith('.parts')) await rm(path, { force: true });
  }
}

interface Waiting {
  readonly job: IndexJob;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Threads {
  readonly run: <J extends IndexJob>(job: J) => Promise<IndexResults[J['kind']]>;
  readonly close: () => Promise<void>;
}

function createThreads(count: number): Threads {
  const queue: Waiting[] = [];
  const idle: Worker[] = [];
  const retirements = new Map<Worker, NodeJS.Timeout>();
  const busy = new Map<Worker, Waiting>();
  let closed = false;
  let lastId = 0;

  function start(): Worker {
    const worker = new Worker(new URL('./index-worker.ts', import.meta.url), {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: threadHeapMb, maxYoungGenerationSizeMb: youngHeapMb },
    });
    worker.unref();
    worker.on('message', (reply: JobReply) => finish(worker, reply));
    worker.on('error', (error) => fail(worker, messageOf(error)));
    worker.on('exit', () => fail(worker, 'the thread ended'));
    return worker;
  }

  function finish(worker: Worker, reply: JobReply): void {
    const waiting = busy.get(worker);
    busy.delete(worker);
    idle.push(worker);
    retirements.set(worker, setTimeout(() => retire(worker), idleMs).unref());
    if (reply.ok) waiting?.resolve(reply.value as never);
    else waiting?.reject(new AssayError(reply.code as ErrorCode, reply.message));
    next();
  }

  /** Its `exit` takes it off the list. */
  function retire(worker: Worker): void {
    if (!idle.includes(worker)) return;
    idle.splice(idle.indexOf(worker), 1);
    void worker.terminate();
  }

  function fail(worker: Worker, why: string): void {
    const waiting = busy.get(worker);
    busy.delete(worker);
    const at = idle.indexOf(worker);
    if (at >= 0) idle.splice(at, 1);
    waiting?.reject(new AssayError('INDEX_READER_FAILED', `reading an index failed: ${why}`));
    next();
  }

  function next(): void {
    if (closed) return;
    while (queue.length > 0) {
      const worker = idle.pop() ?? (busy.size < count ? start() : undefined);
      const waiting = worker === undefined ? undefined : queue.shift();
      if (worker === undefined || waiting === undefined) return;
      clearTimeout(retirements.get(worker));
      retirements.delete(worker);
      busy.set(worker, waiting);
      lastId += 1;
      const message: JobMessage = { id: lastId, job: waiting.job };
      worker.postMessage(message);
    }
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed || queue.length >= queueAtMost) {
          reject(
            new AssayError('GATE_BUSY', 'too many indexes are waiting to be read', { retryAfterSeconds: 5 }),
          );
          return;
        }
        queue.push({ job, resolve, reject });
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
