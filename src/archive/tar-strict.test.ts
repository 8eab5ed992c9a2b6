import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  archive,
  directory,
  file,
  gnuLong,
  member,
  pax,
  paxData,
  paxRecord,
  zeroBlocks,
} from '../../test/support/tar-builder.ts';
import { sha256 } from '../core/digest.ts';
import { findingIds } from './findings.ts';
import { defaultArchiveLimits } from './limits.ts';
import { createTarReader, type TarLimits, type TarListing } from './tar-strict.ts';
import { isNpmManifest } from './top-folder.ts';

const manifest = file('package/package.json', '{}');

function read(bytes: Uint8Array, limits: TarLimits = defaultArchiveLimits, step = bytes.length): TarListing {
  const reader = createTarReader(limits, isNpmManifest);
  for (let at = 0; at < bytes.length; at += step) if (!reader.write(bytes.subarray(at, at + step))) break;
  return reader.end();
}

interface Refusal {
  readonly id: string;
  readonly what: string;
  readonly refused: Uint8Array;
  /** Nearly the same, and honest: it must be accepted. */
  readonly lookAlike: Uint8Array;
  readonly limits?: TarLimits;
}

const tight: TarLimits = { entries: 3, pathBytes: 40, pathDepth: 4, manifestBytes: 1000 };
const binarySize = (block: Buffer): void =>
  void block.fill(0, 124, 136).fill(0x80, 124, 125).fill(1, 135, 136);

