/** Inclusion in a Merkle tree of SHA-256 (RFC 6962 section 2.1.1; verified as RFC 9162 section 2.1.3.2 says). */
import { createHash } from 'node:crypto';

export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(leafPrefix).update(entry).digest();
}

/** The root that a proof leads to; undefined when it does not fit a tree of this size. */
export function rootFromProof(
  leaf: Buffer,
  index: bigint,
  size: bigint,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (index < 0n || index >= size || ![leaf, ...proof].every(({ length }) => length === 32)) return undefined;
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n) return undefined;
    if ((node & 1n) === 1n) {
      hash = parent(sibling, hash);
    } else if (node === last) {
      hash = parent(sibling, hash);
      // On the right border a level without a sibling is passed over.
      while (node !== 0n && (node & 1n) === 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = parent(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? hash : undefined;
}

const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);

function parent(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(nodePrefix).update(left).update(right).digest();
}
