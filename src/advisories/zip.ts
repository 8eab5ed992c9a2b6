/**
 * Reads the members of a ZIP archive that is wholly in memory (APPNOTE 6.3, ZIP64 as well: a feed has more than 65,535
 * members). Strict: what a feed's archive has no need of is refused, so that no two readers can see different members.
 * Our own, because a library for files and streams needs a turn of the event loop for each of 215,000 small members.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { AssayError } from '../core/errors.ts';

export interface ZipLimits {
  readonly members: number;
  readonly memberBytes: number;
  readonly totalBytes: number;
}

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endHeader = 0x06054b50;
const end64Header = 0x06064b50;
const locator64Header = 0x07064b50;

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

interface Directory {
  readonly count: number;
  readonly offset: number;
  readonly end: number;
}

/** Calls `onMember` for each file, in the order of the directory, with bytes whose checksum holds. Throws FEED_UNREADABLE. */
export function readZip(
  zip: Buffer,
  limits: ZipLimits,
  onMember: (name: string, bytes: Buffer) => void,
): void {
  const directory = directoryOf(zip);
  if (directory.count > limits.members) throw refused(`it has ${directory.count} members`);
  const names = new Set<string>();
  let [at, packed, total] = [directory.offset, 0, 0];
  for (let n = 0; n < directory.count; n += 1) {
    const { member, next } = memberAt(zip, at, directory.end);
    at = next;
    if (names.has(member.name)) throw refused('two members have one name', member.name);
    names.add(member.name);
    packed += member.packedBytes;
    total += member.bytes;
    // Members that share bytes are how a small archive becomes a large one.
    if (packed > zip.length) throw refused('its members overlap');
    if (member.bytes > limits.memberBytes || total > limits.totalBytes)
      throw refused('it is larger than is read', member.name);
    if (!member.name.endsWith('/')) onMember(member.name, contentOf(zip, member));
  }
  if (at !== directory.end) throw refused('its directory has more than it says');
}

function directoryOf(zip: Buffer): Directory {
  const end = endOf(zip);
  const [disk, count] = [zip.readUInt16LE(end + 4), zip.readUInt16LE(end + 10)];
  if (disk !== 0 || zip.readUInt16LE(end + 8) !== count) throw refused('it is one of several parts');
  const [size, offset] = [zip.readUInt32LE(end + 12), zip.readUInt32LE(end + 16)];
  const directory =
    count === 0xffff || size === 0xffffffff || offset === 0xffffffff
      ? directory64(zip, end)
      : { count, offset, end: offset + size };
  if (directory.end > end) throw refused('its directory lies outside');
  return directory;
}

function endOf(zip: Buffer): number {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 22 - 0xffff); at -= 1) {
    if (zip.readUInt32LE(at) === endHeader && at + 22 + zip.readUInt16LE(at + 20) === zip.length) return at;
  }
  throw refused('it has no end');
}

function directory64(zip: Buffer, end: number): Directory {
  const locator = end - 20;
  if (locator < 0 || zip.readUInt32LE(locator) !== locator64Header) throw refused('its end is unclear');
  const at = numberAt(zip, locator + 8);
  if (at + 56 > locator || zip.readUInt32LE(at) !== end64Header) throw refused('its end is unclear');
  const [count, size, offset] = [numberAt(zip, at + 32), numberAt(zip, at + 40), numberAt(zip, at + 48)];
  return { count, offset, end: offset + size };
}

/** 64 bits; more than an archive in memory can have is refused. */
function numberAt(zip: Buffer, at: number): number {
  const value = zip.readBigUInt64LE(at);
  if (value > BigInt(zip.length) * 2000n) throw refused('a number in it is too large');
  return Number(value);
}

function memberAt(zip: Buffer, at: number, end: number): { readonly member: Member; readonly next: number } {
  if (at + 46 > end || zip.readUInt32LE(at) !== centralHeader) throw refused('its directory is damaged');
  const lengths = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
  const [nameLength = 0, extraLength = 0, commentLength = 0] = lengths;
  const extraAt = at + 46 + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > end) throw refused('its directory is damaged');
  const name = zip.toString('utf8', at + 46, extraAt);
  const [flags, method] = [zip.readUInt16LE(at + 8), zip.readUInt16LE(at + 10)];
  // Bit 0: encrypted. Bits 5 and 13: patched or masked data.
  if ((flags & 0x2021) !== 0 || (method !== 0 && method !== 8))
    throw refused('a member is packed in a way that is not read', name);
  const sizes = { bytes: zip.readUInt32LE(at + 24), packedBytes: zip.readUInt32LE(at + 20) };
  const offset = zip.readUInt32LE(at + 42);
  if (sizes.bytes === 0xffffffff || sizes.packedBytes === 0xffffffff || offset === 0xffffffff)
    throw refused('a member is too large', name);
  return { member: { name, method, crc: zip.readUInt32LE(at + 16), offset, ...sizes }, next };
}

function contentOf(zip: Buffer, member: Member): Buffer {
  const { name, offset, packedBytes } = member;
  if (offset + 30 > zip.length || zip.readUInt32LE(offset) !== localHeader)
    throw refused('a member is not where it should be', name);
  const nameAt = offset + 30;
  const nameLength = zip.readUInt16LE(offset + 26);
  const start = nameAt + nameLength + zip.readUInt16LE(offset + 28);
  const isSame = zip.toString('utf8', nameAt, nameAt + nameLength) === name;
  if (!isSame || zip.readUInt16LE(offset + 8) !== member.method || start + packedBytes > zip.length)
    throw refused('a member is not what the directory says', name);
  const bytes = unpacked(zip.subarray(start, start + packedBytes), member);
  if (bytes.length !== member.bytes || crc32(bytes) !== member.crc)
    throw refused('a member is damaged', name);
  return bytes;
}

function unpacked(packed: Buffer, { name, method, bytes }: Member): Buffer {
  if (method === 0) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: bytes + 1 });
  } catch (cause) {
    throw refused('a member cannot be unpacked', name, cause);
  }
}

function refused(why: string, name?: string, cause?: unknown): AssayError {
  const which = name === undefined ? '' : ` (${JSON.stringify(name.slice(0, 100))})`;
  return new AssayError('FEED_UNREADABLE', `the archive of advisories cannot be used: ${why}${which}`, {
    cause,
  });
}
