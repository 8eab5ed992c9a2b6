/** What the scanner found in an artifact: asked once for the same bytes, rules and version before, and then kept. */
import type { ArchiveReading } from '../core/archive-reading.ts';
import { canonicalBytes } from '../core/canonical-json.ts';
import type { CollectorInput, Predecessor, ReadingOutcome } from '../core/collector.ts';
import type { ArtifactDigests } from '../core/digest.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { ScanOutcome, ScanReport } from '../core/scan-report.ts';
import { instantOf, rfc3339 } from '../core/time.ts';
import type { ScanKey, ScanSubject } from './scan-deps.ts';
import { readArchive } from './read-archive.ts';
import type { Rooms } from './rooms.ts';

const reportBytes = 32 * 1024 * 1024;
/** Bytes that ended the scanner so often are left alone for a day: each attempt may take minutes. */
const mostFailures = 3;
const restMs = 24 * 3_600_000;
/** More files than that are all looked at alike. */
const mostChanged = 20_000;

export interface ScanInput {
  readonly scan: ScanOutcome;
  readonly previousScan: CollectorInput['previousScan'];
}

/** Of a release and of the version before, where its bytes are here. Throws STORAGE_*. */
export async function scanInput(
  rooms: Rooms,
  artifact: ArtifactDigests,
  archive: ReadingOutcome,
  predecessor: Predecessor | undefined,
): Promise<ScanInput> {
  const before = await previousOf(rooms, predecessor);
  return {
    scan: await scanArtifact(rooms, artifact, archive, before),
    previousScan: before && { version: before.version, outcome: before.outcome },
  };
}

interface Previous {
  readonly version: string;
  readonly outcome: ScanOutcome;
  readonly artifact: ArtifactDigests;
  readonly archive: ReadingOutcome;
}

async function previousOf(rooms: Rooms, predecessor: Predecessor | undefined): Promise<Previous | undefined> {
  if (predecessor?.artifact === undefined) return undefined;
  const { artifact, version } = predecessor;
  const archive = await readArchive(rooms, artifact);
  return { version, artifact, archive, outcome: await scanArtifact(rooms, artifact, archive, undefined) };
}

async function scanArtifact(
  rooms: Rooms,
  artifact: ArtifactDigests,
  archive: ReadingOutcome,
  before: Previous | undefined,
): Promise<ScanOutcome> {
  if (archive.state === 'failed') return { state: 'failed', code: archive.code, message: archive.message };
  if (archive.reading.verdict !== 'agreed')
    return { state: 'not-scanned', message: 'the archive was not accepted' };
  const changed = changedSince(archive.reading, before);
  const key: ScanKey = {
    artifact: artifact.sha256,
    rules: rooms.scanner.rules,
    base: changed === undefined ? undefined : before?.artifact.sha256,
  };
  const known = await rooms.scans.of(key);
  if (known?.report !== undefined) {
    const stored = await storedReport(rooms, known.report);
    if (stored !== undefined) return { state: 'scanned', report: stored };
  }
  if (known?.failure !== undefined && known.failures >= mostFailures && isRecent(rooms, known.at))
    return {
      state: 'failed',
      code: 'SCAN_FAILED',
      message: `${known.failure} (it failed ${known.failures} times, and is left alone for a day)`,
    };
  return scanNow(rooms, artifact, key, {
    manifestText: archive.reading.manifestText,
    paths: archive.reading.members.map(({ path }) => insideTop(path)),
    changed,
  });
}

async function scanNow(
  rooms: Rooms,
  artifact: ArtifactDigests,
  key: ScanKey,
  subject: ScanSubject,
): Promise<ScanOutcome> {
  const path = await rooms.blobs.path(artifact.sha256);
  if (path === undefined)
    return { state: 'failed', code: 'BLOB_MISSING', message: 'the bytes are no longer stored' };
  try {
    const report = await rooms.scanner.scan(path, artifact.sizeBytes, subject);
    const writer = await rooms.blobs.create();
    // A report without its `undefined` fields, which JSON does not have.
    await writer.write(canonicalBytes(JSON.parse(JSON.stringify(report)) as JsonObject));
    const stored = await writer.commit();
    await rooms.store.recordArtifact({ digests: artifact, reading: undefined });
    await rooms.scans.recordReport(key, stored.sha256, rfc3339(rooms.clock()));
    return { state: 'scanned', report };
  } catch (error) {
    if (!isAssayError(error, 'SCAN_FAILED') && !isAssayError(error, 'SCAN_BUSY')) throw error;
    if (error.code === 'SCAN_FAILED') {
      await rooms.store.recordArtifact({ digests: artifact, reading: undefined });
      await rooms.scans.recordFailure(key, error.message.slice(0, 500), rfc3339(rooms.clock()));
    }
    return { state: 'failed', code: error.code, message: error.message };
  }
}

/** Undefined when it is lost or damaged: then it is made again. */
async function storedReport(rooms: Rooms, digest: ScanKey['artifact']): Promise<ScanReport | undefined> {
  try {
    const bytes = await rooms.blobs.read(digest, reportBytes);
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as ScanReport;
  } catch (error) {
    if (error instanceof AssayError && error.code.startsWith('BLOB_')) return undefined;
    throw error;
  }
}

function isRecent(rooms: Rooms, at: string): boolean {
  return rooms.clock().getTime() - instantOf(at) < restMs;
}

/** Paths inside the top folder that are new or have other bytes; undefined where that cannot be told. */
function changedSince(now: ArchiveReading, before: Previous | undefined): readonly string[] | undefined {
  if (before?.archive.state !== 'read' || before.archive.reading.verdict !== 'agreed') return undefined;
  const known = new Map(before.archive.reading.members.map((one) => [insideTop(one.path), one.sha256]));
  const changed = now.members
    .filter((one) => one.type === 'file' && known.get(insideTop(one.path)) !== one.sha256)
    .map(({ path }) => insideTop(path));
  return changed.length > mostChanged ? undefined : changed;
}

/** npm strips one folder, whatever it is called. */
function insideTop(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}