const refusals: readonly Refusal[] = [
  {
    id: 'archive/checksum',
    what: 'a changed header byte',
    refused: archive(member({ path: 'package/a', spoil: (block) => block.write('b', 8) })),
    lookAlike: archive(member({ path: 'package/b' })),
  },
  {
    id: 'archive/checksum',
    what: 'a signed sum, which GNU tar accepts and node-tar does not',
    refused: archive(
      member({
        path: 'package/é',
        spoil: (block) => {
          const sum = block.reduce(
            (total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte > 127 ? byte - 256 : byte),
            0,
          );
          block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
        },
      }),
    ),
    lookAlike: archive(member({ path: 'package/é' })),
  },
  {
    id: 'archive/format',
    what: 'a ustar header of another version, whose prefix only some readers honour',
    refused: archive(
      member({ path: 'a', prefix: 'package', patch: (block) => block.write('\0\0', 263, 'latin1') }),
    ),
    lookAlike: archive(member({ path: 'a', prefix: 'package' })),
  },
  {
    id: 'archive/format',
    what: 'a v7 header without magic',
    refused: archive(member({ path: 'package/a', format: 'v7' })),
    lookAlike: archive(member({ path: 'package/a', format: 'gnu' })),
  },
  {
    id: 'archive/field-junk',
    what: 'bytes behind the end of the name',
    refused: archive(member({ path: 'package/a\0\nb' })),
    lookAlike: archive(member({ path: `package/${'a'.repeat(92)}` })),
  },
  {
    id: 'archive/field-junk',
    what: 'bytes behind the end of the prefix',
    refused: archive(member({ path: 'a', prefix: 'package\0x' })),
    lookAlike: archive(
      member({
        path: 'a',
        prefix: 'package',
        patch: (block) => block.write('15027316364 15027316364 ', 476, 'latin1'),
      }),
    ),
  },
  {
    id: 'archive/field-junk',
    what: "a prefix in GNU's format, where sparse maps lie",
    refused: archive(member({ path: 'a', prefix: 'x'.repeat(40), format: 'gnu' })),
    lookAlike: archive(member({ path: 'package/a', format: 'gnu' })),
  },
  {
    id: 'archive/field-junk',
    what: "times in GNU's format, which some readers take for a prefix",
    refused: archive(
      member({
        path: 'package/a',
        format: 'gnu',
        patch: (block) => block.write('15027316364\0', 345, 'latin1'),
      }),
    ),
    lookAlike: archive(
      member({ path: 'package/a', patch: (block) => block.write('15027316364\0', 476, 'latin1') }),
    ),
  },
  {
    id: 'archive/number',
    what: 'junk after the digits of a size',
    refused: archive(
      member({
        path: 'package/a',
        content: 'x',
        patch: (block) => block.write('0000000001x\0', 124, 'latin1'),
      }),
    ),
    lookAlike: archive(
      member({
        path: 'package/a',
        content: 'x',
        patch: (block) => block.write('          1 ', 124, 'latin1'),
      }),
    ),
  },
  {
    id: 'archive/number',
    what: 'blanks where a number belongs, an error to GNU tar',
    refused: archive(member({ path: 'package/a', patch: (block) => block.fill(0x20, 108, 116) })),
    lookAlike: archive(member({ path: 'package/a', patch: (block) => block.fill(0, 108, 116) })),
  },
  {
    id: 'archive/number',
    what: 'a size with a sign',
    refused: archive(
      member({ path: 'package/a', patch: (block) => block.write('-0000000001\0', 124, 'latin1') }),
    ),
    lookAlike: archive(member({ path: 'package/a', patch: (block) => block.fill(0, 124, 136) })),
  },
  {
    id: 'archive/number',
    what: 'a base-256 size',
    refused: archive(member({ path: 'package/a', content: 'x', patch: binarySize })),
    lookAlike: archive(
      member({
        path: 'package/a',
        content: 'x',
        patch: (block) => block.fill(0, 108, 116).fill(0x80, 108, 109).fill(7, 113, 116),
      }),
    ),
  },
  {
    id: 'archive/number',
    what: 'a negative base-256 time',
    refused: archive(member({ path: 'package/a', patch: (block) => block.fill(0xff, 136, 148) })),
    lookAlike: archive(member({ path: 'package/a', patch: (block) => block.fill(0, 136, 148) })),
  },
  {
    id: 'archive/hardlink',
    what: 'a hard link',
    refused: archive(manifest, member({ path: 'package/a', flag: '1', linkname: 'package/package.json' })),
    lookAlike: archive(manifest, member({ path: 'package/a' })),
  },
  {
    id: 'archive/hardlink',
    what: 'a hard link with a size, in which GNU tar finds members and others content',
    refused: archive(
      member({ path: 'package/a', flag: '1', linkname: 'package/b', content: file('package/hidden', 'x') }),
    ),
    lookAlike: archive(member({ path: 'package/a', content: file('package/hidden', 'x') })),
  },
  {
    id: 'archive/symlink',
    what: 'a symbolic link',
    refused: archive(manifest, member({ path: 'package/a', flag: '2', linkname: '../../x' })),
    lookAlike: archive(manifest, file('package/a', '../../x')),
  },
  {
    id: 'archive/symlink',
    what: 'a symbolic link with a size',
    refused: archive(
      member({ path: 'package/a', flag: '2', linkname: 'b', content: file('package/hidden') }),
    ),
    lookAlike: archive(member({ path: 'package/a', content: file('package/hidden') })),
  },
  {
    id: 'archive/device',
    what: 'a character device',
    refused: archive(member({ path: 'package/a', flag: '3' })),
    lookAlike: archive(manifest),
  },
  {
    id: 'archive/device',
    what: 'a block device',
    refused: archive(member({ path: 'package/a', flag: '4' })),
    lookAlike: archive(manifest),
  },
  {
    id: 'archive/fifo',
    what: 'a named pipe',
    refused: archive(member({ path: 'package/a', flag: '6' })),
    lookAlike: archive(manifest),
  },
  {
    id: 'archive/sparse',
    what: 'a sparse file',
    refused: archive(member({ path: 'package/a', flag: 'S', format: 'gnu' })),
    lookAlike: archive(manifest),
  },
  ...['7', 'A', 'D', 'K', 'M', 'N', 'V', 'X', 'Z', '8', ' '].map((flag) => ({
    id: 'archive/member-type',
    what: `type flag ${JSON.stringify(flag)}`,
    refused: archive(manifest, member({ path: 'package/a', flag })),
    lookAlike: archive(manifest, member({ path: 'package/a', flag: '\0' })),
  })),
  {
    id: 'archive/linkname',
    what: 'a file that names a link target',
    refused: archive(member({ path: 'package/a', linkname: 'b' })),
    lookAlike: archive(member({ path: 'package/a', linkname: '' })),
  },
  {
    id: 'archive/directory-size',
    what: 'a directory with a size',
    refused: archive(member({ path: 'package/d/', flag: '5', content: file('package/hidden', 'x') })),
    lookAlike: archive(directory('package/d'), file('package/hidden', 'x')),
  },
  {
    id: 'archive/special-mode',
    what: 'a setuid file',
    refused: archive(file('package/a', '', 0o4755)),
    lookAlike: archive(file('package/a', '', 0o755)),
  },
  {
    id: 'archive/special-mode',
    what: 'a setgid directory',
    refused: archive(directory('package', 0o2755), manifest),
    lookAlike: archive(directory('package', 0o777), manifest),
  },
  {
    id: 'archive/special-mode',
    what: 'a sticky directory',
    refused: archive(directory('package', 0o1777), manifest),
    lookAlike: archive(file('package/a', '', 0o100644)),
  },
  {
    id: 'archive/path-absolute',
    what: 'an absolute path',
    refused: archive(file('/package/a')),
    lookAlike: archive(file('package/a')),
  },
  {
    id: 'archive/path-dotdot',
    what: 'a way up',
    refused: archive(file('package/../../a')),
    lookAlike: archive(file('package/..a/b...')),
  },
  {
    id: 'archive/path-dotdot',
    what: 'a way up with a space, which is `..` to Windows',
    refused: archive(file('package/.. /a')),
    lookAlike: archive(file('package/. a')),
  },
  {
    id: 'archive/path-dot',
    what: 'a leading `./`',
    refused: archive(file('./package/a')),
    lookAlike: archive(file('package/.a')),
  },
  {
    id: 'archive/duplicate-path',
    what: 'one name written with and without a `.` inside, with other bytes',
    refused: archive(file('package/a', 'one'), file('package/./a', 'two')),
    lookAlike: archive(file('package/a', 'one'), file('package/./a', 'one')),
  },
  {
    id: 'archive/duplicate-path',
    what: 'the same path twice, whatever the bytes',
    refused: archive(file('package/./a', 'one'), file('package/./a', 'one')),
    lookAlike: archive(file('package/./a', 'one'), file('package/b', 'one')),
  },
  {
    id: 'archive/path-dotdot',
    what: 'a way up behind a `.`',
    refused: archive(file('package/./../../a')),
    lookAlike: archive(file('package/./.a')),
  },
  {
    id: 'archive/path-empty',
    what: 'an extended header without a name, which node-tar skips',
    refused: archive(pax({ path: 'package/a' }, 'x', { path: '' }), file('x')),
    lookAlike: archive(pax({ path: 'package/a' }), file('')),
  },
  {
    id: 'archive/path-empty',
    what: 'a doubled slash',
    refused: archive(file('package//a')),
    lookAlike: archive(file('package/a')),
  },
  {
    id: 'archive/path-empty',
    what: 'no name',
    refused: archive(member({ path: '' })),
    lookAlike: archive(file('package/ ')),
  },
  {
    id: 'archive/path-empty',
    what: 'a directory with two slashes',
    refused: archive(directory('package/d//')),
    lookAlike: archive(directory('package/d/')),
  },
  {
    id: 'archive/path-backslash',
    what: 'a backslash',
    refused: archive(file('package/..\\a')),
    lookAlike: archive(file('package/a|b')),
  },
  {
    id: 'archive/path-control',
    what: 'a newline',
    refused: archive(file('package/a\nb')),
    lookAlike: archive(file('package/a b')),
  },
  {
    id: 'archive/path-control',
    what: 'an escape sequence',
    refused: archive(file('package/\u001b[2J')),
    lookAlike: archive(file('package/[2J')),
  },
  {
    id: 'archive/path-control',
    what: 'a NUL in a long name',
    refused: archive(gnuLong('package/a\0b'), file('x')),
    lookAlike: archive(gnuLong('package/ab'), file('x')),
  },
  {
    id: 'archive/path-encoding',
    what: 'a name that is not UTF-8',
    refused: archive(member({ path: Buffer.from('package/\xe9', 'latin1') })),
    lookAlike: archive(file('package/é')),
  },
  {
    id: 'archive/path-drive',
    what: 'a drive letter',
    refused: archive(file('package/C:/a')),
    lookAlike: archive(file('package/ab:c')),
  },
  {
    id: 'archive/path-too-long',
    what: 'a path over the limit',
    refused: archive(file(`package/${'a'.repeat(33)}`)),
    lookAlike: archive(file(`package/${'a'.repeat(32)}`)),
    limits: tight,
  },
  {
    id: 'archive/path-too-deep',
    what: 'a path over the depth limit',
    refused: archive(file('p/a/b/c/d')),
    lookAlike: archive(file('p/a/b/c')),
    limits: tight,
  },
  {
    id: 'archive/too-many-entries',
    what: 'one member too many',
    refused: archive(file('p/a'), file('p/b'), file('p/c'), file('p/d')),
    lookAlike: archive(file('p/a'), file('p/b'), file('p/c')),
    limits: tight,
  },
  {
    id: 'archive/too-many-entries',
    what: 'global headers without end',
    refused: archive(...Array.from({ length: 12 }, () => pax({ comment: 'x' }, 'g')), file('p/a')),
    lookAlike: archive(pax({ comment: 'x' }, 'g'), file('p/a')),
    limits: tight,
  },
  {
    id: 'archive/too-many-folders',
    what: 'more folders than names should need',
    refused: archive(
      ...Array.from({ length: 9 }, (_, top) =>
        file(
          `p/${Array.from({ length: 45 }, (_, at) => String.fromCharCode(97 + ((top + at) % 26))).join('/')}`,
        ),
      ),
      ...Array.from({ length: 12 }, (_, at) => [
        pax({ path: `p/${at}/${'q/'.repeat(250)}x` }),
        file('x'),
      ]).flat(),
    ),
    lookAlike: archive(file('p/a'), file('p/b')),
    limits: { entries: 30, pathBytes: 4000, pathDepth: 500, manifestBytes: 1 },
  },
  {
    id: 'archive/duplicate-path',
    what: 'the same file twice',
    refused: archive(file('package/a', '1'), file('package/a', '2')),
    lookAlike: archive(file('package/a', '1'), file('package/b', '1')),
  },
  {
    id: 'archive/duplicate-path',
    what: 'the same directory twice',
    refused: archive(directory('package/d'), directory('package/d')),
    lookAlike: archive(file('package/d/a'), directory('package/d')),
  },
  {
    id: 'archive/colliding-path',
    what: 'names that differ in case',
    refused: archive(file('package/README'), file('package/readme')),
    lookAlike: archive(file('package/Lib/a'), file('package/lib/b')),
  },
  {
    id: 'archive/colliding-path',
    what: 'ß and ss (CVE-2026-23950)',
    refused: archive(file('package/straße'), file('package/strasse')),
    lookAlike: archive(file('package/straße'), file('package/strase')),
  },
  {
    id: 'archive/colliding-path',
    what: 'ẞ and ß',
    refused: archive(file('package/ẞ'), file('package/ß')),
    lookAlike: archive(file('package/ß')),
  },
  {
    id: 'archive/colliding-path',
    what: 'the Kelvin sign and k',
    refused: archive(file('package/\u212a'), file('package/k')),
    lookAlike: archive(file('package/\u212a')),
  },
  {
    id: 'archive/colliding-path',
    what: 'two sigmas',
    refused: archive(file('package/ας'), file('package/ασ')),
    lookAlike: archive(file('package/ας')),
  },
  {
    id: 'archive/colliding-path',
    what: 'composed and decomposed letters',
    refused: archive(file('package/\u00e9'), file('package/e\u0301')),
    lookAlike: archive(file('package/\u00e9'), file('package/e')),
  },
  {
    id: 'archive/colliding-path',
    what: 'canonically equivalent marks in another order',
    refused: archive(file('package/\u1fb4'), file('package/\u03b1\u0345\u0301')),
    lookAlike: archive(file('package/\u1fb4'), file('package/\u03b1\u0301')),
  },
  {
    id: 'archive/colliding-path',
    what: 'a trailing dot, which Windows drops',
    refused: archive(file('package/a'), file('package/a.')),
    lookAlike: archive(file('package/a'), file('package/.a')),
  },
  {
    id: 'archive/colliding-path',
    what: 'a zero-width character, which HFS+ ignores',
    refused: archive(file('package/.git'), file('package/.g\u200cit')),
    lookAlike: archive(file('package/.git')),
  },
  {
    id: 'archive/colliding-path',
    what: 'folders that differ in case above one name',
    refused: archive(file('package/Lib/a'), file('package/lib/a')),
    lookAlike: archive(file('package/Lib/a'), file('package/lib2/a')),
  },
  {
    id: 'archive/file-as-directory',
    what: 'a file, then something in it',
    refused: archive(file('package/a'), file('package/a/b')),
    lookAlike: archive(file('package/a'), file('package/ab/b')),
  },
  {
    id: 'archive/file-as-directory',
    what: 'something in it, then the file, in another case',
    refused: archive(file('package/a/b'), file('package/A')),
    lookAlike: archive(file('package/a/b'), directory('package/a')),
  },
  {
    id: 'archive/file-as-directory',
    what: 'a directory and a file of one name',
    refused: archive(directory('package/a'), file('package/a')),
    lookAlike: archive(directory('package/a'), file('package/a/a')),
  },
  {
    id: 'archive/trailing-slash-file',
    what: 'a file whose name ends in a slash',
    refused: archive(member({ path: 'package/a/' })),
    lookAlike: archive(member({ path: 'package/a/', flag: '5' })),
  },
  {
    id: 'archive/pax-global',
    what: 'a global path',
    refused: archive(pax({ path: 'package/evil' }, 'g'), manifest),
    lookAlike: archive(pax({ comment: 'f00d' }, 'g'), manifest),
  },
  {
    id: 'archive/pax-global',
    what: 'a global size',
    refused: archive(pax({ size: '0' }, 'g'), manifest),
    lookAlike: archive(pax({ size: '2' }), manifest),
  },
  {
    id: 'archive/pax-global',
    what: 'a global link target',
    refused: archive(pax({ linkpath: 'x' }, 'g'), manifest),
    lookAlike: archive(manifest),
  },
  {
    id: 'archive/pax-global',
    what: 'a global mode',
    refused: archive(pax({ mode: '511' }, 'g'), manifest),
    lookAlike: archive(pax({ comment: '' }, 'g'), manifest),
  },
  {
    id: 'archive/pax-size',
    what: 'a size other than the header says (CVE-2025-62518)',
    refused: archive(pax({ size: '1024' }), file('package/a', '12345')),
    lookAlike: archive(pax({ size: '5' }), file('package/a', '12345')),
  },
  {
    id: 'archive/pax-size',
    what: 'a size where the header says none',
    refused: archive(pax({ size: '512' }), member({ path: 'package/a' }), file('package/b')),
    lookAlike: archive(pax({ size: '0' }), member({ path: 'package/a' }), file('package/b')),
  },
  {
    id: 'archive/meta-empty',
    what: "an empty PAX header, after which tar-stream reads the next file's content as its records",
    refused: archive(paxData(''), file('package/a', paxRecord('path', 'package/evil')), file('package/b')),
    lookAlike: archive(
      pax({ mtime: '1' }),
      file('package/a', paxRecord('path', 'package/evil')),
      file('package/b'),
    ),
  },
  {
    id: 'archive/meta-stacked',
    what: 'a long name after a PAX size (GHSA-vmf3-w455-68vh)',
    refused: archive(pax({ size: '512' }), gnuLong('package/a'), file('x')),
    lookAlike: archive(gnuLong('package/a'), file('x')),
  },
  {
    id: 'archive/meta-stacked',
    what: 'two PAX headers',
    refused: archive(pax({ path: 'package/a' }), pax({ mtime: '1' }), file('x')),
    lookAlike: archive(pax({ path: 'package/a', mtime: '1' }), file('x')),
  },
  {
    id: 'archive/meta-stacked',
    what: 'a global header between a header and its member',
    refused: archive(pax({ path: 'package/a' }), pax({ comment: 'x' }, 'g'), file('x')),
    lookAlike: archive(pax({ comment: 'x' }, 'g'), pax({ path: 'package/a' }), file('x')),
  },
  {
    id: 'archive/meta-dangling',
    what: 'a PAX header at the end',
    refused: archive(manifest, pax({ path: 'package/a' })),
    lookAlike: archive(manifest, pax({ comment: 'x' }, 'g')),
  },
  {
    id: 'archive/meta-too-large',
    what: 'a PAX header of a megabyte, which node-tar ignores',
    refused: archive(pax({ comment: 'x'.repeat(1 << 20), path: 'package/b' }), manifest),
    lookAlike: archive(pax({ comment: 'x'.repeat(1 << 17) }), manifest),
  },
  {
    id: 'archive/pax-duplicate-key',
    what: 'two paths',
    refused: archive(
      pax([
        ['path', 'package/a'],
        ['path', 'package/b'],
      ]),
      file('x'),
    ),
    lookAlike: archive(pax({ path: 'package/a' }), file('x')),
  },
  ...[
    'linkpath',
    'type',
    'mode',
    'hdrcharset',
    'charset',
    'GNU.sparse.name',
    'GNU.sparse.realsize',
    'SCHILY.realsize',
    'SCHILY.filetype',
    'SUN.holesdata',
  ].map((key) => ({
    id: 'archive/pax-key',
    what: `key ${key}`,
    refused: archive(pax({ [key]: '1' }), manifest),
    lookAlike: archive(pax({ 'SCHILY.ino': '1', 'NODETAR.type': 'File', uname: 'x' }), manifest),
  })),
  {
    id: 'archive/pax-key',
    what: 'an empty path, which deletes it for some',
    refused: archive(pax({ path: '' }), manifest),
    lookAlike: archive(pax({ uname: '' }), manifest),
  },
  {
    id: 'archive/pax-key',
    what: 'a size that is no number',
    refused: archive(pax({ size: '0x2' }), manifest),
    lookAlike: archive(pax({ size: '2' }), manifest),
  },
  {
    id: 'archive/pax-key',
    what: 'a time that is none',
    refused: archive(pax({ mtime: 'now' }), manifest),
    lookAlike: archive(pax({ mtime: '1700000000.123456789' }), manifest),
  },
  {
    id: 'archive/pax-value',
    what: 'a record inside a value, which node-tar splits off',
    refused: archive(pax({ comment: `x\n${paxRecord('path', 'package/evil').toString()}` }), manifest),
    lookAlike: archive(pax({ comment: 'x 21 path=package/evil' }), manifest),
  },
  {
    id: 'archive/pax-value',
    what: 'a NUL in a path',
    refused: archive(pax({ path: 'package/a\0b' }), file('x')),
    lookAlike: archive(pax({ path: 'package/ab' }), file('x')),
  },
  {
    id: 'archive/pax-malformed',
    what: 'a length that is wrong',
    refused: archive(paxData('18 path=package/ab\n'), file('x')),
    lookAlike: archive(paxData('19 path=package/ab\n'), file('x')),
  },
  {
    id: 'archive/pax-malformed',
    what: 'a length with a leading zero',
    refused: archive(paxData('020 path=package/ab\n'), file('x')),
    lookAlike: archive(paxData('20 path=package/abc\n'), file('x')),
  },
  {
    id: 'archive/pax-malformed',
    what: 'no equals sign',
    refused: archive(paxData('8 path\n\n'), file('package/x')),
    lookAlike: archive(paxData('8 uid=0\n'), file('package/x')),
  },
  {
    id: 'archive/pax-malformed',
    what: 'bytes after the last record',
    refused: archive(paxData('12 mtime=12\n\0\0'), file('package/x')),
    lookAlike: archive(paxData('12 mtime=12\n'), file('package/x')),
  },
  {
    id: 'archive/data-after-end',
    what: 'a member after the end',
    refused: archive(manifest, zeroBlocks(2), file('package/hidden')),
    lookAlike: archive(manifest, zeroBlocks(16)),
  },
  {
    id: 'archive/data-after-end',
    what: 'a member after one zero block, where GNU tar stops and node-tar reads on',
    refused: archive(manifest, zeroBlocks(1), file('package/hidden')),
    lookAlike: Buffer.concat([manifest, zeroBlocks(1)]),
  },
  {
    id: 'archive/truncated',
    what: 'the end inside a member',
    refused: file('package/a', 'x'.repeat(1000)).subarray(0, 1024),
    lookAlike: file('package/a', 'x'.repeat(1000)),
  },
  {
    id: 'archive/truncated',
    what: 'the end inside the padding',
    refused: file('package/a', 'x').subarray(0, 600),
    lookAlike: archive(file('package/a', 'x')),
  },
  {
    id: 'archive/partial-block',
    what: 'half a header',
    refused: Buffer.concat([manifest, manifest.subarray(0, 200)]),
    lookAlike: archive(manifest),
  },
  {
    id: 'archive/partial-block',
    what: 'half a zero block',
    refused: Buffer.concat([manifest, Buffer.alloc(700)]),
    lookAlike: archive(manifest),
  },
  { id: 'archive/empty', what: 'no members', refused: zeroBlocks(2), lookAlike: archive(file('package/a')) },
  { id: 'archive/empty', what: 'no bytes', refused: Buffer.alloc(0), lookAlike: archive(file('package/a')) },
  {
    id: 'archive/outside-top-folder',
    what: 'a file without a folder, which npm drops and pnpm keeps',
    refused: archive(manifest, file('package.json')),
    lookAlike: archive(directory('package'), manifest),
  },
  {
    id: 'archive/colliding-after-strip',
    what: 'two top folders with one name inside',
    refused: archive(manifest, file('other/package.json', '{"name":"x"}')),
    lookAlike: archive(manifest, file('other/readme')),
  },
  {
    id: 'archive/colliding-after-strip',
    what: 'two top folders, in another case',
    refused: archive(manifest, file('other/Package.JSON')),
    lookAlike: archive(directory('package/a'), directory('other/a'), manifest),
  },
];

