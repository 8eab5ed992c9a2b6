/** Merkle tree hashing of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1.1). */
import { concat } from './bytes.ts';

/** SHA-256: any bytes in, 32 bytes out. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

// The two prefixes keep a leaf from being passed off as a node (second preimages, RFC 6962 section 2.1).
const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

export function hashLeaf(entry: Uint8Array, hash: Hash): Uint8Array {
  return hash(concat([leafPrefix, entry]));
}

export function hashNode(left: Uint8Array, right: Uint8Array, hash: Hash): Uint8Array {
  return hash(concat([nodePrefix, left, right]));
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
