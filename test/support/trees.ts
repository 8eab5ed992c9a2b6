/** Whole Merkle trees in memory, for tests and benches of proofs and tiles. */
import { utf8 } from '../../src/ledger/verify/bytes.ts';
import {
  foldNodes,
  makeProof,
  rootNodes,
  type NodeId,
  type ProofPlan,
} from '../../src/ledger/verify/proof-plan.ts';
import { hashLeaf, nodeHasher } from '../../src/ledger/verify/rfc6962.ts';
import { hash } from './signed-notes.ts';

/** Every tree up to `size` over the entries `entry 0`, `entry 1`, ... */
export interface TestTree {
  readonly entry: (index: number) => Uint8Array;
  readonly leafHash: (index: number) => Uint8Array;
  readonly node: (node: NodeId) => Uint8Array;
  readonly root: (size: number) => Uint8Array;
  readonly prove: (plan: ProofPlan) => readonly Uint8Array[];
}

export function testTree(size: number): TestTree {
  const entry = (index: number): Uint8Array => utf8(`entry ${index}`);
  const join = nodeHasher(hash);
  let row = Array.from({ length: size }, (_, n) => hashLeaf(entry(n), hash));
  const rows = [row];
  while (row.length > 1) {
    const below = row;
    row = Array.from({ length: Math.floor(below.length / 2) }, (_, n) => {
      const [left, right] = below.slice(2 * n, 2 * n + 2);
      if (left === undefined || right === undefined) throw new Error('a pair has two');
      return join(left, right);
    });
    rows.push(row);
  }
  const node = ({ level, index }: NodeId): Uint8Array => {
    const found = rows[level]?.[index];
    if (found === undefined) throw new RangeError(`the tree has no node ${index} of level ${level}`);
    return found;
  };
  return {
    entry,
    leafHash: (index) => node({ level: 0, index }),
    node,
    root: (size) => foldNodes(rootNodes(size).map(node), hash),
    prove: (plan) => makeProof(plan, node, hash),
  };
}
