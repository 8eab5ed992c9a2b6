/** The scanner as the gate has it, over tarballs in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAssayError } from '../../../src/core/errors.ts';
import { createScanner, defaultScanLimits } from '../../../src/scan/scanner.ts';
import type { ScanTarball } from './measure.ts';

interface OpenScanner {
  readonly scan: ScanTarball;
  readonly close: () => Promise<void>;
}

export async function openScanner(): Promise<OpenScanner> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-accuracy-'));
  const scanner = createScanner({
    nodePath: process.execPath,
    readable: [folder],
    limits: defaultScanLimits,
    children: 2,
  });
  let count = 0;
  return {
    scan: async (tarball) => {
      const path = join(folder, `${(count += 1)}.tgz`);
      await writeFile(path, tarball);
      try {
        return { state: 'scanned', report: await scanner.scan(path, tarball.length) };
      } catch (error) {
        if (!isAssayError(error)) throw error;
        return { state: 'failed', code: error.code, message: error.message };
      } finally {
        await rm(path, { force: true });
      }
    },
    close: async () => {
      await scanner.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
