/**
 * The whole log, recomputed: every entry against its tile, every tile against the ones below it, and the top against
 * the signed checkpoint. Reads through any `read(path)` (a disk, a web server), each file once, in order; holds some
 * files at a time, however large the log is.
 */
import { equalBytes, concat, toHex } from '../verify/bytes.ts';
import { openCheckpoint, type LogTrust } from '../verify/checkpoint.ts';
import { parseBundle } from '../verify/entry-bundle.ts';
import type { VerifySignature } from '../verify/note.ts';
import { hashBytes, hashLeaf, perfectRoot } from '../verify/rfc6962.ts';
import { parseTile, tilePath, tileWidth, type Tile } from '../verify/tiles.ts';
import { edgeRoot } from './batch.ts';
import type { ReadFile } from './read-tile.ts';
import { sha256 } from './sha256.ts';

export interface CheckOptions {
  readonly read: ReadFile;
  readonly trust: LogTrust;
  readonly verify: VerifySignature;
  /** Called for every entry, in order, once its bundle and tile agree. */
  readonly onEntry?: (entry: Uint8Array, index: number) => void;
  /** Called after each 256 entries with how many were checked. */
  readonly onProgress?: (checked: number) => void;
  /** Files asked for before they are needed: for readers that are far away. */
  readonly readAhead?: number;
}

export interface Finding {
  /** `checkpoint`, or that of a tile or bundle. */
  readonly path: string;
  readonly problem: string;
}

export interface LogCheck {
  /** Of the checkpoint; 0 and empty when it cannot be read. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** At most 100; then the check ends. None: every entry and tile under the checkpoint is as it was signed. */
  readonly findings: readonly Finding[];
}

const maxFindings = 100;
const defaultReadAhead = 8;

/** Throws only what `read` throws. */
export async function checkLog(options: CheckOptions): Promise<LogCheck> {
  const raw = await options.read('checkpoint');
  if (raw === undefined) return broken('it is missing');
  const opening = openCheckpoint(raw, options.trust, options.verify);
  if (!opening.ok) return broken(`it cannot be believed: ${opening.problem}`);
  const { size, root } = opening.checkpoint;
  const findings: Finding[] = [];
  const levels = await checkTiles(options, size, findings);
  if (levels !== undefined && edgeRoot({ levels }) !== toHex(root))
    findings.push({ path: 'checkpoint', problem: 'the tiles lead to another root' });
  return { size, root: toHex(root), findings: findings.slice(0, maxFindings) };
}

function broken(problem: string): LogCheck {
  return { size: 0, root: '', findings: [{ path: 'checkpoint', problem }] };
}

/** The right edge that the tiles lead to; undefined where a file is missing that nothing replaces. */
async function checkTiles(
  options: CheckOptions,
  size: number,
  findings: Finding[],
): Promise<readonly (readonly Uint8Array[])[] | undefined> {
  const levels: Uint8Array[][] = [];
  let checked = 0;
  for await (const pair of inAdvance(leafFiles(options.read, size), options.readAhead ?? defaultReadAhead)) {
    const hashes = checkLeaves(pair, options, findings);
    if (hashes === undefined || findings.length >= maxFindings) return undefined;
    levels[0] = hashes;
    if (!(await carryUp(options.read, levels, checked, findings))) return undefined;
    checked += pair.tile.width;
    options.onProgress?.(checked);
  }
  return (await checkPartials(options.read, levels, size, findings)) ? levels : undefined;
}

/** `width` is what the file's name says, which may be more than what was asked for. */
interface FoundFile {
  readonly bytes: Uint8Array;
  readonly width: number;
}

interface LeafFiles {
  readonly tile: Tile;
  readonly bundle: FoundFile | undefined;
  readonly hashes: FoundFile | undefined;
}

function* leafFiles(read: ReadFile, size: number): Generator<() => Promise<LeafFiles>> {
  for (let index = 0; index * tileWidth < size; index += 1) {
    const tile = { level: 0, index, width: Math.min(tileWidth, size - index * tileWidth) };
    yield async () => {
      const [bundle, hashes] = await Promise.all([
        find(read, { ...tile, level: 'entries' }),
        find(read, tile),
      ]);
      return { tile, bundle, hashes };
    };
  }
}

/** A partial file may have been dropped for the full one (C2SP tlog-tiles, "Partial Tiles"). */
async function find(read: ReadFile, tile: Tile): Promise<FoundFile | undefined> {
  for (const width of new Set([tile.width, tileWidth])) {
    const bytes = await read(tilePath({ ...tile, width }));
    if (bytes !== undefined) return { bytes, width };
  }
  return undefined;
}

