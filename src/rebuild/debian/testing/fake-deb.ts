/** Binary packages and ELF files as small as they can be. */
import type { BuildFacts } from '../../../core/comparison-input.ts';
import { writePlainDeb } from '../deb.ts';

export interface FakeMember {
  readonly path: string;
  readonly flag?: string;
  readonly mode?: number;
  readonly target?: string;
  readonly content?: string | Uint8Array;
  readonly owner?: readonly [number, string];
  readonly time?: number;
}

const field = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** As dpkg-deb writes them: GNU's headers. */
export function fakeTar(members: readonly FakeMember[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { path, flag = '0', mode = 0o644, target = '', content = '', owner, time = 1 } of members) {
    const [id, user] = owner ?? [0, 'root'];
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write(field(mode, 8), 100);
    header.write(field(id, 8), 108);
    header.write(field(id, 8), 116);
    header.write(field(bytes.length, 12), 124);
    header.write(field(time, 12), 136);
    header.write('        ', 148);
    header.write(flag, 156);
    header.write(target, 157);
    header.write('ustar  \0', 257, 'latin1');
    header.write(user, 265);
    header.write(user, 297);
    const sum = header.reduce((so, byte) => so + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    pieces.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...pieces, Buffer.alloc(1024)]);
}

export const control =
  'Package: tiny\nVersion: 1.0-1\nArchitecture: amd64\nDepends: libc6\nDescription: tiny\n more\n';

export function fakeDeb(
  data: readonly FakeMember[],
  more: readonly FakeMember[] = [],
  controlText = control,
): Uint8Array {
  return writePlainDeb(
    fakeTar([{ path: './', flag: '5', mode: 0o755 }, { path: './control', content: controlText }, ...more]),
    fakeTar([{ path: './', flag: '5', mode: 0o755 }, ...data]),
  );
}

export const facts: BuildFacts = {
  version: '1.0-1',
  commit: undefined,
  committedAt: undefined,
  sourceDateEpoch: 1_700_000_000,
  publishedAt: undefined,
  sourcePaths: { upstream: [], rebuilt: [] },
  sourceFiles: undefined,
};

/** 64 bits, little-endian: one segment with the id in it, code, a debug link. `executable`: of the id's segment. */
export function fakeElf({
  buildId = 'aa'.repeat(20),
  link = `${'bb'.repeat(19)}.debug`,
  altLink,
  code = 'code',
  executable = false,
}: {
  readonly buildId?: string;
  readonly link?: string;
  /** In the place of the debug link: a path, NUL, 20 bytes. */
  readonly altLink?: string;
  readonly code?: string;
  readonly executable?: boolean;
} = {}): Uint8Array {
  const bytes = Buffer.alloc(0x3000);
  const [noteAt, codeAt, linkAt, namesAt, headersAt] = [0x200, 0x1000, 0x2000, 0x2100, 0x2200];
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeBigUInt64LE(BigInt(headersAt), 40);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(2, 56);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(4, 60);
  bytes.writeUInt16LE(3, 62);
  const id = Buffer.from(buildId, 'hex');
  bytes.writeUInt32LE(4, noteAt);
  bytes.writeUInt32LE(id.length, noteAt + 4);
  bytes.writeUInt32LE(3, noteAt + 8);
  bytes.write('GNU\0', noteAt + 12, 'latin1');
  bytes.set(id, noteAt + 16);
  bytes.write(code, codeAt, 'latin1');
  const linkBytes =
    altLink === undefined
      ? Buffer.alloc(Math.ceil((link.length + 1) / 4) * 4 + 4)
      : Buffer.from(altLink, 'latin1');
  if (altLink === undefined) {
    linkBytes.write(link);
    linkBytes.write('crc!', linkBytes.length - 4);
  }
  bytes.set(linkBytes, linkAt);
  const names = '\0.note.gnu.build-id\0.gnu_debuglink\0.shstrtab\0.gnu_debugaltlink\0';
  bytes.write(names, namesAt, 'latin1');
  const segment = (at: number, flags: number, from: number, length: number): void => {
    bytes.writeUInt32LE(1, at);
    bytes.writeUInt32LE(flags, at + 4);
    bytes.writeBigUInt64LE(BigInt(from), at + 8);
    bytes.writeBigUInt64LE(BigInt(length), at + 32);
  };
  segment(64, executable ? 5 : 4, 0, 0x400);
  segment(120, 5, codeAt, 0x100);
  const section = (
    at: number,
    name: string,
    type: number,
    flags: number,
    from: number,
    length: number,
  ): void => {
    const header = headersAt + at * 64;
    bytes.writeUInt32LE(names.indexOf(name), header);
    bytes.writeUInt32LE(type, header + 4);
    bytes.writeBigUInt64LE(BigInt(flags), header + 8);
    bytes.writeBigUInt64LE(BigInt(from), header + 24);
    bytes.writeBigUInt64LE(BigInt(length), header + 32);
  };
  section(1, '.note.gnu.build-id', 7, 2, noteAt, 16 + id.length);
  section(2, altLink === undefined ? '.gnu_debuglink' : '.gnu_debugaltlink', 1, 0, linkAt, linkBytes.length);
  section(3, '.shstrtab', 3, 0, namesAt, names.length);
  return bytes;
}
