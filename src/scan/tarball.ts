/** Members of a tarball, one after the other, in memory. Who agrees with whom about archives is asked in `archive`. */
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { gunzip, type ReadAt } from '../archive/gunzip.ts';
import { messageOf } from '../core/errors.ts';
import { bufferOf } from './byte-facts.ts';
import type { PackageFile } from './file-scan.ts';

export interface MemberLimits {
  readonly entries: number;
  readonly unpackedBytes: number;
  readonly ratio: number;
  readonly memberBytes: number;
}

export interface MemberSink {
  /** The bytes are good until it returns: what is to be kept is copied. */
  readonly file: (file: PackageFile) => void;
  readonly leftOut: (path: string, bytes: number, why: string) => void;
}

/** Throws what is wrong with the archive: a scan that did not see everything is none. */
export async function readMembers(
  read: ReadAt,
  packedBytes: number,
  limits: MemberLimits,
  sink: MemberSink,
  wanted: (path: string) => boolean = () => true,
): Promise<void> {
  let problem: string | undefined;
  let entries = 0;
  const memory = createMemory();
  const parser = new Parser({
    strict: true,
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
    onReadEntry: (entry) => {
      entries += 1;
      if (entries > limits.entries) problem ??= `more than ${limits.entries} members`;
      try {
        takeEntry(entry, { limits, sink, wanted, memory, fail: (message) => (problem ??= message) });
      } catch (error) {
        problem ??= messageOf(error);
      }
    },
  });
  parser.on('error', (error: unknown) => (problem ??= messageOf(error)));
  const unzipped = await gunzip(read, packedBytes, limits, (chunk) => {
    // Not copied: what zlib has handed out it does not write to again, and the parser keeps pieces of it.
    parser.write(bufferOf(chunk));
    return problem === undefined;
  });
  // A damaged stream ends early, which the parser then also says; the cause comes first.
  problem = unzipped.problem?.message ?? problem;
  parser.end();
  await new Promise((resolve) => setImmediate(resolve));
  if (problem !== undefined) throw new Error(`the archive could not be scanned: ${problem}`);
}

/** Members up to this size share memory, one after the other. */
const sharedBytes = 8 * 1024 * 1024;

/** Memory for one member at a time: fresh pages for each would cost more than reading it. */
function createMemory(): (size: number) => Buffer {
  let shared = Buffer.alloc(0);
  return (size) => {
    if (size > sharedBytes) return Buffer.allocUnsafeSlow(size);
    if (size > shared.length) {
      shared = Buffer.allocUnsafeSlow(Math.min(sharedBytes, Math.max(64 * 1024, 2 * size)));
    }
    return shared.subarray(0, size);
  };
}

interface Taking {
  readonly limits: MemberLimits;
  readonly sink: MemberSink;
  readonly wanted: (path: string) => boolean;
  readonly memory: (size: number) => Buffer;
  readonly fail: (message: string) => void;
}

function takeEntry(entry: ReadEntry, { limits, sink, wanted, memory, fail }: Taking): void {
  const path = entry.path.slice(entry.path.indexOf('/') + 1);
  const size = entry.size ?? 0;
  if (entry.type === 'Directory') return entry.resume();
  if (entry.type !== 'File' && entry.type !== 'OldFile') {
    sink.leftOut(path, 0, `it is a ${entry.type}`);
    return entry.resume();
  }
  if (!wanted(path)) return entry.resume();
  if (size > limits.memberBytes) {
    sink.leftOut(path, size, `over ${limits.memberBytes} bytes`);
    return entry.resume();
  }
  const bytes = memory(size);
  let filled = 0;
  entry.on('data', (chunk: Buffer) => {
    chunk.copy(bytes, filled);
    filled += chunk.length;
  });
  entry.on('end', () => {
    try {
      if (filled === size) sink.file({ path, mode: entry.mode ?? 0, bytes });
      else fail('a member is shorter than it says');
    } catch (error) {
      fail(messageOf(error));
    }
  });
}
