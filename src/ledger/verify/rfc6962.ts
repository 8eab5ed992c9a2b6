/** Merkle tree hashing of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1.1). */
import { concat } from './bytes.ts';

/** SHA-256: any bytes in, 32 bytes out. It must not keep the bytes it is given. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

export const hashBytes = 32;

// The two prefixes keep a leaf from being passed off as a node (second preimages, RFC 6962 section 2.1).
const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

export function hashLeaf(entry: Uint8Array, hash: Hash): Uint8Array {
  return hash(concat([leafPrefix, entry]));
}

export function hashNode(left: Uint8Array, right: Uint8Array, hash: Hash): Uint8Array {
  return hash(concat([nodePrefix, left, right]));
}

/** `hashNode` for many nodes: one buffer for all of them. */
export function nodeHasher(hash: Hash): (left: Uint8Array, right: Uint8Array) => Uint8Array {
  const buffer = new Uint8Array(1 + 2 * hashBytes);
  buffer.set(nodePrefix);
  return (left, right) => {
    if (left.length !== hashBytes || right.length !== hashBytes) throw new RangeError('not two hashes');
    buffer.set(left, 1);
    buffer.set(right, 1 + hashBytes);
    return hash(buffer);
  };
}

/** Root over a power of two of hashes: that of a perfect subtree out of those of its parts. */
export function perfectRoot(hashes: readonly Uint8Array[], hash: Hash): Uint8Array {
  const node = nodeHasher(hash);
  let [row, next]: [readonly Uint8Array[], Uint8Array[]] = [hashes, []];
  while (row.length > 1) {
    for (const [n, right] of row.entries()) {
      const left = row[n - 1];
      if (n % 2 === 1 && left !== undefined) next.push(node(left, right));
    }
    [row, next] = [next, []];
  }
  const [root] = row;
  if (root === undefined || !Number.isInteger(Math.log2(hashes.length)))
    throw new RangeError(`${hashes.length} is no power of two`);
  return root;
}

/** Root over the entries in the order given; of none, the hash of no bytes. */
export function treeRoot(entries: readonly Uint8Array[], hash: Hash): Uint8Array {
  if (entries.length === 0) return hash(new Uint8Array(0));
  const [first] = entries;
  if (entries.length === 1 && first !== undefined) return hashLeaf(first, hash);
  const split = largestPowerOfTwoBelow(entries.length);
  return hashNode(treeRoot(entries.slice(0, split), hash), treeRoot(entries.slice(split), hash), hash);
}

function largestPowerOfTwoBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
