/** Inclusion and consistency proofs (RFC 6962 section 2.1), read from tiles: a few files each, whatever the log's size. */
import { AssayError } from '../../core/errors.ts';
import { fromHex, toHex } from '../verify/bytes.ts';
import {
  consistencyPlan,
  foldNodes,
  inclusionPlan,
  makeProof,
  rootNodes,
  type NodeId,
} from '../verify/proof-plan.ts';
import { verifyConsistency, verifyInclusion } from '../verify/proofs.ts';
import { hashBytes, hashLeaf } from '../verify/rfc6962.ts';
import { nodeHash, nodePlace, tilePath, tileWidth } from '../verify/tiles.ts';
import { readEntries } from './batch.ts';
import { readTile, type ReadFile } from './read-tile.ts';
import { sha256 } from './sha256.ts';

/** A tree whose files are all there. */
export interface Tree {
  readonly size: number;
  /** Hex. */
  readonly root: string;
}

export interface EntryProof {
  readonly index: number;
  readonly entry: Uint8Array;
  /** Hex, as the proof's hashes. */
  readonly leafHash: string;
  readonly proof: readonly string[];
}

/**
 * The entry and the proof that it is in the tree, verified before it is handed out. Throws LEDGER_INDEX_UNKNOWN when
 * the tree has no such entry, LEDGER_CORRUPT when the files do not prove it.
 */
export async function proveEntry(read: ReadFile, tree: Tree, index: number): Promise<EntryProof> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= tree.size)
    throw new AssayError('LEDGER_INDEX_UNKNOWN', `there is no entry ${index} in a log of size ${tree.size}`);
  const plan = inclusionPlan(index, tree.size);
  const [entry, nodes] = await Promise.all([
    readEntry(read, tree, index),
    readNodes(read, tree, plan.flat()),
  ]);
  const leafHash = hashLeaf(entry, sha256);
  const proof = makeProof(plan, nodes, sha256);
  if (!verifyInclusion({ index, size: tree.size, leafHash, root: bytesOf(tree.root), proof }, sha256))
    throw new AssayError(
      'LEDGER_CORRUPT',
      `the files do not prove entry ${index} in the tree of size ${tree.size}`,
    );
  return { index, entry, leafHash: toHex(leafHash), proof: proof.map(toHex) };
}

/**
 * Proof, hex, that the tree of `oldSize` is the beginning of that of `newSize`; none is needed where there is nothing
 * to prove (the empty tree, the same tree). Throws LEDGER_INDEX_UNKNOWN unless oldSize <= newSize <= tree.size, and
 * LEDGER_CORRUPT when the files do not prove it.
 */
export async function proveConsistency(
  read: ReadFile,
  tree: Tree,
  oldSize: number,
  newSize: number,
): Promise<readonly string[]> {
  if (
    ![oldSize, newSize].every(Number.isSafeInteger) ||
    oldSize < 0 ||
    oldSize > newSize ||
    newSize > tree.size
  )
    throw new AssayError(
      'LEDGER_INDEX_UNKNOWN',
      `no proof from ${oldSize} to ${newSize} in a log of size ${tree.size}`,
    );
  if (oldSize === 0 || oldSize === newSize) return [];
  const plan = consistencyPlan(oldSize, newSize);
  const wanted = [...plan.flat(), ...rootNodes(oldSize), ...rootNodes(newSize)];
  const nodes = await readNodes(read, tree, wanted);
  const proof = makeProof(plan, nodes, sha256);
  const rootOf = (size: number): Uint8Array => foldNodes(rootNodes(size).map(nodes), sha256);
  const newRoot = newSize === tree.size ? bytesOf(tree.root) : rootOf(newSize);
  if (!verifyConsistency({ oldSize, newSize, oldRoot: rootOf(oldSize), newRoot, proof }, sha256))
    throw new AssayError(
      'LEDGER_CORRUPT',
      `the files do not prove that size ${newSize} continues ${oldSize}`,
    );
  return proof.map(toHex);
}

async function readEntry(read: ReadFile, { size }: Tree, index: number): Promise<Uint8Array> {
  const bundle = Math.floor(index / tileWidth);
  const width = Math.min(tileWidth, size - bundle * tileWidth);
  const entries = await readEntries(read, { level: 'entries', index: bundle, width });
  return entries[index % tileWidth] ?? new Uint8Array(0);
}

/** Reads each tile once, all at the same time. */
async function readNodes(
  read: ReadFile,
  { size }: Tree,
  nodes: readonly NodeId[],
): Promise<(node: NodeId) => Uint8Array> {
  const places = nodes.map((node) => nodePlace(node, size));
  const tiles = new Map(places.map(({ tile }) => [tilePath(tile), tile]));
  const files = new Map(
    await Promise.all([...tiles].map(async ([path, tile]) => [path, await readTile(read, tile)] as const)),
  );
  return (node) => {
    const place = nodePlace(node, size);
    return nodeHash(place, files.get(tilePath(place.tile)) ?? new Uint8Array(0), sha256);
  };
}

function bytesOf(hex: string): Uint8Array {
  return fromHex(hex, hashBytes) ?? new Uint8Array(0);
}
