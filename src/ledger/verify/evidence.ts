/**
 * One root over a whole evidence set, so that a record left out is noticed (an in-toto bundle alone cannot
 * show a deletion). Each digest has a commitment with its own salt, so that entries which share a piece of
 * evidence do not show it; the commitments, in the order of their digests, are the entries of a Merkle tree.
 */
import { fromHex, toHex } from './bytes.ts';
import { commit, saltBytes } from './commitment.ts';
import { treeRoot, type Hash } from './rfc6962.ts';

/**
 * One place in the set, all values in lower-case hex. `digest` is empty only in the single place of the empty
 * set, which is committed to like any other so that outsiders cannot tell it. A place whose salt was erased,
 * or which is not to be shown, is there as its bare commitment.
 */
export type EvidenceOpening =
  | { readonly salt: string; readonly digest: string }
  | { readonly commitment: string };

export const maxEvidence = 4096;

/**
 * The root, in hex. Undefined when these are no evidence set: none or more than 4,096 places, an ill-formed
 * value, or disclosed digests that do not strictly rise (a set has one order and nothing twice).
 */
export function evidenceRoot(places: readonly EvidenceOpening[], hash: Hash): string | undefined {
  if (places.length === 0 || places.length > maxEvidence || !isSet(places)) return undefined;
  const commitments: Uint8Array[] = [];
  for (const place of places) {
    const commitment = placeCommitment(place, hash);
    if (commitment === undefined) return undefined;
    commitments.push(commitment);
  }
  return toHex(treeRoot(commitments, hash));
}

/** 32 bytes; undefined when the place is ill-formed. */
export function placeCommitment(place: EvidenceOpening, hash: Hash): Uint8Array | undefined {
  if ('commitment' in place) return fromHex(place.commitment, 32);
  const salt = fromHex(place.salt, saltBytes);
  const digest = fromHex(place.digest, place.digest === '' ? 0 : 32);
  return salt === undefined || digest === undefined ? undefined : commit('evidence', salt, digest, hash);
}

function isSet(places: readonly EvidenceOpening[]): boolean {
  const digests = places.flatMap((place) => ('digest' in place ? [place.digest] : []));
  if (digests.includes('')) return places.length === 1;
  return digests.every((digest, n) => n === 0 || digest > (digests[n - 1] ?? ''));
}
