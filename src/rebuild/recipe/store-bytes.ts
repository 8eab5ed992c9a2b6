import type { Sha256 } from '../../core/digest.ts';
import type { BuildBlobs } from './deps.ts';

/** Keeps bytes as a blob. */
export async function storeBytes(blobs: BuildBlobs, bytes: Uint8Array | string): Promise<Sha256> {
  const writer = await blobs.create();
  try {
    await writer.write(typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes);
    return (await writer.commit()).sha256;
  } finally {
    await writer.abort();
  }
}
