/**
 * Making proofs from stored hashes. What is stored are perfect subtrees (2^level leaves, aligned); a hash of a proof
 * may cover leaves at the tree's ragged right edge, and is then the fold of several of them. So a plan lists, for each
 * hash of the proof in order, the perfect subtrees to read, left to right.
 */
import { isCount } from './bytes.ts';
import { nodeHasher, type Hash } from './rfc6962.ts';

/** The perfect subtree over the leaves [index · 2^level, (index + 1) · 2^level). Level 0 is a leaf hash. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/** For each hash of a proof, in order: the subtrees whose fold it is. `plan.flat()` is what must be read. */
export type ProofPlan = readonly (readonly NodeId[])[];

/** RFC 6962 section 2.1.1. Throws RangeError unless 0 <= index < size <= 2^53 - 1. */
export function inclusionPlan(index: number, size: number): ProofPlan {
  if (!isCount(index) || !isCount(size) || index >= size)
    throw new RangeError(`no entry ${index} of ${size}`);
  const plan: (readonly NodeId[])[] = [];
  let [low, high] = [0, size];
  while (high - low > 1) {
    const middle = low + largestPowerOfTwoBelow(high - low);
    if (index < middle) {
      plan.push(rangeNodes(middle, high));
      high = middle;
    } else {
      plan.push(rangeNodes(low, middle));
      low = middle;
    }
  }
  return plan.toReversed();
}

/** RFC 6962 section 2.1.2. Throws RangeError unless 0 < oldSize <= newSize <= 2^53 - 1. */
export function consistencyPlan(oldSize: number, newSize: number): ProofPlan {
  if (!isCount(oldSize) || !isCount(newSize) || oldSize === 0 || oldSize > newSize)
    throw new RangeError(`no proof from ${oldSize} to ${newSize}`);
  const plan: (readonly NodeId[])[] = [];
  let [low, high] = [0, newSize];
  while (high !== oldSize) {
    const middle = low + largestPowerOfTwoBelow(high - low);
    if (oldSize <= middle) {
      plan.push(rangeNodes(middle, high));
      high = middle;
    } else {
      plan.push(rangeNodes(low, middle));
      low = middle;
    }
  }
  // Where the old tree is one of the subtrees on the way, the verifier has its root.
  if (low > 0) plan.push(rangeNodes(low, high));
  return plan.toReversed();
}

/** The perfect subtrees that make up a tree, left to right; none for the empty one. */
export function rootNodes(size: number): readonly NodeId[] {
  if (!isCount(size)) throw new RangeError(`no tree of size ${size}`);
  return rangeNodes(0, size);
}

/** The hashes of a plan, with `read` giving the stored ones. */
export function makeProof(
  plan: ProofPlan,
  read: (node: NodeId) => Uint8Array,
  hash: Hash,
): readonly Uint8Array[] {
  return plan.map((nodes) => foldNodes(nodes.map(read), hash));
}

/** The root over perfect subtrees given left to right; of none, that of the empty tree: the hash of no bytes. */
export function foldNodes(hashes: readonly Uint8Array[], hash: Hash): Uint8Array {
  const node = nodeHasher(hash);
  const [rightmost, ...others] = hashes.toReversed();
  if (rightmost === undefined) return hash(new Uint8Array(0));
  return others.reduce((right, left) => node(left, right), rightmost);
}

/** `start` is aligned for every subtree of the range, as it is in each split of RFC 6962. */
function rangeNodes(start: number, end: number): readonly NodeId[] {
  const nodes: NodeId[] = [];
  let at = start;
  while (at < end) {
    const leaves = largestPowerOfTwoBelow(end - at + 1);
    nodes.push({ level: Math.log2(leaves), index: at / leaves });
    at += leaves;
  }
  return nodes;
}

/** The largest that is smaller than `count`, for 2 <= count <= 2^53: where RFC 6962 splits a tree. */
function largestPowerOfTwoBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
