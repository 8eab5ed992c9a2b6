/** Extended headers, and the end of an archive. */
import type { Refusal } from './refusal.ts';
import { archive, file, gnuLong, member, pax, paxData, paxRecord, zeroBlocks } from '../tar-builder.ts';

const manifest = file('package/package.json', '{}');

export const metaRefusals: readonly Refusal[] = [
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
    id: 'archive/pax-key',
    what: 'a time over which GNU tar and Python fail',
    refused: archive(pax({ mtime: '9'.repeat(20) }), manifest),
    lookAlike: archive(pax({ mtime: '-62135596800.5' }), manifest),
  },
  {
    id: 'archive/pax-key',
    what: 'a user id over which GNU tar and Python fail',
    refused: archive(pax({ uid: '4294967296' }), manifest),
    lookAlike: archive(pax({ uid: '4294967295' }), manifest),
  },
  {
    id: 'archive/field-junk',
    what: 'records in the padding of a PAX header, which Python reads',
    refused: archive(inPadding(pax({ path: 'package/a' }), paxRecord('path', 'package/evil')), file('x')),
    lookAlike: archive(pax({ path: 'package/a' }), inPadding(file('package/x', 'x'), Buffer.from('junk'))),
  },
  {
    id: 'archive/linkname',
    what: 'a link target on an extended header, whose member Yarn Berry drops',
    refused: archive(pax({ path: 'package/a' }, 'x', { linkname: 'foo' }), file('x')),
    lookAlike: archive(pax({ path: 'package/a' }), file('x')),
  },
  {
    id: 'archive/pax-value',
    what: 'a NUL in a comment',
    refused: archive(pax({ comment: 'a\0b' }), manifest),
    lookAlike: archive(
      pax({ 'SCHILY.xattr.com.apple.provenance': Buffer.from([1, 2, 0, 0x8f, 0xe2]) }),
      manifest,
    ),
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
];

/** Bytes where a member's padding is, right after its content: the header says how long that is. */
function inPadding(whole: Buffer, junk: Buffer): Buffer {
  const sizeBytes = Number.parseInt(whole.subarray(124, 135).toString('latin1'), 8);
  const changed = Buffer.from(whole);
  junk.copy(changed, 512 + sizeBytes);
  return changed;
}
