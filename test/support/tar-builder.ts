/**
 * Builds tar archives and gzip files byte by byte, well-formed by default, wrong in any one place on request.
 *
 *   tarball(file('package/package.json', '{}'), directory('package/lib'))          a sound .tgz
 *   gzip(archive(pax({ size: '5' }), file('package/a', 'x')))                      a lying one
 *   gzip(archive(member({ path: 'package/a', patch: (block) => block.write('9', 124) })))
 */
import { crc32, deflateRawSync } from 'node:zlib';

export interface MemberOptions {
  /** Seconds; absent: what npm writes. */
  readonly mtime?: number;
  readonly path: string | Uint8Array;
  /** Type flag; default `0`. */
  readonly flag?: string;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  /** What the size field says; default the content's length. */
  readonly sizeBytes?: number;
  readonly linkname?: string;
  readonly prefix?: string;
  readonly format?: 'ustar' | 'gnu' | 'v7';
  /** Changes the header block before its checksum is written. */
  readonly patch?: (block: Buffer) => void;
  /** Changes the header block after its checksum is written. */
  readonly spoil?: (block: Buffer) => void;
}

/** Header, content and padding of one member. */
export function member(options: MemberOptions): Buffer {
  const content = Buffer.from(options.content ?? '');
  return Buffer.concat([header(options, content.length), padded(content)]);
}

export function file(path: string, content: string | Uint8Array = '', mode = 0o644): Buffer {
  return member({ path, content, mode });
}

export function directory(path: string, mode = 0o755): Buffer {
  return member({ path: path.endsWith('/') ? path : `${path}/`, flag: '5', mode });
}

function header(options: MemberOptions, length: number): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(options.path).copy(block, 0, 0, 100);
  octalField(block, 100, 8, options.mode ?? 0o644);
  octalField(block, 108, 8, 0);
  octalField(block, 116, 8, 0);
  octalField(block, 124, 12, options.sizeBytes ?? length);
  octalField(block, 136, 12, options.mtime ?? 499_162_500);
  block.write(options.flag ?? '0', 156, 1, 'latin1');
  block.write(options.linkname ?? '', 157, 100);
  if (options.format === 'gnu') block.write('ustar  \0', 257, 'latin1');
  else if (options.format !== 'v7') block.write('ustar\u000000', 257, 'latin1');
  block.write(options.prefix ?? '', 345, 155);
  options.patch?.(block);
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  options.spoil?.(block);
  return block;
}

function octalField(block: Buffer, at: number, length: number, value: number): void {
  block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, length, 'latin1');
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

// ---- extended headers ----

export type PaxRecords =
  | Readonly<Record<string, string | Uint8Array>>
  | readonly (readonly [string, string | Uint8Array])[];

/** A PAX header with well-formed records, for the next member (`x`) or all that follow (`g`). */
export function pax(
  records: PaxRecords,
  flag: 'x' | 'g' = 'x',
  options: Partial<MemberOptions> = {},
): Buffer {
  const entries: readonly (readonly [string, string | Uint8Array])[] = Array.isArray(records)
    ? records
    : Object.entries(records);
  return paxData(Buffer.concat(entries.map(([key, value]) => paxRecord(key, value))), flag, options);
}

/** A PAX header whose data is given as it is. */
export function paxData(
  data: string | Uint8Array,
  flag: 'x' | 'g' = 'x',
  options: Partial<MemberOptions> = {},
): Buffer {
  return member({ path: 'PaxHeader/member', flag, content: data, ...options });
}

export function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** GNU tar's long name (`L`) or long link target (`K`) for the next member. */
export function gnuLong(path: string, flag: 'L' | 'K' = 'L'): Buffer {
  return member({ path: '././@LongLink', flag, content: `${path}\0`, format: 'gnu' });
}

// ---- whole archives ----

export function zeroBlocks(count: number): Buffer {
  return Buffer.alloc(512 * count);
}

/** The parts, then the usual end of two zero blocks. */
export function archive(...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([...parts, zeroBlocks(2)]);
}

export function tarball(...parts: readonly Uint8Array[]): Buffer {
  return gzip(archive(...parts));
}

export interface GzipOptions {
  readonly flags?: number;
  /** Bytes between the fixed header and the DEFLATE stream, for the flags given. */
  readonly extraHeader?: Uint8Array;
  readonly level?: number;
}

/** One gzip member. */
export function gzip(data: Uint8Array, options: GzipOptions = {}): Buffer {
  const head = Buffer.from([0x1f, 0x8b, 8, options.flags ?? 0, 0, 0, 0, 0, 0, 0xff]);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length % 2 ** 32, 4);
  const body = deflateRawSync(data, { level: options.level ?? 6 });
  return Buffer.concat([head, options.extraHeader ?? Buffer.alloc(0), body, trailer]);
}
