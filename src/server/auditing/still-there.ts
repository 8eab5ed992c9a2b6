/** Does the log of today still contain what was proven once? */
import { isAssayError } from '../../core/errors.ts';
import { sha256Bytes } from '../../ledger/leaf.ts';
import { proveConsistency } from '../../ledger/log/prove.ts';
import { toHex } from '../../ledger/verify/bytes.ts';
import { judgeGrowth } from '../../ledger/verify/monitor.ts';
import type { TrustPolicy } from '../../ledger/verify/policy.ts';
import type { DisclosureVerdict } from '../../ledger/verify/verify-disclosure.ts';
import type { BundleOutcome } from './bundle.ts';
import { readCheckpoint } from './fsck.ts';
import type { LogSource } from './source.ts';

/** Every proven checkpoint against the log's newest. Throws LEDGER_UNVERIFIED and what the source throws. */
export async function stillThere(
  source: LogSource,
  policy: TrustPolicy,
  { entries }: DisclosureVerdict,
): Promise<BundleOutcome> {
  const { checkpoint: newest } = await readCheckpoint(source, policy);
  const proven = new Map(
    entries.flatMap(({ proof }) =>
      proof.ok
        ? [[`${proof.checkpoint.size} ${toHex(proof.checkpoint.root)}`, proof.checkpoint] as const]
        : [],
    ),
  );
  let outcome: BundleOutcome = 'proven';
  for (const seen of proven.values()) {
    if (seen.origin !== newest.origin) return 'unverified';
    const proof = await proofFrom(source, seen.size, newest);
    const growth = judgeGrowth(seen, newest, proof, sha256Bytes);
    if (growth === 'fork' || growth === 'rollback') return 'refuted';
    if (growth === 'invalid') outcome = 'unverified';
  }
  return outcome;
}

/** From the log's own tiles; none where they prove nothing, and then nothing is shown. */
export async function proofFrom(
  { read }: LogSource,
  oldSize: number,
  newest: { readonly size: number; readonly root: Uint8Array },
): Promise<readonly Uint8Array[]> {
  if (oldSize === 0 || oldSize >= newest.size) return [];
  try {
    const tree = { size: newest.size, root: toHex(newest.root) };
    const proof = await proveConsistency(read, tree, oldSize, newest.size);
    return proof.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  } catch (error) {
    if (isAssayError(error, 'LEDGER_CORRUPT')) return [];
    throw error;
  }
}
