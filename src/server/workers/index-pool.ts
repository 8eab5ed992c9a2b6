/** The main thread's side of reading and rendering indexes. */
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore, IndexReader } from '../../admission/deps.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import type { IndexView } from '../../core/index-view.ts';
import type { JsonObject } from '../../core/json.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { RenderPlan } from '../../registries/npm/packument-render.ts';
import type { IndexJob, IndexResults, Rendered, RenderWhat } from './index-jobs.ts';
import { createThreads } from './threads.ts';

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

/** A thread that holds a parsed 100 MB packument needs room for it; over this it ends, and the gate does not. */
const threadHeapMb = 1536;
/** Twenty 8 MB indexes at once: 80 MB less than with the default, for 8 % more CPU. */
const youngHeapMb = 8;
export function createIndexPool(options: IndexPoolOptions): IndexPool {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const threads = createThreads({
    script: new URL('./index-worker.ts', import.meta.url),
    count: options.threads,
    heapMb: threadHeapMb,
    youngHeapMb,
    failure: { code: 'INDEX_READER_FAILED', message: 'reading an index failed' },
    busy: 'too many indexes are waiting to be read',
  });
  const run = <J extends IndexJob>(job: J): Promise<IndexResults[J['kind']]> =>
    threads.run(job) as Promise<IndexResults[J['kind']]>;

  async function read(upstream: UpstreamId, name: string, body: Sha256): Promise<IndexView> {
    const bodyPath = await options.blobs.path(body);
    if (bodyPath === undefined) throw new AssayError('BLOB_MISSING', `the stored index of ${name} is gone`);
    const partsPath = pathOf({ upstream, name, body });
    mkdirSync(dirname(partsPath), { recursive: true, mode: 0o700 });
    const { maxIndexBytes: maxBytes } = options;
    const view = await run({ kind: 'read', upstream, name, body, bodyPath, partsPath, maxBytes });
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
      run({ kind: 'manifest', partsPath, version }),
    );
    if (found === undefined)
      throw new AssayError('INDEX_VERSION_ABSENT', `${name} has no version ${version} in its index`);
    return found;
  }

  return {
    read,
    manifest,
    render: (index, plan, what, base) =>
      withParts(index, (partsPath) => run({ kind: 'render', partsPath, plan, what, base })),
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
