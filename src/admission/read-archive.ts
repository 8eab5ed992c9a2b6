/** An archive as the two readers saw it; what was read is kept, so that an artifact is read once. */
import type { ArchiveReading } from '../core/archive-reading.ts';
import { canonicalBytes } from '../core/canonical-json.ts';
import type { ReadingOutcome } from '../core/collector.ts';
import type { ArtifactDigests, Sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Rooms } from './rooms.ts';

const readingBytes = 64 * 1024 * 1024;

/** Reads the archive once per artifact; what was read is kept as a blob of its own. */
export async function readArchive(rooms: Rooms, artifact: ArtifactDigests): Promise<ReadingOutcome> {
  const known = await rooms.store.artifact(artifact.sha256);
  const kept = known?.reading === undefined ? undefined : await storedReading(rooms, known.reading);
  if (kept !== undefined) return { state: 'read', reading: kept };
  const path = await rooms.blobs.path(artifact.sha256);
  if (path === undefined)
    return { state: 'failed', code: 'BLOB_MISSING', message: 'the bytes are no longer stored' };
  try {
    const reading = await rooms.archive.read(path, artifact.sizeBytes);
    const writer = await rooms.blobs.create();
    await writer.write(canonicalBytes(jsonOf(reading)));
    const stored = await writer.commit();
    await rooms.store.recordArtifact({ digests: artifact, reading: stored.sha256 });
    return { state: 'read', reading };
  } catch (error) {
    if (!isAssayError(error, 'ARCHIVE_READER_FAILED')) throw error;
    await rooms.store.recordArtifact({ digests: artifact, reading: undefined });
    return { state: 'failed', code: error.code, message: error.message };
  }
}

/** Undefined when it is lost or damaged: then the archive is read again. */
async function storedReading(rooms: Rooms, digest: Sha256): Promise<ArchiveReading | undefined> {
  try {
    const bytes = await rooms.blobs.read(digest, readingBytes);
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as ArchiveReading;
  } catch (error) {
    if (isAssayError(error) && error.code.startsWith('BLOB_')) return undefined;
    throw error;
  }
}

/** A reading without its `undefined` fields, which JSON does not have. */
function jsonOf(reading: ArchiveReading): JsonObject {
  return JSON.parse(JSON.stringify(reading)) as JsonObject;
}
