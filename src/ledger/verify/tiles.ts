/**
 * The files of a tiled log (C2SP tlog-tiles): their names, which of them a tree has, and where in them a hash is.
 * A tile holds up to 256 hashes of subtrees with 256^level leaves; an entry bundle holds the entries under one tile
 * of level 0. Names are strict: every file has one.
 */
import { isCount, parseDecimal } from './bytes.ts';
import type { NodeId } from './proof-plan.ts';
import { hashBytes, perfectRoot, type Hash } from './rfc6962.ts';

export const tileWidth = 256;
const tileHeight = 8;
const maxLevel = 63;

export interface Tile {
  /** 0 to 63, or `entries` for an entry bundle. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries in it: 256 when it is full, fewer at the right edge of the tree. */
  readonly width: number;
}

/** `tile/1/x001/x234/067`, `tile/entries/000.p/8`. Throws RangeError for what is no tile. */
export function tilePath(tile: Tile): string {
  const { level, index, width } = tile;
  const isLevel = level === 'entries' || (isCount(level) && level <= maxLevel);
  if (!isLevel || !isCount(index) || !isCount(width) || width === 0 || width > tileWidth)
    throw new RangeError(`no tile: level ${level}, index ${index}, width ${width}`);
  const suffix = width === tileWidth ? '' : `.p/${width}`;
  return `tile/${level}/${indexPath(index)}${suffix}`;
}

/** Undefined for every text but those `tilePath` makes. */
export function parseTilePath(path: string): Tile | undefined {
  const match =
    /^tile\/(?<level>entries|[0-9]{1,2})\/(?<index>(?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/(?<width>[0-9]{1,3}))?$/.exec(
      path,
    );
  const { level: levelText = '', index: indexText = '', width: widthText } = match?.groups ?? {};
  const level = levelText === 'entries' ? levelText : parseDecimal(levelText);
  const index = Number(indexText.replace(/[x/]/g, ''));
  const width = widthText === undefined ? tileWidth : parseDecimal(widthText);
  if (match === null || level === undefined || width === undefined || !isCount(index)) return undefined;
  if (level !== 'entries' && level > maxLevel) return undefined;
  if (width === 0 || (widthText !== undefined && width >= tileWidth)) return undefined;
  // Leading groups of zeros would give a tile a second name.
  return indexPath(index) === indexText ? { level, index, width } : undefined;
}

/** 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/[0-9]{3}/g) ?? [];
  return groups.map((group, n) => (n === groups.length - 1 ? group : `x${group}`)).join('/');
}

/**
 * Every file that a tree of `size` has: bundles first, then tiles, level by level. One at a time, since a large log
 * has many.
 */
export function tilesOf(size: number): Generator<Tile> {
  return newTiles(0, size);
}

/**
 * The files that a tree of `newSize` has and one of `oldSize` has not, in the order of `tilesOf`: what a log writes
 * when it grows. A partial tile that grew is a new file. Throws RangeError unless oldSize <= newSize.
 */
export function* newTiles(oldSize: number, newSize: number): Generator<Tile> {
  if (!isCount(oldSize) || !isCount(newSize) || oldSize > newSize)
    throw new RangeError(`no growth from ${oldSize} to ${newSize}`);
  yield* newTilesOfLevel('entries', oldSize, newSize);
  let [oldHashes, newHashes] = [oldSize, newSize];
  for (let level = 0; newHashes > oldHashes; level += 1) {
    yield* newTilesOfLevel(level, oldHashes, newHashes);
    oldHashes = Math.floor(oldHashes / tileWidth);
    newHashes = Math.floor(newHashes / tileWidth);
  }
}

/** Sizes are in hashes of this level. */
function* newTilesOfLevel(level: Tile['level'], oldSize: number, newSize: number): Generator<Tile> {
  if (oldSize === newSize) return;
  for (let index = Math.floor(oldSize / tileWidth); index * tileWidth < newSize; index += 1)
    yield { level, index, width: Math.min(tileWidth, newSize - index * tileWidth) };
}

/** Where the hash of a node is: the fold of `count` hashes of `tile`, the first of them at `start`. */
export interface NodePlace {
  readonly tile: Tile;
  readonly start: number;
  readonly count: number;
}

/** In a tree of `size`. Throws RangeError when the tree has no such perfect subtree. */
export function nodePlace(node: NodeId, size: number): NodePlace {
  const { level, index } = node;
  if (!isCount(level) || !isCount(index) || !isCount(size) || (index + 1) * 2 ** level > size)
    throw new RangeError(`no node ${index} of level ${level} in a tree of size ${size}`);
  const tileLevel = Math.floor(level / tileHeight);
  const count = 2 ** (level % tileHeight);
  const first = index * count;
  const tile = Math.floor(first / tileWidth);
  const width = Math.min(tileWidth, Math.floor(size / tileWidth ** tileLevel) - tile * tileWidth);
  return { tile: { level: tileLevel, index: tile, width }, start: first % tileWidth, count };
}

/**
 * The node's hash out of the bytes of `place.tile`, or of a wider version of that tile. Throws RangeError when the
 * bytes are no tile that wide.
 */
export function nodeHash(place: NodePlace, tileBytes: Uint8Array, hash: Hash): Uint8Array {
  const hashes = parseTile(tileBytes).slice(place.start, place.start + place.count);
  if (hashes.length !== place.count) throw new RangeError('the tile is narrower than its name says');
  return perfectRoot(hashes, hash);
}

/** The hashes in a tile. Throws RangeError unless there are 1 to 256 whole ones. */
export function parseTile(bytes: Uint8Array): readonly Uint8Array[] {
  const width = bytes.length / hashBytes;
  if (!isCount(width) || width === 0 || width > tileWidth)
    throw new RangeError(`no tile has ${bytes.length} bytes`);
  return Array.from({ length: width }, (_, n) => bytes.subarray(n * hashBytes, (n + 1) * hashBytes));
}

/** The one hash a full tile contributes to the level above. Throws RangeError when it is not full. */
export function tileHash(tileBytes: Uint8Array, hash: Hash): Uint8Array {
  return nodeHash(
    { tile: { level: 0, index: 0, width: tileWidth }, start: 0, count: tileWidth },
    tileBytes,
    hash,
  );
}
