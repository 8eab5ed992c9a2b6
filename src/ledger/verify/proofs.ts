/**
 * Checking inclusion and consistency proofs of RFC 6962, with the algorithms of RFC 9162 (sections 2.1.3.2 and
 * 2.1.4.2). Sizes and indexes are integers up to 2^53 - 1; anything else does not verify. Nothing here throws,
 * and a proof is walked for at most 53 steps, however long it is.
 */
import { equalBytes, isCount } from './bytes.ts';
import { hashBytes, nodeHasher, type Hash } from './rfc6962.ts';

/** Enough for every tree of 2^64 entries. */
export const maxProofHashes = 64;

export interface InclusionClaim {
  /** Zero-based index of the entry. */
  readonly index: number;
  /** Of the tree whose root is `root`. */
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  /** From the leaf's sibling up to a child of the root. */
  readonly proof: readonly Uint8Array[];
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** The entry is in the tree at this index. */
export function verifyInclusion(claim: InclusionClaim, hash: Hash): boolean {
  const root = inclusionRoot(claim, hash);
  return root !== undefined && equalBytes(root, claim.root);
}

/** The root the proof leads to; undefined when it has not the one length and form of this index and size. */
export function inclusionRoot(claim: Omit<InclusionClaim, 'root'>, hash: Hash): Uint8Array | undefined {
  const { index, size, leafHash, proof } = claim;
  if (!isCount(index) || !isCount(size) || index >= size) return undefined;
  if (!areHashes([leafHash]) || !areHashes(proof)) return undefined;
  const node = nodeHasher(hash);
  const path = { at: index, last: size - 1 };
  let root = leafHash;
  for (const sibling of proof) {
    if (path.last === 0) return undefined;
    root = climbsFromRight(path) ? node(sibling, root) : node(root, sibling);
    ascend(path);
  }
  return path.last === 0 ? root : undefined;
}

/**
 * The tree of `oldSize` is the beginning of the tree of `newSize`. There is no proof from the empty tree (it begins
 * every tree, see `judgeGrowth` in `monitor.ts`): size 0 never verifies here.
 */
export function verifyConsistency(claim: ConsistencyClaim, hash: Hash): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (oldSize === newSize)
    return isCount(oldSize) && oldSize > 0 && proof.length === 0 && equalBytes(oldRoot, newRoot);
  const roots = consistencyRoots(claim, hash);
  return roots !== undefined && equalBytes(roots.oldRoot, oldRoot) && equalBytes(roots.newRoot, newRoot);
}

/**
 * Both roots the proof leads to, for 0 < oldSize < newSize; undefined when it has not the one length and form of
 * these sizes. Where `oldSize` is a power of two, the proof starts at `oldRoot` itself.
 */
export function consistencyRoots(
  claim: Omit<ConsistencyClaim, 'newRoot'>,
  hash: Hash,
): { readonly oldRoot: Uint8Array; readonly newRoot: Uint8Array } | undefined {
  const { oldSize, newSize } = claim;
  if (!isCount(oldSize) || !isCount(newSize) || oldSize === 0 || oldSize >= newSize) return undefined;
  const path = { at: oldSize - 1, last: newSize - 1 };
  while (path.at % 2 === 1) ascend(path);
  // At 0 the old tree is one perfect subtree, whose root the verifier has already.
  const [first, ...rest] = path.at === 0 ? [claim.oldRoot, ...claim.proof] : claim.proof;
  if (first === undefined || !areHashes([first]) || !areHashes(rest)) return undefined;
  const node = nodeHasher(hash);
  let [oldRoot, newRoot] = [first, first];
  for (const sibling of rest) {
    if (path.last === 0) return undefined;
    if (climbsFromRight(path)) {
      oldRoot = node(sibling, oldRoot);
      newRoot = node(sibling, newRoot);
    } else newRoot = node(newRoot, sibling);
    ascend(path);
  }
  return path.last === 0 ? { oldRoot, newRoot } : undefined;
}

/** Where a walk from a leaf to the root stands: the node's index in its level, and that of the level's last node. */
interface Path {
  at: number;
  last: number;
}

/**
 * Whether the next sibling is on the left. The last node of a level may have none there, and is first moved up to the
 * level where it has one, which is on the left too.
 */
function climbsFromRight(path: Path): boolean {
  if (path.at !== path.last) return path.at % 2 === 1;
  while (path.at % 2 === 0 && path.at !== 0) ascend(path);
  return true;
}

function ascend(path: Path): void {
  path.at = Math.floor(path.at / 2);
  path.last = Math.floor(path.last / 2);
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.length <= maxProofHashes && hashes.every((each) => each.length === hashBytes);
}
