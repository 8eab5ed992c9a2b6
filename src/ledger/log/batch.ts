/**
 * Growing the log. All that is needed of the tree so far is its right edge: the partial tile of each level and the
 * partial entry bundle, at most 255 of each. Out of it and the new entries come the new files and the new root.
 */
import { AssayError } from '../../core/errors.ts';
import { concat, equalBytes, toHex } from '../verify/bytes.ts';
import { encodeBundle, parseBundle } from '../verify/entry-bundle.ts';
import { maxEntryBytes } from '../verify/leaf.ts';
import { foldNodes } from '../verify/proof-plan.ts';
import { hashLeaf, perfectRoot } from '../verify/rfc6962.ts';
import { parseTile, tilePath, tileWidth, type Tile } from '../verify/tiles.ts';
import { readTile, type ReadFile } from './read-tile.ts';
import { sha256 } from './sha256.ts';

export interface Edge {
  readonly size: number;
  /** Of the partial entry bundle; none when the size is a multiple of 256. */
  readonly entries: readonly Uint8Array[];
  /** By level, the hashes of its partial tile; levels end with the last that has any hash in the tree. */
  readonly levels: readonly (readonly Uint8Array[])[];
}

export interface LogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Growth {
  readonly edge: Edge;
  /** Hex. */
  readonly root: string;
  /** New files, entry bundles first, then level by level. */
  readonly files: readonly LogFile[];
  /** Of the new entries, hex. */
  readonly leafHashes: readonly string[];
  /** Full tiles and bundles whose partial versions nobody needs any more: a full one stands to their right. */
  readonly outgrown: readonly string[];
}

/** Throws LEDGER_ENTRY_INVALID for an entry longer than 65,535 bytes. */
export function grow(edge: Edge, entries: readonly Uint8Array[]): Growth {
  for (const { length } of entries) {
    if (length > maxEntryBytes)
      throw new AssayError('LEDGER_ENTRY_INVALID', `an entry of ${length} bytes is to be the log's`);
  }
  const allEntries = [...edge.entries, ...entries];
  const bundles =
    entries.length > 0 ? fill('entries', edge.size, allEntries, encodeBundle) : nothing(allEntries);
  const files = [...bundles.files];
  const outgrown = [...bundles.outgrown];
  const leafHashes = entries.map((entry) => hashLeaf(entry, sha256));
  const levels: (readonly Uint8Array[])[] = [];
  let [before, added] = [edge.size, leafHashes];
  for (let level = 0; before + added.length > 0; level += 1) {
    const hashes = [...(edge.levels[level] ?? []), ...added];
    const tiles = added.length > 0 ? fill(level, before, hashes, concat) : nothing(hashes);
    files.push(...tiles.files);
    outgrown.push(...tiles.outgrown);
    levels.push(tiles.rest);
    added = tiles.full.map((tile) => perfectRoot(tile, sha256));
    before = Math.floor(before / tileWidth);
  }
  const grown = { size: edge.size + entries.length, entries: bundles.rest, levels };
  return {
    edge: grown,
    root: edgeRoot(grown),
    files,
    leafHashes: leafHashes.map(toHex),
    outgrown,
  };
}

interface Filled {
  readonly files: readonly LogFile[];
  readonly full: readonly (readonly Uint8Array[])[];
  readonly rest: readonly Uint8Array[];
  readonly outgrown: readonly string[];
}

function nothing(rest: readonly Uint8Array[]): Filled {
  return { files: [], full: [], rest, outgrown: [] };
}

/** `items` are those of the partial tile and the new ones; `before` of this level were there. */
function fill(
  level: Tile['level'],
  before: number,
  items: readonly Uint8Array[],
  encode: (items: readonly Uint8Array[]) => Uint8Array,
): Filled {
  const files: LogFile[] = [];
  const full: (readonly Uint8Array[])[] = [];
  const outgrown: string[] = [];
  const first = Math.floor(before / tileWidth);
  for (let at = 0; at < items.length; at += tileWidth) {
    const part = items.slice(at, at + tileWidth);
    const index = first + at / tileWidth;
    files.push({ path: tilePath({ level, index, width: part.length }), bytes: encode(part) });
    if (part.length < tileWidth) continue;
    full.push(part);
    // One tile late: who has just read the checkpoint before this one still finds what it needs.
    if (index > 0) outgrown.push(tilePath({ level, index: index - 1, width: tileWidth }));
  }
  return { files, full, rest: items.slice(full.length * tileWidth), outgrown };
}

/** Hex. The partial tiles, from the highest level down, are the tree's perfect subtrees from left to right. */
export function edgeRoot({ levels }: Pick<Edge, 'levels'>): string {
  const subtrees = levels.toReversed().flatMap(perfectParts);
  return toHex(foldNodes(subtrees, sha256));
}

/** 7 hashes are subtrees of 4, 2 and 1 of them. */
function perfectParts(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let width = tileWidth / 2; width >= 1; width /= 2) {
    if (Math.floor(hashes.length / width) % 2 === 0) continue;
    parts.push(perfectRoot(hashes.slice(at, at + width), sha256));
    at += width;
  }
  return parts;
}

/** Reads the right edge of a tree and holds it against its root. Throws LEDGER_CORRUPT. */
export async function readEdge(read: ReadFile, size: number, root: string): Promise<Edge> {
  const levels: (readonly Uint8Array[])[] = [];
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / tileWidth)) {
    const width = hashes % tileWidth;
    const index = Math.floor(hashes / tileWidth);
    levels.push(width === 0 ? [] : await readHashes(read, { level, index, width }));
  }
  const width = size % tileWidth;
  const bundle = { level: 'entries', index: Math.floor(size / tileWidth), width } as const;
  const edge = { size, levels, entries: width === 0 ? [] : await readEntries(read, bundle) };
  const leaves = edge.entries.map((entry) => hashLeaf(entry, sha256));
  if (!leaves.every((leaf, n) => equalBytes(leaf, levels[0]?.[n] ?? new Uint8Array(0))))
    throw new AssayError('LEDGER_CORRUPT', `${tilePath(bundle)} does not hold the entries of its tile`);
  if (edgeRoot(edge) !== root)
    throw new AssayError(
      'LEDGER_CORRUPT',
      `the tiles of the tree of size ${size} do not lead to its root ${root}`,
    );
  return edge;
}

async function readHashes(read: ReadFile, tile: Tile): Promise<readonly Uint8Array[]> {
  return parseTile(await readTile(read, tile)).slice(0, tile.width);
}

/** Throws LEDGER_CORRUPT. */
export async function readEntries(read: ReadFile, bundle: Tile): Promise<readonly Uint8Array[]> {
  const entries = parseBundle(await readTile(read, bundle));
  if (entries === undefined || entries.length < bundle.width)
    throw new AssayError('LEDGER_CORRUPT', `${tilePath(bundle)} is no bundle of ${bundle.width} entries`);
  return entries.slice(0, bundle.width);
}
