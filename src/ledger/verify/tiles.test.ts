import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as fc from 'fast-check';

import { hash } from '../../../test/support/signed-notes.ts';
import { testTree } from '../../../test/support/trees.ts';
import { concat } from './bytes.ts';
import { encodeBundle, parseBundle } from './entry-bundle.ts';
import { inclusionPlan } from './proof-plan.ts';
import {
  newTiles,
  nodeHash,
  nodePlace,
  parseTile,
  parseTilePath,
  tileHash,
  tilePath,
  tilesOf,
  type Tile,
} from './tiles.ts';

const largest = Number.MAX_SAFE_INTEGER;
const count = 70_000;
const tree = testTree(count);

const tiles: fc.Arbitrary<Tile> = fc.record(
  {
    level: fc.oneof(fc.constant('entries' as const), fc.integer({ min: 0, max: 63 })),
    index: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: largest })),
    width: fc.integer({ min: 1, max: 256 }),
  },
  { noNullPrototype: true },
);

/** The bytes of a tile of the test tree. */
function tileBytes(tile: Tile): Uint8Array {
  const { level } = tile;
  assert.ok(level !== 'entries');
  return concat(
    Array.from({ length: tile.width }, (_, n) =>
      tree.node({ level: 8 * level, index: tile.index * 256 + n }),
    ),
  );
}

test('the names of the specification', () => {
  assert.equal(tilePath({ level: 1, index: 1_234_067, width: 256 }), 'tile/1/x001/x234/067');
  assert.equal(tilePath({ level: 'entries', index: 0, width: 255 }), 'tile/entries/000.p/255');
  const partial = [...tilesOf(70_000)].filter(({ width }) => width < 256);
  assert.deepEqual(partial.map(tilePath), [
    'tile/entries/273.p/112',
    'tile/0/273.p/112',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  assert.equal([...tilesOf(70_000)].length, 2 * 274 + 2 + 1);
  assert.deepEqual([...tilesOf(256)].map(tilePath), ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
  assert.deepEqual([...tilesOf(0)], []);
});

test('every tile has one name, and every other text is refused', () => {
  fc.assert(fc.property(tiles, (tile) => assert.deepEqual(parseTilePath(tilePath(tile)), tile)));
  const refused = [
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/000',
    'tile/0/001/000',
    'tile/0/x001',
    'tile/0/x001/x000',
    'tile/0/X001/000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/entry/000',
    'tile/0/000.p/0',
    'tile/0/000.p/00',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000/',
    'tile/0/000\n',
    '/tile/0/000',
    'tile/0/../000',
    'tile/8/0/000',
    `tile/0/${'x999/'.repeat(5)}999`,
    'tile/0/x009/x007/x199/x254/x740/992',
    '',
  ];
  for (const path of refused) assert.equal(parseTilePath(path), undefined, path);
  assert.equal(parseTilePath('tile/0/x009/x007/x199/x254/x740/991')?.index, largest);
});

test('a name with any edit is refused or names another tile', () => {
  const edits = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 3 }), fc.stringMatching(/^[x0-9./pe]{0,3}$/));
  fc.assert(
    fc.property(tiles, edits, (tile, [at, remove, insert]) => {
      const path = tilePath(tile);
      const edited = path.slice(0, at) + insert + path.slice(at + remove);
      const parsed = parseTilePath(edited);
      assert.ok(parsed === undefined || tilePath(parsed) === edited);
    }),
    { numRuns: 2000 },
  );
});

test('what is no tile gets no name', () => {
  const tile = { level: 0, index: 0, width: 1 };
  for (const wrong of [
    { level: 64 },
    { level: -1 },
    { index: -1 },
    { index: 2 ** 53 },
    { width: 0 },
    { width: 257 },
  ])
    assert.throws(() => tilePath({ ...tile, ...wrong }), RangeError);
});

test('when a log grows, the new files are those of the new tree that the old one had not', () => {
  const sizes = fc.oneof(
    fc.nat({ max: 1500 }),
    fc.constantFrom(255, 256, 257, 65_535, 65_536, 65_537, 70_000),
  );
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
      const before = new Set([...tilesOf(oldSize)].map(tilePath));
      const expected = [...tilesOf(newSize)].map(tilePath).filter((path) => !before.has(path));
      assert.deepEqual([...newTiles(oldSize, newSize)].map(tilePath), expected);
    }),
    { numRuns: 60 },
  );
  assert.throws(() => [...newTiles(2, 1)], RangeError);
});

