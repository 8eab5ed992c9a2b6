/** The thread: reads a packument into parts on disk, and renders answers from them. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { IndexView } from '../../core/index-view.ts';
import { lastModifiedOf } from '../../registries/npm/modified.ts';
import {
  encodeParts,
  manifestFrom,
  openParts,
  type PartsFile,
} from '../../registries/npm/packument-parts.ts';
import { readPackument } from '../../registries/npm/packument-read.ts';
import { renderDistTags, renderPackument, renderVersion } from '../../registries/npm/packument-render.ts';
import type { IndexJob, IndexResults, Rendered } from './index-jobs.ts';
import { answerJobs } from './thread-side.ts';

/** Rendering the same package twice in a row (abbreviated for npm, full for pnpm) should not read it twice. */
let lastOpened: { readonly path: string; readonly parts: PartsFile } | undefined;

function open(path: string): PartsFile {
  if (lastOpened?.path === path) return lastOpened.parts;
  const parts = openParts(readFileSync(path));
  lastOpened = { path, parts };
  return parts;
}

function read(job: Extract<IndexJob, { kind: 'read' }>): IndexView {
  const { size } = statSync(job.bodyPath);
  if (size > job.maxBytes) {
    throw new AssayError(
      'INDEX_INVALID',
      `the index of ${job.name} has ${size} bytes, over the limit of ${job.maxBytes}`,
    );
  }
  const raw = readFileSync(job.bodyPath);
  // The disk may lie; an index that was altered there would hide versions, or claim other digests.
  if (sha256(raw) !== job.body)
    throw new AssayError('BLOB_CORRUPT', `the stored index of ${job.name} is damaged`);
  const { view, parts } = readPackument(raw, { name: job.name, upstream: job.upstream, digest: job.body });
  // A cache that can be made again from the blob: written whole or not at all, but not fsynced.
  const temporary = `${job.partsPath}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
  try {
    writeWhole(temporary, encodeParts(parts));
    renameSync(temporary, job.partsPath);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (lastOpened?.path === job.partsPath) lastOpened = undefined;
  return view;
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  } finally {
    closeSync(file);
  }
}

function render(job: Extract<IndexJob, { kind: 'render' }>): Rendered {
  const parts = open(job.partsPath);
  const body = renderWhat(parts, job);
  if (body === undefined) return { gzip: undefined, sizeBytes: 0, lastModified: undefined };
  const gzip = gzipSync(body, { level: 4 });
  return { gzip, sizeBytes: body.length, lastModified: lastModifiedOf(parts, job.plan) };
}

function renderWhat(parts: PartsFile, job: Extract<IndexJob, { kind: 'render' }>): Uint8Array | undefined {
  switch (job.what.kind) {
    case 'full':
    case 'abbreviated':
      return renderPackument(parts, job.plan, job.what.kind, job.base);
    case 'version':
      return renderVersion(parts, job.plan, job.what.selector, job.base);
    case 'dist-tags':
      return renderDistTags(parts, job.plan);
    default:
      return job.what satisfies never;
  }
}

function run(job: IndexJob): IndexResults[keyof IndexResults] {
  switch (job.kind) {
    case 'read':
      return read(job);
    case 'manifest':
      return manifestFrom(open(job.partsPath), job.version);
    case 'render':
      return render(job);
    default:
      return job satisfies never;
  }
}

answerJobs('INDEX_READER_FAILED', (job) => run(job as IndexJob));
