/**
 * The container of an `.xz` file ("The .xz File Format" 1.2.1): what suites publish their indexes in where there is no gzip. Pure,
 * and as strict as `xz` is: one stream, LZMA2 alone, every size and checksum compared.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc64 } from './crc64.ts';
import { decodeLzma2, type Output } from './lzma.ts';
import { archiveError } from './refusals.ts';

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

interface BlockSizes {
  /** Without padding. */
  readonly unpadded: number;
  readonly plain: number;
}

const magic = Buffer.from('fd377a585a00', 'hex');
const lzma2Filter = 0x21;
const mostBlocks = 100_000;
/** Bytes of a check by its number; others are reserved, or of programs that Debian has not. */
const checks: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 4],
  [4, 8],
  [10, 32],
]);

function invalid(why: string): never {
  throw archiveError(`an index is no xz file: ${why}`);
}

/** At most `most` bytes of text, or a refusal. Throws DEBIAN_ARCHIVE_INVALID. */
export async function unxz(packed: Uint8Array, most: number): Promise<Uint8Array> {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const reader: Reader = { bytes, at: 0 };
  if (!take(reader, 6).equals(magic)) invalid('its first bytes');
  const flags = take(reader, 2);
  checkCrc(flags, take(reader, 4));
  const check = flags[1] ?? 0;
  const checkBytes = checks.get(check);
  if (flags[0] !== 0 || checkBytes === undefined) invalid('its flags');
  const out: Output = { bytes: new Uint8Array(Math.min(most, packed.length * 8)), length: 0, most };
  const blocks: BlockSizes[] = [];
  while (bytes[reader.at] !== 0) {
    if (blocks.length >= mostBlocks) invalid('too many blocks');
    blocks.push(await readBlock(reader, check, checkBytes, out));
  }
  const indexBytes = readIndex(reader, blocks);
  readFooter(reader, flags, indexBytes);
  if (reader.at !== bytes.length) invalid('bytes after its end');
  return out.bytes.subarray(0, out.length);
}

function take(reader: Reader, count: number): Buffer {
  const taken = reader.bytes.subarray(reader.at, reader.at + count);
  if (taken.length !== count) invalid('it ends too early');
  reader.at += count;
  return taken;
}

function checkCrc(of: Uint8Array, claimed: Buffer): void {
  if (crc32(of) !== claimed.readUInt32LE()) invalid('a checksum');
}

/** Seven bits in each byte, the lowest first, and no more bytes than are needed. */
function number(reader: Reader): number {
  let value = 0;
  // Seven bytes: 49 bits, which a number holds exactly, and no file is larger.
  for (let index = 0; index < 7; index += 1) {
    const byte = take(reader, 1)[0] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return byte === 0 && index > 0 ? invalid('a number') : value;
  }
  return invalid('a number');
}

function zeros(reader: Reader, from: number): void {
  while ((reader.at - from) % 4 !== 0) if (take(reader, 1)[0] !== 0) invalid('its padding');
}

// ---- blocks ----

async function readBlock(
  reader: Reader,
  check: number,
  checkBytes: number,
  out: Output,
): Promise<BlockSizes> {
  const start = reader.at;
  const claimed = readBlockHeader(reader);
  const [dataAt, plainAt] = [reader.at, out.length];
  reader.at = await decodeLzma2(reader.bytes, dataAt, claimed.dictionaryBytes, out);
  const [data, plain] = [reader.at - dataAt, out.length - plainAt];
  if ((claimed.data ?? data) !== data || (claimed.plain ?? plain) !== plain) invalid('the size of a block');
  const unpadded = reader.at - start + checkBytes;
  zeros(reader, dataAt);
  const sum = checkOf(check, out.bytes.subarray(plainAt, out.length));
  if (!take(reader, checkBytes).equals(sum)) invalid('the check of a block');
  return { unpadded, plain };
}

interface BlockHeader {
  readonly data: number | undefined;
  readonly plain: number | undefined;
  readonly dictionaryBytes: number;
}

function readBlockHeader(outer: Reader): BlockHeader {
  const size = ((outer.bytes[outer.at] ?? 0) + 1) * 4;
  const header = take(outer, size);
  checkCrc(header.subarray(0, -4), header.subarray(-4));
  const reader: Reader = { bytes: header.subarray(0, -4), at: 1 };
  const flags = take(reader, 1)[0] ?? 0;
  // One filter, nothing reserved.
  if ((flags & 0x3f) !== 0) invalid('the filters of a block');
  const data = (flags & 0x40) === 0 ? undefined : number(reader);
  const plain = (flags & 0x80) === 0 ? undefined : number(reader);
  if (number(reader) !== lzma2Filter || number(reader) !== 1) invalid('the filters of a block');
  const bits = take(reader, 1)[0] ?? 0;
  if (bits > 40) invalid('the size of a dictionary');
  while (reader.at < reader.bytes.length) if (take(reader, 1)[0] !== 0) invalid('its padding');
  const dictionaryBytes = bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** (Math.trunc(bits / 2) + 11);
  return { data, plain, dictionaryBytes };
}

function checkOf(check: number, plain: Uint8Array): Buffer {
  if (check === 10) return createHash('sha256').update(plain).digest();
  if (check === 4) return crc64(plain);
  const sum = Buffer.alloc(check === 1 ? 4 : 0);
  if (check === 1) sum.writeUInt32LE(crc32(plain));
  return sum;
}

// ---- the end of a file ----

/** Returns its size in bytes. */
function readIndex(reader: Reader, blocks: readonly BlockSizes[]): number {
  const start = reader.at;
  take(reader, 1);
  if (number(reader) !== blocks.length) invalid('the number of its blocks');
  for (const { unpadded, plain } of blocks)
    if (number(reader) !== unpadded || number(reader) !== plain) invalid('the sizes of its blocks');
  zeros(reader, start);
  checkCrc(reader.bytes.subarray(start, reader.at), take(reader, 4));
  return reader.at - start;
}

function readFooter(reader: Reader, flags: Buffer, indexBytes: number): void {
  const sum = take(reader, 4);
  const covered = take(reader, 6);
  checkCrc(covered, sum);
  if ((covered.readUInt32LE() + 1) * 4 !== indexBytes || !covered.subarray(4).equals(flags))
    invalid('its footer');
  if (take(reader, 2).toString('latin1') !== 'YZ') invalid('its last bytes');
}
