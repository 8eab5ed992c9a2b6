/**
 * gzip (RFC 1952), one member and nothing after it but zero padding. zlib's own gunzip reads a second member and
 * ignores trailing bytes silently, and readers differ on both, so the header and trailer are read here and only the
 * DEFLATE stream is zlib's. Output comes in bounded pieces.
 */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import type { ArchiveLimits } from '../core/archive-reading.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { finding, type FindingId } from './findings.ts';
import { ratioFreeBytes } from './limits.ts';
import { isZero } from './tar-fields.ts';

export type GunzipLimits = Pick<ArchiveLimits, 'unpackedBytes' | 'ratio'>;

export interface GunzipResult {
  /** Undefined when the whole input was one sound gzip member, or when `sink` ended the reading. */
  readonly problem: EvidenceItem | undefined;
  readonly unpackedBytes: number;
}

/** Reads up to `length` bytes at `offset`; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

const inputBytes = 64 * 1024;
const outputBytes = 128 * 1024;
/** Longest file name accepted in a gzip header. */
const maxNameBytes = 1024;
/** The only zero padding after the stream seen in real packages fills up to 10,240 bytes; nobody reads it. */
const maxPaddingBytes = 64 * 1024;

/** Feeds the unzipped bytes to `sink` until it returns false. Never throws for what the input holds. */
export async function gunzip(
  read: ReadAt,
  packedBytes: number,
  limits: GunzipLimits,
  sink: (chunk: Uint8Array) => boolean,
): Promise<GunzipResult> {
  const start = readHeader(read(0, 10 + maxNameBytes + 1));
  if (typeof start === 'string') return { problem: finding(start), unpackedBytes: 0 };
  const inflated = await inflate(read, start, packedBytes, limits, sink);
  const { unpackedBytes } = inflated;
  if (inflated.state === 'refused') return { problem: finding(inflated.id, inflated.detail), unpackedBytes };
  if (inflated.state === 'enough') return { problem: undefined, unpackedBytes };
  const trailer = trailerFinding(read, inflated.endsAt, inflated.checksum, unpackedBytes);
  return { problem: trailer === undefined ? undefined : finding(trailer), unpackedBytes };
}

/** Offset of the DEFLATE stream. FNAME is what `gzip file.tar` writes; FEXTRA, FCOMMENT, FHCRC and reserved bits are refused. */
function readHeader(head: Uint8Array): number | FindingId {
  if (head.length < 2 || head[0] !== 0x1f || head[1] !== 0x8b) return 'archive/not-gzip';
  if (head.length < 10) return 'archive/gzip-truncated';
  if (head[2] !== 8) return 'archive/gzip-header';
  const flags = head[3] ?? 0;
  if (flags === 0) return 10;
  if (flags !== 0x08) return 'archive/gzip-header';
  const end = head.indexOf(0, 10);
  return end === -1 ? 'archive/gzip-header' : end + 1;
}

type Inflated =
  | {
      readonly state: 'whole';
      readonly unpackedBytes: number;
      readonly endsAt: number;
      readonly checksum: number;
    }
  | { readonly state: 'enough'; readonly unpackedBytes: number }
  | {
      readonly state: 'refused';
      readonly unpackedBytes: number;
      readonly id: FindingId;
      readonly detail: string;
    };

function inflate(
  read: ReadAt,
  start: number,
  packedBytes: number,
  limits: GunzipLimits,
  sink: (chunk: Uint8Array) => boolean,
): Promise<Inflated> {
  const most = Math.min(limits.unpackedBytes, Math.max(ratioFreeBytes, packedBytes * limits.ratio));
  return new Promise((resolve) => {
    const engine = createInflateRaw({ chunkSize: outputBytes });
    let unpackedBytes = 0;
    let checksum = 0;
    let settled = false;
    const settle = (result: Inflated): void => {
      settled = true;
      engine.destroy();
      resolve(result);
    };
    const refuse = (id: FindingId, detail = ''): void =>
      settle({ state: 'refused', unpackedBytes, id, detail });
    engine.on('data', (chunk: Buffer) => {
      if (settled) return;
      unpackedBytes += chunk.length;
      if (unpackedBytes > most) {
        refuse(most === limits.unpackedBytes ? 'archive/too-large' : 'archive/ratio', `over ${most} bytes`);
        return;
      }
      checksum = crc32(chunk, checksum);
      if (!sink(chunk)) settle({ state: 'enough', unpackedBytes });
    });
    engine.on('end', () => {
      if (!settled) settle({ state: 'whole', unpackedBytes, endsAt: start + engine.bytesWritten, checksum });
    });
    engine.on('error', (error: NodeJS.ErrnoException) => {
      if (!settled) refuse(error.code === 'Z_BUF_ERROR' ? 'archive/gzip-truncated' : 'archive/gzip-corrupt');
    });
    feed(engine, read, start, () => settled);
  });
}

/** One piece at a time: the next is read when the last was consumed. */
function feed(engine: InflateRaw, read: ReadAt, start: number, settled: () => boolean): void {
  let at = start;
  const next = (): void => {
    if (settled() || engine.writableEnded) return;
    const chunk = read(at, inputBytes);
    at += chunk.length;
    if (chunk.length === 0) engine.end();
    else engine.write(chunk, next);
  };
  next();
}

function trailerFinding(
  read: ReadAt,
  at: number,
  checksum: number,
  unpackedBytes: number,
): FindingId | undefined {
  const trailer = Buffer.from(read(at, 8));
  if (trailer.length < 8) return 'archive/gzip-truncated';
  if (trailer.readUInt32LE(0) !== checksum || trailer.readUInt32LE(4) !== unpackedBytes % 2 ** 32) {
    return 'archive/gzip-corrupt';
  }
  const rest = read(at + 8, maxPaddingBytes + 1);
  if (rest[0] === 0x1f && rest[1] === 0x8b) return 'archive/gzip-extra-member';
  return isZero(rest) && rest.length <= maxPaddingBytes ? undefined : 'archive/gzip-trailing-data';
}
