/** Random archives that lie in the places where tar readers are known to part: for fuzzing. Headers keep sound checksums. */
import fc from 'fast-check';
import { file, gnuLong, member, pax, paxData, zeroBlocks, type MemberOptions } from './tar-builder.ts';

const oddPaths = fc.constantFrom(
  'package/a',
  'package/b',
  'package/A',
  'package/d/',
  'package/d',
  'package/d/e',
  'package/é',
  'package/package.json',
  'x',
  'x/y',
  './package/a',
  'package//a',
  '/a',
  '../a',
  'package/a\0b',
  'package/a\nb',
  `package/${'l'.repeat(91)}`,
  `package/${'l'.repeat(92)}`,
  '',
);
const paths = fc.oneof(
  { weight: 5, arbitrary: fc.nat(5000).map((at) => `package/${at}`) },
  { weight: 1, arbitrary: oddPaths },
);
const flags = fc.oneof(
  { weight: 9, arbitrary: fc.constant('0') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '\0',
      '5',
      '7',
      '1',
      '2',
      '3',
      '6',
      'x',
      'g',
      'L',
      'K',
      'S',
      'D',
      'N',
      'V',
      'X',
      'A',
    ),
  },
);
const contents = fc.oneof(
  fc.constantFrom('', 'x', 'y'.repeat(512), 'z'.repeat(700)),
  fc.constant(file('package/hidden', 'h').toString('latin1')),
);
const numbers = [
  '0000000001\0',
  '00000000000 ',
  '          0\0',
  '0000001000\0',
  '1000',
  '-1',
  '0x10',
  '7777777',
  '644 ',
  '0\u00007',
  '8',
  '+1',
  '1.0',
];

/** Overwrites one header field, or a few bytes anywhere, before the checksum is made. */
const patches: fc.Arbitrary<(block: Buffer) => void> = fc.oneof(
  { weight: 5, arbitrary: fc.constant(() => undefined) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        at: fc.constantFrom(100, 108, 116, 124, 136, 329, 337, 476, 488),
        text: fc.constantFrom(...numbers),
        fill: fc.constantFrom(0, 32),
      })
      .map(({ at, text, fill }) => (block: Buffer) => {
        const length = at === 124 || at === 136 || at > 400 ? 12 : 8;
        block.fill(fill, at, at + length);
        block.write(text, at, length, 'latin1');
      }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ at: fc.nat(511), bytes: fc.uint8Array({ minLength: 1, maxLength: 3 }) }).map(
      ({ at, bytes }) =>
        (block: Buffer) =>
          block.set(bytes.subarray(0, 512 - at), at),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('ustar\0\0\0', 'ustar  \0', 'ustar 00', '\0\0\0\0\0\0\0\0')
      .map((magic) => (block: Buffer) => void block.write(magic, 257, 'latin1')),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0x80, 0xff)
      .map(
        (first) => (block: Buffer) => void block.fill(0, 124, 136).fill(first, 124, 125).fill(1, 135, 136),
      ),
  },
);

const members: fc.Arbitrary<Buffer> = fc
  .record({
    path: paths,
    flag: flags,
    content: contents,
    patch: patches,
    mode: fc.constantFrom(0o644, 0o644, 0o644, 0o755, 0o755, 0o4755, 0o100644),
    prefix: fc.constantFrom('', '', 'package', 'p'.repeat(131)),
    size: fc.constantFrom(undefined, undefined, undefined, 0, 1, 512),
  })
  .map(({ size, content, ...options }) => {
    const made: MemberOptions = { ...options, content: Buffer.from(content, 'latin1') };
    return member(size === undefined ? made : { ...made, sizeBytes: size });
  });

const keys = [
  'path',
  'size',
  'linkpath',
  'mtime',
  'uid',
  'comment',
  'type',
  'mode',
  'GNU.sparse.name',
  'SCHILY.realsize',
  'hdrcharset',
  'NODETAR.x',
];
const values = [
  'package/p',
  'package/q/',
  '0',
  '1',
  '512',
  '1024',
  '',
  'x\n12 size=1024\n',
  'x\0y',
  '1.5',
  'File',
  'é',
];
const records = fc.array(fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...values)), { maxLength: 3 });

const metas: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .record({ records, flag: fc.constantFrom('x', 'x', 'x', 'g') })
    .map(({ records, flag }) => pax(records, flag === 'g' ? 'g' : 'x')),
  fc
    .constantFrom(
      '9 path=a\n',
      '010 path=a\n',
      '10 path=ab\n',
      '99 path=a\n',
      'path',
      '10 path=ab\n\0\0',
      ' 10 path=ab\n',
    )
    .map((data) => paxData(data)),
  fc.constantFrom('package/long', 'package/long/', 'package/a\0b', '').map((path) => gnuLong(path)),
);

export const lyingArchive: fc.Arbitrary<Buffer> = fc
  .record({
    parts: fc.array(
      fc.oneof(
        { weight: 5, arbitrary: members },
        { weight: 2, arbitrary: metas },
        { weight: 1, arbitrary: fc.constantFrom(zeroBlocks(1), zeroBlocks(2)) },
      ),
      { minLength: 1, maxLength: 5 },
    ),
    end: fc.constantFrom(0, 1, 2, 2, 2, 20),
    cut: fc.constantFrom(0, 0, 0, 0, 1, 100, 512),
  })
  .map(({ parts, end, cut }) => {
    const whole = Buffer.concat([...parts, zeroBlocks(end)]);
    return whole.subarray(0, Math.max(0, whole.length - cut));
  });
