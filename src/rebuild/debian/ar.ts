/** The container of a binary package (deb(5)): exactly three members, in their order. Pure. */
import { archiveError } from './refusals.ts';

export interface ArMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const magic = '!<arch>\n';
const headerBytes = 60;
const mostMembers = 8;

/** Every byte belongs to a header, a member or its one byte of padding. Throws DEBIAN_ARCHIVE_INVALID. */
export function readAr(bytes: Uint8Array): readonly ArMember[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (all.toString('latin1', 0, magic.length) !== magic) throw archiveError('a package is no ar archive');
  const members: ArMember[] = [];
  let at = magic.length;
  while (at < all.length) {
    if (members.length >= mostMembers) throw archiveError(`a package has more than ${mostMembers} members`);
    const header = all.toString('latin1', at, at + headerBytes);
    // Name, time, owner, group, mode, size, end: fixed columns. Long names (`//`, `#1/`) do not fit the form.
    const match =
      /^([A-Za-z0-9._-]{1,16}) {0,15}(?<=^.{16})(\d{1,12}) {0,11}(?<=^.{28})(\d{1,6}) {0,5}(?<=^.{34})(\d{1,6}) {0,5}(?<=^.{40})([0-7]{1,8}) {0,7}(?<=^.{48})(\d{1,10}) {0,9}(?<=^.{58})`\n$/s.exec(
        header,
      );
    if (match === null) throw archiveError('a package has a member header that is none');
    const start = at + headerBytes;
    const end = start + Number(match[6]);
    const padded = end + (end % 2);
    if (end > all.length) throw archiveError('a package ends within a member');
    if (padded !== end && padded <= all.length && all[end] !== 0x0a)
      throw archiveError('a package has bytes between its members');
    members.push({ name: match[1] ?? '', bytes: all.subarray(start, end) });
    at = padded;
  }
  return members;
}

/** With no times, as root: the same members always give the same bytes. */
export function writeAr(members: readonly ArMember[]): Uint8Array {
  const pieces: Uint8Array[] = [Buffer.from(magic, 'latin1')];
  for (const { name, bytes } of members) {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`;
    pieces.push(Buffer.from(header, 'latin1'), bytes);
    if (bytes.length % 2 === 1) pieces.push(Buffer.from('\n'));
  }
  return Buffer.concat(pieces);
}
