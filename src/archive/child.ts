/** Entry of a reader child: opens the named blob read-only, reads it, and sends the reading in pieces. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { ArchiveLimits } from '../core/archive-reading.ts';
import type { ReadAt } from './gunzip.ts';
import { readTarball } from './read-tarball.ts';
import { serveJobs } from './serve-jobs.ts';
import { sendReading, type ReadJob } from './wire.ts';

serveJobs(async (job, sendPart) => {
  const { path, packedBytes, limits } = job as unknown as ReadJob;
  const file = openSync(path, 'r');
  try {
    const reading = await readTarball(readerOf(file), packedBytes, limits satisfies ArchiveLimits);
    return sendReading(reading, sendPart);
  } finally {
    closeSync(file);
  }
});

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
