/** What a single header can say that readers take differently. */
import type { Refusal } from './refusal.ts';
import { archive, directory, file, member } from '../tar-builder.ts';

const manifest = file('package/package.json', '{}');

const binarySize = (block: Buffer): void =>
  void block.fill(0, 124, 136).fill(0x80, 124, 125).fill(1, 135, 136);

export const headerRefusals: readonly Refusal[] = [
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
];
