/** The archive reader that admission uses: readings made in child processes. Start reading this room here. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ArchiveLimits, ArchiveReading } from '../core/archive-reading.ts';
import { AssayError } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { createRunner, type ChildDeath } from './runner.ts';
import { receiveReading, type ReadJob } from './wire.ts';

export interface ArchiveReaderOptions {
  readonly limits: ArchiveLimits;
  /** Most children at a time; they start when first needed. */
  readonly children: number;
  /** The pinned Node. */
  readonly nodePath: string;
  /** Directories that hold the archives. */
  readonly readable: readonly string[];
  /** A child died or had to be stopped: an alarm, for what it was reading. */
  readonly onDeath?: (info: ReaderDeath) => void;
}

export interface ReaderDeath {
  readonly reason: ChildDeath['reason'];
  /** Undefined when it was reading nothing. */
  readonly blobPath: string | undefined;
  readonly message: string;
}

/** Implements admission's ArchiveReader. */
export interface PooledArchiveReader {
  /** Throws ARCHIVE_READER_FAILED when the child died or met its limits, ARCHIVE_READER_BUSY when too many wait. */
  readonly read: (blobPath: string, packedBytes: number) => Promise<ArchiveReading>;
  readonly close: () => Promise<void>;
}

/** Bytes of one answer for each member that the limits allow, and for the rest. */
const answerBytesPerEntry = 1500;
const answerBytesBesides = 4 * 1024 * 1024;

export function createArchiveReader(options: ArchiveReaderOptions): PooledArchiveReader {
  const { limits, onDeath } = options;
  const { cpuSeconds, wallMs, residentBytes, entries } = limits;
  const runner = createRunner({
    nodePath: options.nodePath,
    entry: fileURLToPath(new URL('child.ts', import.meta.url)),
    readable: [...options.readable, ...ownFiles()].flatMap(withTarget),
    children: options.children,
    limits: {
      cpuSeconds,
      wallMs,
      residentBytes,
      answerBytes: answerBytesBesides + entries * answerBytesPerEntry,
    },
    ...(onDeath === undefined ? {} : { onDeath: (death: ChildDeath) => onDeath(readerDeath(death)) }),
  });
  return {
    read: async (path, packedBytes) => {
      const receiver = receiveReading(limits);
      const job: ReadJob = { path, packedBytes, limits };
      const end = await runner.run(job as unknown as JsonObject, receiver.part);
      return received(() => receiver.end(end));
    },
    close: runner.close,
  };
}

function received(end: () => ArchiveReading): ArchiveReading {
  try {
    return end();
  } catch (cause) {
    throw new AssayError('ARCHIVE_READER_FAILED', 'the archive reader sent an answer of another form', {
      cause,
    });
  }
}

/** What the child itself is made of. */
function ownFiles(): readonly string[] {
  return ['../core/', './', '../../node_modules/', '../../package.json'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
}

/** A child may read what it was named only by real paths, where a folder above is a link. */
function withTarget(path: string): readonly string[] {
  if (!existsSync(path)) return [path];
  const real = realpathSync(path);
  return [path, path.endsWith('/') ? `${real}/` : real];
}

function readerDeath({ reason, job, message }: ChildDeath): ReaderDeath {
  const path: Json | undefined = job?.['path'];
  return { reason, blobPath: typeof path === 'string' ? path : undefined, message };
}
