/** Names that readers or file systems take for different places. */
import type { Refusal } from './refusal.ts';
import { tight } from './refusal.ts';
import { archive, directory, file, gnuLong, member, pax } from '../tar-builder.ts';

const manifest = file('package/package.json', '{}');

export const pathRefusals: readonly Refusal[] = [
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
