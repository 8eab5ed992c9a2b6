/**
 * The tar archives within a binary package, as dpkg-deb writes them: GNU's or ustar's headers, GNU long names and links,
 * owners by name. Strict, and pure: whatever else is in one is refused, so that dpkg cannot see another file than this.
 */
import type { ComparedMember } from '../../core/comparison-input.ts';
import { archiveError } from './refusals.ts';

export interface DebMember extends ComparedMember {
  /** `0:0 root:root`, say. */
  readonly owner: string;
}

const block = 512;
const mostMembers = 200_000;
const mostPathBytes = 4096;

const types: Readonly<Record<string, ComparedMember['type']>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
  '6': 'fifo',
};

/** Paths without `./` before and `/` after them; that of the top folder is empty. Throws DEBIAN_ARCHIVE_INVALID. */
export function readDebTar(bytes: Uint8Array): readonly DebMember[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: DebMember[] = [];
  const long: { path?: string; link?: string } = {};
  let at = 0;
  while (at < all.length) {
    const header = all.subarray(at, at + block);
    if (header.length < block) throw archiveError('a tar archive ends within a header');
    if (header.every((byte) => byte === 0)) break;
    checkHeader(header);
    const size = octal(header, 124, 12);
    const start = at + block;
    const next = start + Math.ceil(size / block) * block;
    if (next > all.length) throw archiveError('a tar archive ends within a member');
    if (all.subarray(start + size, next).some((byte) => byte !== 0))
      throw archiveError('a tar archive has bytes after a member');
    const flag = String.fromCharCode(header[156] ?? 0);
    const content = all.subarray(start, start + size);
    at = next;
    if (flag === 'L' || flag === 'K') {
      const which = flag === 'L' ? 'path' : 'link';
      if (long[which] !== undefined) throw archiveError('a tar archive names a member twice');
      long[which] = longName(content);
      continue;
    }
    if (members.length >= mostMembers)
      throw archiveError(`a tar archive has more than ${mostMembers} members`);
    members.push(memberOf(header, flag, content, long));
    delete long.path;
    delete long.link;
  }
  if (long.path !== undefined || long.link !== undefined)
    throw archiveError('a long name is that of no member');
  if (all.subarray(at).some((byte) => byte !== 0))
    throw archiveError('a tar archive has bytes after its end');
  return members;
}

function memberOf(
  header: Buffer,
  flag: string,
  content: Uint8Array,
  long: { readonly path?: string; readonly link?: string },
): DebMember {
  const type = types[flag];
  if (type === undefined) throw archiveError(`a tar archive has a member of type ${JSON.stringify(flag)}`);
  if (type !== 'file' && content.length > 0) throw archiveError('a member that is no file has content');
  const isLink = type === 'symlink' || type === 'hardlink';
  const target = long.link ?? text(header, 157, 100);
  if (isLink === (target === '')) throw archiveError('a link has no target, or another member has one');
  return {
    path: barePath(long.path ?? text(header, 0, 100), type),
    type,
    mode: octal(header, 100, 8) & 0o7777,
    linkTarget: !isLink ? undefined : type === 'hardlink' ? barePath(target, type) : target,
    content: type === 'file' ? content : new Uint8Array(),
    owner: `${octal(header, 108, 8)}:${octal(header, 116, 8)} ${text(header, 265, 32)}:${text(header, 297, 32)}`,
  };
}

function barePath(raw: string, type: ComparedMember['type']): string {
  if (!raw.startsWith('./'))
    throw archiveError(`${JSON.stringify(raw.slice(0, 200))} does not begin with ./`);
  const path = raw.slice(2);
  if (path.endsWith('/') && type !== 'directory')
    throw archiveError('a member that is no folder is named as one');
  return path.replace(/\/$/, '');
}

// ---- fields ----

function checkHeader(header: Buffer): void {
  const form = header.toString('latin1', 257, 265);
  if (form !== 'ustar  \0' && form !== 'ustar\x0000') throw archiveError('a tar header is of no known form');
  // GNU keeps times and sparse maps here, ustar the front of a path: dpkg-deb writes neither.
  if (header.subarray(345, 512).some((byte) => byte !== 0))
    throw archiveError('a tar header has fields that dpkg-deb does not write');
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  if (sum !== octal(header, 148, 8)) throw archiveError('a tar header fails its checksum');
}

function octal(header: Buffer, from: number, length: number): number {
  const field = header.toString('latin1', from, from + length);
  const match = /^ *([0-7]{1,11})[ \0]*$/.exec(field);
  if (match === null) {
    // Of no device: some writers leave the field empty.
    throw archiveError('a tar header has a number that is none');
  }
  return Number.parseInt(match[1] ?? '', 8);
}

function text(header: Buffer, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  if (end !== -1 && field.subarray(end).some((byte) => byte !== 0))
    throw archiveError('a tar header has bytes after the end of a text');
  return decoded(end === -1 ? field : field.subarray(0, end));
}

function longName(content: Buffer): string {
  const end = content.indexOf(0);
  if (end < 1 || end !== content.length - 1 || content.length > mostPathBytes)
    throw archiveError('a tar archive has a long name that is none');
  return decoded(content.subarray(0, end));
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw archiveError('a tar archive has a name that is no UTF-8');
  }
}
