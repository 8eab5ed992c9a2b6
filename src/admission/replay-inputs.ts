/** What a decision leaves behind so that it can be derived again later, byte for byte. */
import { canonicalJson, hasCanonicalForm } from '../core/canonical-json.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Facts } from '../core/facts.ts';
import type { JsonObject } from '../core/json.ts';
import { instantOf, rfc3339 } from '../core/time.ts';
import type { BlobStore } from './deps.ts';

const retryMs = 60_000;

/** When a refusal with a passing cause is asked again: it follows from the decision's own time. */
export function retryAfter(decidedAt: string): string {
  return rfc3339(new Date(instantOf(decidedAt) + retryMs));
}

/**
 * A refusal by the index alone has no evidence: its facts are kept, as the blob that their digest names. Facts without a
 * canonical form have no such digest, and cannot be kept. Throws STORAGE_*.
 */
export async function keepFacts(blobs: KeepingBlobs, facts: Facts, digest: Sha256): Promise<void> {
  const form = facts as unknown as JsonObject;
  if (hasCanonicalForm(form)) await keepText(blobs, canonicalJson(form), digest);
}

type KeepingBlobs = Pick<BlobStore, 'create' | 'size'>;

/** `digest` is the text's own SHA-256: what has it already is kept already. Throws STORAGE_*. */
export async function keepText(blobs: KeepingBlobs, text: string, digest: Sha256): Promise<void> {
  if ((await blobs.size(digest)) !== undefined) return;
  const writer = await blobs.create();
  try {
    await writer.write(Buffer.from(text, 'utf8'));
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