test('every node of a tree is found in one of its tiles', () => {
  const nodes = fc
    .tuple(fc.integer({ min: 1, max: count }), fc.integer({ min: 0, max: 16 }), fc.nat())
    .map(([size, wanted, at]) => {
      const level = Math.min(wanted, Math.floor(Math.log2(size)));
      return { size, node: { level, index: at % Math.floor(size / 2 ** level) } };
    });
  fc.assert(
    fc.property(nodes, ({ size, node }) => {
      const place = nodePlace(node, size);
      const names = new Set([...tilesOf(size)].map(tilePath));
      assert.ok(names.has(tilePath(place.tile)));
      const found = nodeHash(place, tileBytes(place.tile), hash);
      assert.deepEqual(Buffer.from(found), Buffer.from(tree.node(node)));
    }),
  );
});

test('a hash is found in the full tile too when the partial one is gone', () => {
  const place = nodePlace({ level: 1, index: 3 }, 9);
  assert.equal(place.tile.width, 9);
  const full = tileBytes({ level: 0, index: 0, width: 256 });
  assert.deepEqual(Buffer.from(nodeHash(place, full, hash)), Buffer.from(tree.node({ level: 1, index: 3 })));
});

test('a node that the tree has not, and bytes that are no tile, are refused', () => {
  const wrong = [
    [{ level: 0, index: 5 }, 5],
    [{ level: 3, index: 0 }, 7],
    [{ level: -1, index: 0 }, 7],
    [{ level: 60, index: 0 }, 7],
    [{ level: 0, index: -1 }, 7],
    [{ level: 0, index: 0 }, 2 ** 53],
  ] as const;
  for (const [node, size] of wrong) assert.throws(() => nodePlace(node, size), RangeError);
  for (const length of [0, 31, 33, 257 * 32])
    assert.throws(() => parseTile(new Uint8Array(length)), RangeError);
  const place = nodePlace({ level: 2, index: 1 }, 8);
  assert.throws(() => nodeHash(place, tileBytes({ level: 0, index: 0, width: 7 }), hash), RangeError);
  assert.throws(() => tileHash(tileBytes({ level: 0, index: 0, width: 255 }), hash), RangeError);
});

test('a full tile hashes into the level above, a partial one never', () => {
  const full = tileBytes({ level: 0, index: 200, width: 256 });
  assert.deepEqual(Buffer.from(tileHash(full, hash)), Buffer.from(tree.node({ level: 8, index: 200 })));
});

test('a proof out of tiles of a large log is read from a few of them', () => {
  const names = new Set(
    inclusionPlan(123_456_789, 1_000_000_007)
      .flat()
      .map((node) => tilePath(nodePlace(node, 1_000_000_007).tile)),
  );
  assert.ok(names.size <= 8, [...names].join(' '));
});

const bundles = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 256 });

test('an entry bundle is read back, and only as it was written', () => {
  fc.assert(
    fc.property(bundles, fc.nat(), fc.nat({ max: 255 }), (entries, at, byte) => {
      const bytes = encodeBundle(entries);
      assert.deepEqual(
        parseBundle(bytes)?.map((entry) => [...entry]),
        entries.map((entry) => [...entry]),
      );
      const edited = [
        bytes.with(at % bytes.length, byte),
        bytes.subarray(0, at % bytes.length),
        Uint8Array.of(...bytes, byte),
      ];
      for (const other of edited) {
        const read = parseBundle(other);
        assert.ok(read === undefined || Buffer.from(encodeBundle(read)).equals(other));
      }
    }),
  );
});

test('a bundle has 1 to 256 entries of at most 65,535 bytes, and nothing after the last', () => {
  const longest = new Uint8Array(65_535).fill(7);
  assert.deepEqual(
    parseBundle(encodeBundle([longest, new Uint8Array(0)]))?.map(({ length }) => length),
    [65_535, 0],
  );
  assert.throws(() => encodeBundle([new Uint8Array(65_536)]), RangeError);
  assert.throws(() => encodeBundle([]), RangeError);
  assert.throws(() => encodeBundle(Array.from({ length: 257 }, () => longest)), RangeError);
  assert.equal(parseBundle(new Uint8Array(0)), undefined);
  assert.equal(parseBundle(new Uint8Array(2 * 257)), undefined);
  assert.equal(parseBundle(new Uint8Array(2 * 256))?.length, 256);
  assert.equal(parseBundle(Uint8Array.of(0, 1, 9, 0)), undefined);
  assert.equal(parseBundle(Uint8Array.of(0, 2, 9)), undefined);
});
