/**
 * Compares two archives in a child process of its own: no byte of either is parsed here, and the child is gone when it
 * has answered, so that a package which took it over can lie about itself alone.
 */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultArchiveLimits } from '../../archive/limits.ts';
import { createRunner, type ChildDeath } from '../../archive/runner.ts';
import type { ArchiveLimits } from '../../core/archive-reading.ts';
import type { BuildFacts } from '../../core/comparison-input.ts';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Comparison } from '../../core/rebuild.ts';
import { receiveComparison, type ComparedFile, type ComparisonJob } from './comparison-wire.ts';

export interface ComparerOptions {
  /** The pinned Node. */
  readonly nodePath: string;
  /** Directories that hold the archives. */
  readonly readable: readonly string[];
  /** Most children at a time; they start when needed. */
  readonly children: number;
  readonly limits?: ArchiveLimits;
  readonly onDeath?: (info: { readonly reason: ChildDeath['reason']; readonly message: string }) => void;
}

export interface NamedFile extends ComparedFile {
  /** Of its bytes, as they were stored. */
  readonly sha256: Sha256;
}

export interface Comparer {
  /** Throws COMPARISON_FAILED when the child died, met its limits or read other bytes, COMPARISON_BUSY when too many wait. */
  readonly compare: (
    ecosystem: ComparisonJob['ecosystem'],
    upstream: NamedFile,
    rebuilt: NamedFile,
    facts: BuildFacts,
  ) => Promise<Comparison>;
  readonly close: () => Promise<void>;
}

const MiB = 1024 * 1024;

/** Both sides are held in memory. */
export const defaultComparisonLimits: ArchiveLimits = {
  ...defaultArchiveLimits,
  unpackedBytes: 256 * MiB,
  cpuSeconds: 120,
  wallMs: 240_000,
  residentBytes: 2048 * MiB,
};

/** What a comparison shows at most, as JSON, and its paths. */
const answerBytes = 32 * MiB;

export function createComparer(options: ComparerOptions): Comparer {
  const { onDeath, limits = defaultComparisonLimits } = options;
  const { cpuSeconds, wallMs, residentBytes } = limits;
  const runner = createRunner({
    nodePath: options.nodePath,
    entry: fileURLToPath(new URL('comparison-child.ts', import.meta.url)),
    readable: [...options.readable, ...ownFiles()].flatMap(withTarget),
    children: options.children,
    jobsPerChild: 1,
    limits: { cpuSeconds, wallMs, residentBytes, answerBytes },
    errors: { failed: 'COMPARISON_FAILED', busy: 'COMPARISON_BUSY', what: 'the comparison' },
    ...(onDeath === undefined
      ? {}
      : { onDeath: ({ reason, message }: ChildDeath) => onDeath({ reason, message }) }),
  });
  return {
    compare: async (ecosystem, upstream, rebuilt, facts) => {
      const receiver = receiveComparison();
      const job: ComparisonJob = {
        ecosystem,
        upstream: comparedFile(upstream),
        rebuilt: comparedFile(rebuilt),
        facts,
        limits,
      };
      const end = await runner.run(job as unknown as JsonObject, receiver.part);
      return received(() => receiver.end(end), upstream.sha256, rebuilt.sha256);
    },
    close: runner.close,
  };
}

function comparedFile({ path, sizeBytes, inflatedFrom }: NamedFile): ComparedFile {
  return { path, sizeBytes, ...(inflatedFrom === undefined ? {} : { inflatedFrom }) };
}

function received(end: () => Comparison, upstream: Sha256, rebuilt: Sha256): Comparison {
  let comparison: Comparison;
  try {
    comparison = end();
  } catch (cause) {
    const message = `the comparison came in another form: ${messageOf(cause).slice(0, 200)}`;
    throw new AssayError('COMPARISON_FAILED', message, { cause });
  }
  if (comparison.upstream === upstream && comparison.rebuilt === rebuilt) return comparison;
  throw new AssayError('COMPARISON_FAILED', 'other bytes were compared than those that are stored');
}

/** What the child itself is made of. */
function ownFiles(): readonly string[] {
  return [
    '../../core/',
    '../../archive/',
    '../../scan/',
    '../../rebuild/',
    '../',
    '../../../node_modules/',
    '../../../package.json',
  ].map((path) => fileURLToPath(new URL(path, import.meta.url)));
}

/** A child may read what it was named only by real paths, where a folder above is a link. */
function withTarget(path: string): readonly string[] {
  if (!existsSync(path)) return [path];
  const real = realpathSync(path);
  return [path, path.endsWith('/') ? `${real}/` : real];
}