for (const { id, what, refused, lookAlike, limits } of refusals) {
  test(`${id} refuses ${what}, and accepts its honest look-alike`, () => {
    const ids = read(refused, limits).findings.map((item) => item.id);
    assert.ok(ids.includes(id), `${JSON.stringify(ids)} lacks ${id}`);
    assert.deepEqual(read(lookAlike, limits).findings, []);
  });
}

test('every finding of the tar reader has a case here', () => {
  const elsewhere = /^archive\/(gzip-.*|not-gzip|too-large|ratio|disagreement)$/;
  const covered = new Set(refusals.map((refusal) => refusal.id));
  assert.deepEqual(
    findingIds.filter((id) => !elsewhere.test(id) && !covered.has(id)),
    [],
  );
});

test('members are listed in order with type, permissions, size and digest', () => {
  const listing = read(archive(directory('package'), file('package/b', 'two', 0o755), file('package/a', '')));
  assert.deepEqual(listing.members, [
    { path: 'package', type: 'directory', mode: 0o755, sizeBytes: 0, sha256: sha256('') },
    { path: 'package/b', type: 'file', mode: 0o755, sizeBytes: 3, sha256: sha256('two') },
    { path: 'package/a', type: 'file', mode: 0o644, sizeBytes: 0, sha256: sha256('') },
  ]);
  assert.equal(listing.totalBytes, 3);
});