/** The tile's hashes go on, also where the bundle differs: so one damaged file is one finding, not one a level. */
function checkLeaves(
  { tile, bundle, hashes }: LeafFiles,
  options: CheckOptions,
  findings: Finding[],
): Uint8Array[] | undefined {
  const path = tilePath({ ...tile, level: 'entries' });
  const entries = checkBundle(tile, bundle);
  if (entries === undefined)
    findings.push({
      path,
      problem: bundle === undefined ? 'it is missing' : `it is no bundle of ${bundle.width} entries`,
    });
  const leaves = entries?.map((entry) => hashLeaf(entry, sha256));
  const stored = checkTile(tile, hashes, findings);
  if (leaves !== undefined && stored !== undefined && !equalBytes(concat(leaves), concat(stored)))
    findings.push({ path, problem: `its entries are not those of ${tilePath(tile)}` });
  else if (stored !== undefined)
    for (const [n, entry] of entries?.entries() ?? []) options.onEntry?.(entry, tile.index * tileWidth + n);
  return stored ?? leaves;
}

/** Exactly as many entries as its name says. */
function checkBundle(tile: Tile, found: FoundFile | undefined): readonly Uint8Array[] | undefined {
  const entries = found === undefined ? undefined : parseBundle(found.bytes);
  return entries?.length === found?.width ? entries?.slice(0, tile.width) : undefined;
}

/** Exactly as wide as its name says. */
function checkTile(tile: Tile, found: FoundFile | undefined, findings: Finding[]): Uint8Array[] | undefined {
  if (found?.bytes.length === (found?.width ?? 0) * hashBytes)
    return parseTile(found.bytes).slice(0, tile.width);
  const problem = found === undefined ? 'it is missing' : `it has ${found.bytes.length} bytes`;
  findings.push({ path: tilePath(tile), problem });
  return undefined;
}

/** Folds each full tile into the level above. `before` leaves stand left of those in `levels[0]`. False: cannot go on. */
async function carryUp(
  read: ReadFile,
  levels: Uint8Array[][],
  before: number,
  findings: Finding[],
): Promise<boolean> {
  for (let level = 0, left = before; levels[level]?.length === tileWidth; level += 1) {
    const full = levels[level] ?? [];
    left = Math.floor(left / tileWidth);
    const above = [...(levels[level + 1] ?? []), perfectRoot(full, sha256)];
    levels[level] = [];
    levels[level + 1] = above;
    if (above.length < tileWidth) break;
    const tile = { level: level + 1, index: Math.floor(left / tileWidth), width: tileWidth };
    const stored = await compareTile(read, tile, above, findings);
    if (stored === undefined) return false;
    levels[level + 1] = stored;
  }
  return true;
}

/** The stored hashes, that the level above is held against; the computed ones where the file cannot be used. */
async function compareTile(
  read: ReadFile,
  tile: Tile,
  computed: Uint8Array[],
  findings: Finding[],
): Promise<Uint8Array[] | undefined> {
  const stored = checkTile(tile, await find(read, tile), findings);
  if (stored !== undefined && !equalBytes(concat(stored), concat(computed)))
    findings.push({ path: tilePath(tile), problem: 'its hashes are not those of the tiles below it' });
  return findings.length >= maxFindings ? undefined : (stored ?? computed);
}

/** Of the levels above the leaves. */
async function checkPartials(
  read: ReadFile,
  levels: Uint8Array[][],
  size: number,
  findings: Finding[],
): Promise<boolean> {
  for (let level = 1, hashes = Math.floor(size / tileWidth); hashes > 0; level += 1) {
    const computed = levels[level] ?? [];
    if (computed.length > 0) {
      const tile = { level, index: Math.floor(hashes / tileWidth), width: computed.length };
      const stored = await compareTile(read, tile, computed, findings);
      if (stored === undefined) return false;
      levels[level] = stored;
    }
    hashes = Math.floor(hashes / tileWidth);
  }
  return true;
}

/** Starts `count` calls ahead of the one whose value is awaited. */
async function* inAdvance<T>(calls: Iterable<() => Promise<T>>, count: number): AsyncGenerator<T> {
  const started: Promise<T>[] = [];
  for (const call of calls) {
    const promise = call();
    // Its error is met where it is awaited.
    promise.catch(() => undefined);
    started.push(promise);
    const first = started.length > count ? started.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const promise of started) yield await promise;
}
