/**
 * Serving admitted bytes. Every byte that leaves was compared with its digest on the way out as well: a disk
 * that lies must not reach a client. Small files are read whole; of a large one the last chunk is held back
 * until the digest of all is known.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileOutcome } from '../../admission/admit.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { rfc3339 } from '../../core/time.ts';
import type { Gate } from '../gate.ts';
import { pullerOf } from '../pulls/puller.ts';
import { etagMatches, type Answer } from './answer.ts';
import type { Exchange } from './exchange.ts';

type Allowed = Extract<FileOutcome, { state: 'allowed' }>;

const smallBytes = 4 * 1024 * 1024;
const chunkBytes = 256 * 1024;

/** `again` admits once more after bytes were found corrupt: they are fetched anew, or the answer is an error. */
export async function answerFile(
  gate: Gate,
  exchange: Exchange,
  allowed: Allowed,
  again: () => Promise<FileOutcome>,
): Promise<Answer | undefined> {
  const { artifact } = allowed;
  const etag = `"${artifact.sha256}"`;
  const headers = {
    etag,
    'content-type': 'application/octet-stream',
    // A proxy in between may keep the bytes, and asks every time whether they may still be had.
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
  };
  if (etagMatches(exchange.request.headers['if-none-match'], etag))
    return { status: 304, headers, body: new Uint8Array() };
  if (exchange.request.method === 'HEAD')
    return { status: 200, headers, body: new Uint8Array(), length: artifact.sizeBytes };
  if (artifact.sizeBytes > smallBytes) return streamFile(gate, exchange, allowed, headers, again);
  const body = await smallFile(gate, artifact, allowed, again);
  recordWhenSent(gate, exchange, allowed);
  return { status: 200, headers, body };
}

/** A transfer that broke off gave nobody the file: its digest, or its end, is missing there. */
function recordWhenSent(
  { pulls }: Gate,
  { request, response, caller }: Exchange,
  { release }: Allowed,
): void {
  const puller = pullerOf(caller.principal, request.socket.remoteAddress);
  response.once('finish', () => {
    if (response.statusCode === 200) pulls.sent(release.id, puller);
  });
}

async function smallFile(
  gate: Gate,
  artifact: ArtifactDigests,
  allowed: Allowed,
  again: () => Promise<FileOutcome>,
): Promise<Uint8Array> {
  const known = gate.hotFiles.get(artifact.sha256);
  if (known !== undefined) return known;
  const bytes = await readOrRefetch(gate, artifact, allowed, again);
  gate.hotFiles.set(artifact.sha256, bytes);
  return bytes;
}

async function readOrRefetch(
  gate: Gate,
  artifact: ArtifactDigests,
  allowed: Allowed,
  again: () => Promise<FileOutcome>,
): Promise<Uint8Array> {
  try {
    return await gate.storage.blobs.read(artifact.sha256, smallBytes);
  } catch (error) {
    if (!isAssayError(error, 'BLOB_CORRUPT') && !isAssayError(error, 'BLOB_MISSING')) throw error;
    if (error.code === 'BLOB_CORRUPT') await alarmCorrupt(gate, artifact, allowed);
    // `read` set the corrupt file aside, so that this fetches the very same bytes from upstream again.
    await again();
    return gate.storage.blobs.read(artifact.sha256, smallBytes);
  }
}

async function alarmCorrupt(gate: Gate, artifact: ArtifactDigests, { release }: Allowed): Promise<void> {
  await gate.storage.admission.raiseAlarm({
    kind: 'blob-corrupt',
    severity: 'critical',
    about: release.subject.purl,
    message: `The stored bytes of ${release.subject.purl} no longer have their digest; they were not served.`,
    data: { artifact: artifact.sha256 },
    at: rfc3339(gate.clock()),
  });
}

async function streamFile(
  gate: Gate,
  exchange: Exchange,
  allowed: Allowed,
  headers: Readonly<Record<string, string>>,
  again: () => Promise<FileOutcome>,
): Promise<undefined> {
  const { artifact } = allowed;
  const { request, response } = exchange;
  const { blobs } = gate.storage;
  const path = (await blobs.path(artifact.sha256)) ?? (await again().then(() => blobs.path(artifact.sha256)));
  if (path === undefined) throw new AssayError('BLOB_MISSING', 'the admitted bytes are not stored');
  const file = await open(path, 'r');
  try {
    response.writeHead(200, { ...headers, 'content-length': String(artifact.sizeBytes) });
    const hash = createHash('sha256');
    let held: Uint8Array | undefined;
    for (let at = 0; at < artifact.sizeBytes && !request.destroyed && !response.destroyed;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      if (held !== undefined) await writeAll(response, held);
      held = buffer.subarray(0, bytesRead);
      hash.update(held);
    }
    if (request.destroyed || response.destroyed) return undefined;
    if (held === undefined || hash.digest('hex') !== artifact.sha256) {
      await alarmCorrupt(gate, artifact, allowed);
      // This sets the corrupt file aside; the client gets a broken transfer, never the last bytes.
      await gate.storage.blobs.verify(artifact.sha256);
      throw new AssayError('BLOB_CORRUPT', 'the admitted bytes changed while they were read');
    }
    recordWhenSent(gate, exchange, allowed);
    response.end(held);
    return undefined;
  } finally {
    await file.close();
  }
}

/** Waits for a slow client instead of filling memory; ends with the connection, also when that ended before. */
function writeAll(response: Exchange['response'], chunk: Uint8Array): Promise<void> {
  if (response.destroyed || response.write(chunk)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
