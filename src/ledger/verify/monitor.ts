/** Whoever remembers the newest tree head they saw of a log can tell when the log takes something back. */
import { equalBytes, isCount } from './bytes.ts';
import type { TreeHead } from './checkpoint.ts';
import { consistencyRoots, verifyConsistency } from './proofs.ts';
import { hashBytes, type Hash } from './rfc6962.ts';

/**
 * `ok`: the next tree continues the one seen (or is the same). `rollback`: it is smaller; an old answer out of some
 * cache looks like this as well, a newer checkpoint decides. `fork`: no log that only appends has both trees; keep both
 * signed checkpoints, they are the evidence. `invalid`: nothing was shown, for the proof is not one between these sizes
 * and roots; it may have been damaged on the way, or there is none because the log forked.
 */
export type Growth = 'ok' | 'rollback' | 'fork' | 'invalid';

/**
 * `seen` is undefined for somebody who never saw this log. The proof is RFC 6962's from `seen.size` to `next.size`; it
 * must be empty where there is nothing to prove: when nothing or the empty tree was seen, and between equal sizes.
 */
export function judgeGrowth(
  seen: TreeHead | undefined,
  next: TreeHead,
  proof: readonly Uint8Array[],
  hash: Hash,
): Growth {
  if (!isHead(next, hash) || (seen !== undefined && !isHead(seen, hash))) return 'invalid';
  const [oldSize, newSize] = [seen?.size ?? 0, next.size];
  if (newSize < oldSize) return 'rollback';
  if (seen === undefined || oldSize === 0) return proof.length === 0 ? 'ok' : 'invalid';
  if (newSize === oldSize && !equalBytes(seen.root, next.root)) return 'fork';
  const claim = { oldSize, newSize, oldRoot: seen.root, newRoot: next.root, proof };
  if (verifyConsistency(claim, hash)) return 'ok';
  // A proof that leads to the new root shows what the old root had to be.
  const roots = consistencyRoots(claim, hash);
  return roots !== undefined && equalBytes(roots.newRoot, next.root) ? 'fork' : 'invalid';
}

function isHead({ size, root }: TreeHead, hash: Hash): boolean {
  if (!isCount(size) || root.length !== hashBytes) return false;
  return size > 0 || equalBytes(root, hash(new Uint8Array(0)));
}
