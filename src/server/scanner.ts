/** The scanner of a running gate: children of its own, that read nothing but the blobs. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { PackageScanner } from '../admission/scan-deps.ts';
import { hintsOf } from '../scan/hints.ts';
import { rulesDigest, scannerVersion } from '../scan/rules/all.ts';
import { createScanner, defaultScanLimits } from '../scan/scanner.ts';
import type { Settings } from './config/settings.ts';
import type { Logger } from './logger.ts';

export function openScanner(
  { dataDirectory, archiveLimits }: Pick<Settings, 'dataDirectory' | 'archiveLimits'>,
  log: Pick<Logger, 'warn'>,
  closers: (() => Promise<void>)[],
): PackageScanner {
  const { entries, unpackedBytes, ratio } = archiveLimits;
  const scanner = createScanner({
    nodePath: process.execPath,
    readable: [join(dataDirectory, 'blobs')],
    // What the archive's readers accepted is scanned.
    limits: { ...defaultScanLimits, entries, unpackedBytes, ratio },
    children: Math.min(4, availableParallelism()),
    onDeath: (info) => log.warn({ info }, 'a scanner child ended'),
  });
  closers.push(scanner.close);
  return {
    rules: `${scannerVersion} ${rulesDigest}`,
    scan: (path, packedBytes, { manifestText, paths, changed }) =>
      scanner.scan(
        path,
        packedBytes,
        hintsOf(
          manifestText,
          paths.some((one) => one.toLowerCase() === 'binding.gyp'),
          changed,
        ),
      ),
  };
}
