/** Entry of a scanner child: one tarball or folder a job, the report in pieces. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadAt } from '../archive/gunzip.ts';
import { serveJobs } from '../archive/serve-jobs.ts';
import type { JsonObject } from '../core/json.ts';
import type { ScanReport } from '../core/scan-report.ts';
import { createLicenceLook } from '../licences/files.ts';
import { readFolder } from './folder.ts';

import { hintsOf } from './hints.ts';
import { createPackageScan, type ScanHints } from './package-scan.ts';
import { readMembers, type MemberLimits, type MemberSink } from './tarball.ts';
import { sendReport, type ScanJob } from './wire.ts';

serveJobs(async (raw, sendPart) => {
  const job = raw as unknown as ScanJob;
  const report = job.kind === 'folder' ? await scanFolder(job) : await scanTarball(job);
  return sendReport(report, sendPart) satisfies JsonObject;
});

async function scanFolder({ path, limits, hints }: ScanJob): Promise<ScanReport> {
  const manifest = join(path, 'package.json');
  const known =
    hints ??
    hintsOf(
      existsSync(manifest) ? readFileSync(manifest, 'utf8') : undefined,
      existsSync(join(path, 'binding.gyp')),
      undefined,
    );
  const { sink, end } = scanInto(known);
  readFolder(path, limits, sink);
  return end();
}

async function scanTarball({ path, packedBytes, limits, hints }: ScanJob): Promise<ScanReport> {
  const file = openSync(path, 'r');
  try {
    const read = readerOf(file);
    const known = hints ?? (await hintsInside(read, packedBytes, limits));
    const { sink, end } = scanInto(known);
    await readMembers(read, packedBytes, limits, sink);
    return await end();
  } finally {
    closeSync(file);
  }
}

function scanInto(hints: ScanHints): { readonly sink: MemberSink; readonly end: () => Promise<ScanReport> } {
  const scan = createPackageScan(hints);
  const licences = createLicenceLook();
  return {
    sink: {
      file: (file) => {
        scan.add(file);
        licences.look(file.path, file.bytes);
      },
      leftOut: scan.leftOut,
    },
    end: async () => ({ ...scan.end(), licences: await licences.found() }),
  };
}

/** Without hints the archive is read once more, for its package.json alone. */
async function hintsInside(read: ReadAt, packedBytes: number, limits: MemberLimits): Promise<ScanHints> {
  let manifest: string | undefined;
  let builds = false;
  const sink = {
    file: ({ path, bytes }: { readonly path: string; readonly bytes: Uint8Array }): void => {
      if (path === 'package.json') manifest = Buffer.from(bytes).toString('utf8');
      else builds = true;
    },
    leftOut: () => undefined,
  };
  await readMembers(
    read,
    packedBytes,
    limits,
    sink,
    (path) => path === 'package.json' || path.toLowerCase() === 'binding.gyp',
  );
  return hintsOf(manifest, builds, undefined);
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
