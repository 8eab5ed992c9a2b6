/** Trust wired into a gate: where its files come from, and that decisions are asked again when it changes. */
import type { EpochsInForce } from '../epochs.ts';
import { assayVersion } from '../package-version.ts';
import { openPublicFiles } from '../../upstream/public-files.ts';
import { openTrust, type Trust, type TrustParts } from './open.ts';

export interface TrustNeeds extends Omit<TrustParts, 'files'> {
  readonly epochs: EpochsInForce;
}

/** Setting that remembers by which material the refusals on record were judged. */
const judgedByKey = 'trust-judged-by';

/** Throws TRUST_INVALID when what is stored cannot be read, STORAGE_*. */
export async function openTrustForGate(needs: TrustNeeds, closers: (() => Promise<void>)[]): Promise<Trust> {
  const { storage, epochs } = needs;
  const files = openPublicFiles({ version: assayVersion, retries: 1, totalMs: 30_000 });
  closers.push(() => Promise.resolve(files.close()));
  const trust = await openTrust({ ...needs, files });
  closers.push(trust.close);
  // What was refused by other keys and roots may be fine by these.
  async function judgeBy(digest: string): Promise<void> {
    const before = await storage.settings.setting(judgedByKey);
    if (before === digest) return;
    if (before !== undefined) await epochs.raise('feeds');
    await storage.settings.setSetting(judgedByKey, digest);
  }
  await judgeBy(trust.current().digest);
  trust.onChange(({ digest }) => judgeBy(digest));
  return trust;
}
