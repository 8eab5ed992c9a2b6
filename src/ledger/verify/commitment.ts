/**
 * The salted commitment of one field: SHA-256(domain ‖ 0x00 ‖ salt ‖ payload). Without its 32-byte salt a
 * payload cannot be guessed from a dictionary of package names; deleting the salt erases the field for good
 * while the leaf, and every proof over it, stays as it was.
 */
import { concat, utf8 } from './bytes.ts';
import { isEventId, type LeafField } from './leaf.ts';
import type { Hash } from './rfc6962.ts';

export const saltBytes = 32;

/**
 * 32 bytes. The domain keeps a commitment to one field from being passed off as one to another; it holds no
 * 0x00 and the salt has one length, so that no two inputs have the same bytes.
 * Throws RangeError when the salt is not 32 bytes.
 */
export function commit(field: LeafField, salt: Uint8Array, payload: Uint8Array, hash: Hash): Uint8Array {
  if (salt.length !== saltBytes) throw new RangeError(`a salt has ${saltBytes} bytes, not ${salt.length}`);
  return hash(concat([utf8(`assay/leaf/v1/${field}`), Uint8Array.of(0), salt, payload]));
}

/** The id of the previous entry of the same subject in ASCII; no bytes for a subject's first entry. */
export function prevPayload(previousEventId: string | undefined): Uint8Array {
  if (previousEventId === undefined) return new Uint8Array(0);
  if (!isEventId(previousEventId)) throw new RangeError('not an event id');
  return utf8(previousEventId);
}
