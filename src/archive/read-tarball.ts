/** Reads one npm tarball, twice, without extracting: the whole of what a reader child does. */
import pkg from 'tar/package.json' with { type: 'json' };
import type { ArchiveLimits, ArchiveReading } from '../core/archive-reading.ts';
import { disagreements } from './agreement.ts';
import { gunzip, type ReadAt } from './gunzip.ts';
import { readWithLibrary } from './library-reader.ts';
import { createTarReader } from './tar-strict.ts';
import { withoutTwins } from './twins.ts';
import { isNestedManifest, isNpmManifest } from './top-folder.ts';

export const readers: readonly string[] = ['assay-tar/1', `tar/${pkg.version}`];

/** Never throws for what the archive holds; a failing `read` (I/O) rejects. */
export async function readTarball(
  read: ReadAt,
  packedBytes: number,
  limits: ArchiveLimits,
): Promise<ArchiveReading> {
  const tar = createTarReader(limits, isNpmManifest, isNestedManifest);
  const unzipped = await gunzip(read, packedBytes, limits, tar.write);
  const listing = tar.end();
  // A damaged stream ends early, which the listing then also says; the cause comes first.
  const findings = unzipped.problem === undefined ? listing.findings : [unzipped.problem];
  const { totalBytes } = listing;
  const none = { members: [], totalBytes, manifestText: undefined, readers };
  if (findings.length > 0) return { verdict: 'refused', findings, ...none };
  const differences = disagreements(listing.members, await readWithLibrary(read, limits));
  if (differences.length > 0) return { verdict: 'disagreed', findings: differences, ...none };
  const manifestText = listing.kept === undefined ? undefined : Buffer.from(listing.kept).toString('utf8');
  const members = withoutTwins(listing.members);
  const bytes = members.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { nested } = listing;
  return { verdict: 'agreed', findings: [], members, totalBytes: bytes, manifestText, readers, nested };
}
