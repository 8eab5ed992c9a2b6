/** A tree as the perfect subtrees it is made of: all that is needed to grow it and to know its root. */
import { foldNodes } from './proof-plan.ts';
import { nodeHasher, type Hash } from './rfc6962.ts';

export interface CompactRange {
  readonly size: number;
  /** One a set bit of `size`, largest subtree first: the hashes of `rootNodes(size)`. */
  readonly hashes: readonly Uint8Array[];
}

export const emptyRange: CompactRange = { size: 0, hashes: [] };

/** The range of the tree grown by these leaves. Throws RangeError for a range that no tree has. */
export function extendRange(
  range: CompactRange,
  leafHashes: readonly Uint8Array[],
  hash: Hash,
): CompactRange {
  const hashes = [...range.hashes];
  let size = range.size;
  if (!Number.isSafeInteger(size + leafHashes.length) || hashes.length !== setBits(size))
    throw new RangeError(`not the range of a tree of size ${size}`);
  const node = nodeHasher(hash);
  for (const leafHash of leafHashes) {
    let carry = leafHash;
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = hashes.pop();
      if (left !== undefined) carry = node(left, carry);
    }
    hashes.push(carry);
    size += 1;
  }
  return { size, hashes };
}

export function rangeRoot(range: CompactRange, hash: Hash): Uint8Array {
  return foldNodes(range.hashes, hash);
}

function setBits(size: number): number {
  let bits = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2;
  return bits;
}
