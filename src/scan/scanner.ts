/** The scanner that admission and the command line use: reports made in child processes. Start reading this room here. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRunner, type ChildDeath } from '../archive/runner.ts';
import { AssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ScanReport } from '../core/scan-report.ts';
import type { ScanHints } from './package-scan.ts';
import type { MemberLimits } from './tarball.ts';
import { receiveReport, type ScanJob } from './wire.ts';

export interface ScanLimits extends MemberLimits {
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly residentBytes: number;
}

export interface ScannerOptions {
  /** The pinned Node. */
  readonly nodePath: string;
  /** Directories that hold what is scanned. */
  readonly readable: readonly string[];
  readonly limits: ScanLimits;
  /** Most children at a time; they start when first needed. */
  readonly children: number;
  readonly onDeath?: (info: ScannerDeath) => void;
}

export interface ScannerDeath {
  readonly reason: ChildDeath['reason'];
  /** Undefined when it was scanning nothing. */
  readonly path: string | undefined;
  readonly message: string;
}

export interface Scanner {
  /**
   * Throws SCAN_FAILED when the child died, met its limits or could not read the archive, SCAN_BUSY when too many wait.
   * Without hints the child reads the package.json itself.
   */
  readonly scan: (blobPath: string, packedBytes: number, hints?: ScanHints) => Promise<ScanReport>;
  /** A folder, without its `node_modules`. */
  readonly scanFolder: (path: string, hints?: ScanHints) => Promise<ScanReport>;
  readonly close: () => Promise<void>;
}

const MiB = 1024 * 1024;

/** Those of the archive reader where they mean the same: what it accepted is scanned. */
export const defaultScanLimits: ScanLimits = {
  entries: 100_000,
  unpackedBytes: 1024 * MiB,
  ratio: 200,
  memberBytes: 192 * MiB,
  cpuSeconds: 120,
  wallMs: 240_000,
  residentBytes: 1024 * MiB,
};

/** 500 findings of at most some 1,400 characters, and the rest. */
const answerBytes = 16 * MiB;

export function createScanner(options: ScannerOptions): Scanner {
  const { limits, onDeath } = options;
  const { cpuSeconds, wallMs, residentBytes, entries, unpackedBytes, ratio, memberBytes } = limits;
  const runner = createRunner({
    nodePath: options.nodePath,
    entry: fileURLToPath(new URL('child.ts', import.meta.url)),
    readable: [...options.readable, ...ownFiles()].flatMap(withTarget),
    children: options.children,
    limits: { cpuSeconds, wallMs, residentBytes, answerBytes },
    addons: true,
    // The parser's allocator would reserve 1 GiB at its second large file, which the kernel counts as used at once: the
    // limit on data then ended children at some later file, with most of it free.
    environment: { MIMALLOC_ARENA_EAGER_COMMIT: '0' },
    errors: { failed: 'SCAN_FAILED', busy: 'SCAN_BUSY', what: 'the scanner' },
    ...(onDeath === undefined ? {} : { onDeath: (death: ChildDeath) => onDeath(scannerDeath(death)) }),
  });
  const run = async (job: Omit<ScanJob, 'limits'>): Promise<ScanReport> => {
    const receiver = receiveReport();
    const whole: ScanJob = { ...job, limits: { entries, unpackedBytes, ratio, memberBytes } };
    const end = await runner.run(whole as unknown as JsonObject, receiver.part);
    try {
      return receiver.end(end);
    } catch (cause) {
      throw new AssayError('SCAN_FAILED', 'the scanner sent a report of another form', { cause });
    }
  };
  return {
    scan: (path, packedBytes, hints) =>
      run({ kind: 'tarball', path, packedBytes, ...(hints === undefined ? {} : { hints }) }),
    scanFolder: (path, hints) =>
      run({ kind: 'folder', path, packedBytes: 0, ...(hints === undefined ? {} : { hints }) }),
    close: runner.close,
  };
}

/** What the child itself is made of. */
function ownFiles(): readonly string[] {
  return ['../core/', '../archive/', '../licences/', './', '../../node_modules/', '../../package.json'].map(
    (path) => fileURLToPath(new URL(path, import.meta.url)),
  );
}

/** A child may read what it was named only by real paths, where a folder above is a link. */
function withTarget(path: string): readonly string[] {
  if (!existsSync(path)) return [path];
  const real = realpathSync(path);
  return [path, path.endsWith('/') ? `${real}/` : real];
}

function scannerDeath({ reason, job, message }: ChildDeath): ScannerDeath {
  const path = job?.['path'];
  return { reason, path: typeof path === 'string' ? path : undefined, message };
}