test('names come from the prefix, a PAX path or a GNU long name', () => {
  const deep = `package/${'d/'.repeat(60)}f`;
  const prefixes = [
    'package',
    `package/${'p'.repeat(122)}`,
    `package/${'p'.repeat(123)}`,
    `package/${'p'.repeat(146)}`,
    `package/${'p'.repeat(147)}`,
  ];
  const parts = prefixes.map((prefix) => member({ path: 'f', prefix }));
  const listing = read(
    archive(...parts, pax({ path: `${deep}1` }), file('short'), gnuLong(`${deep}2`), file('short')),
  );
  assert.deepEqual(listing.findings, []);
  assert.deepEqual(
    listing.members.map((each) => each.path),
    [...prefixes.map((prefix) => `${prefix}/f`), `${deep}1`, `${deep}2`],
  );
});

test('the size of the pieces makes no difference', () => {
  const bytes = archive(
    pax({ path: 'package/é' }),
    file('x', 'y'.repeat(1300)),
    directory('package/d'),
    manifest,
  );
  const whole = read(bytes);
  assert.equal(whole.members.length, 3);
  for (const step of [1, 7, 511, 512, 513, 1024])
    assert.deepEqual(read(bytes, defaultArchiveLimits, step), whole);
});

test('the manifest of the top folder is kept, whatever the folder is called; no other package.json is', () => {
  const listing = read(
    archive(file('odd name/lib/package.json', 'no'), file('odd name/package.json', 'yes')),
  );
  assert.equal(Buffer.from(listing.kept ?? '').toString(), 'yes');
  assert.equal(read(archive(file('package/lib/package.json', 'no'))).kept, undefined);
});

test('a manifest over its limit is not kept, and the member is still listed', () => {
  const bytes = archive(file('package/package.json', 'x'.repeat(1001)));
  assert.equal(read(bytes, { ...defaultArchiveLimits, manifestBytes: 1001 }).kept?.length, 1001);
  const over = read(bytes, { ...defaultArchiveLimits, manifestBytes: 1000 });
  assert.equal(over.kept, undefined);
  assert.equal(over.members.length, 1);
});

test('findings are bounded, and reading stops there', () => {
  const listing = read(archive(...Array.from({ length: 100 }, () => file('../x'))));
  assert.equal(listing.findings.length, 32);
});

test('a name like __proto__ is a name like any other', () => {
  const listing = read(archive(file('package/__proto__/constructor', '1'), file('__proto__/toString', '2')));
  assert.deepEqual(listing.findings, []);
  assert.equal(listing.members.length, 2);
});

test('a `.` inside a path is left out of the name, also of the manifest (agent-base, webpack-cli)', () => {
  const reading = read(archive(file('package/./lib/a.js'), file('package/./package.json')));
  assert.deepEqual(
    reading.members.map(({ path }) => path),
    ['package/lib/a.js', 'package/package.json'],
  );
  assert.ok(reading.kept !== undefined);
});
