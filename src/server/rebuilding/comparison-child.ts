/** Entry of a comparing child: two archives a job, the comparison in pieces. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ReadAt } from '../../archive/gunzip.ts';
import { serveJobs } from '../../archive/serve-jobs.ts';
import type { ArchiveLimits } from '../../core/archive-reading.ts';
import type { ComparedArchive, ComparisonRules } from '../../core/comparison-input.ts';
import { compare } from '../../rebuild/compare/compare.ts';
import { npmRules } from '../../rebuild/compare/npm/rules.ts';
import { readPlainDeb } from '../../rebuild/debian/deb.ts';
import { debianRules } from '../../rebuild/debian/rules.ts';
import { sendComparison, type ComparedFile, type ComparisonJob } from './comparison-wire.ts';
import { readForComparison } from './read-for-comparison.ts';

interface Ecosystem {
  readonly rules: (upstream: ComparedArchive, rebuilt: ComparedArchive) => ComparisonRules;
  readonly read: (read: ReadAt, file: ComparedFile, limits: ArchiveLimits) => Promise<ComparedArchive>;
}

const ecosystems: Readonly<Record<ComparisonJob['ecosystem'], Ecosystem>> = {
  npm: {
    rules: () => npmRules,
    read: (read, { sizeBytes }, limits) => readForComparison(read, sizeBytes, limits),
  },
  debian: { rules: debianRules, read: readDeb },
};

/** Its compression was taken off already. Throws when it is larger than what is read. */
function readDeb(
  read: ReadAt,
  { sizeBytes, inflatedFrom }: ComparedFile,
  limits: ArchiveLimits,
): Promise<ComparedArchive> {
  if (inflatedFrom === undefined || sizeBytes > limits.unpackedBytes)
    throw new Error(`a package of ${sizeBytes} bytes is not compared`);
  return Promise.resolve(readPlainDeb(read(0, sizeBytes), inflatedFrom));
}

serveJobs(async (raw, sendPart) => {
  const { ecosystem, upstream, rebuilt, facts, limits } = raw as unknown as ComparisonJob;
  const { rules, read } = ecosystems[ecosystem];
  const open = (file: ComparedFile): Promise<ComparedArchive> =>
    withFile(file, (readAt) => read(readAt, file, limits));
  const [theirs, ours] = [await open(upstream), await open(rebuilt)];
  const comparison = compare({ upstream: theirs, rebuilt: ours, facts, rules: rules(theirs, ours) });
  return sendComparison(comparison, sendPart);
});

async function withFile<T>(file: ComparedFile, use: (read: ReadAt) => Promise<T>): Promise<T> {
  const descriptor = openSync(file.path, 'r');
  try {
    return await use(readerOf(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function readerOf(file: number): ReadAt {
  return (offset, length) => {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(file, buffer, filled, length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return buffer.subarray(0, filled);
  };
}
