/** Hashes what passes by, with every algorithm somebody claimed a digest for, and compares at the end. */
import { createHash } from 'node:crypto';
import { digestsEqual, type ClaimedDigest } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';

export interface ClaimCheck {
  readonly update: (chunk: Uint8Array) => void;
  /** Every claim must hold. Throws UPSTREAM_DIGEST_MISMATCH naming the first that does not. Call once. */
  readonly verify: (place: string, note: string) => void;
}

export function createClaimCheck(claims: readonly ClaimedDigest[]): ClaimCheck {
  const hashes = new Map(
    [...new Set(claims.map((claim) => claim.algorithm))].map((name) => [name, createHash(name)]),
  );

  function verify(place: string, note: string): void {
    const got = new Map([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
    for (const { algorithm, hex } of claims) {
      const actual = got.get(algorithm) ?? '';
      if (digestsEqual(actual, hex)) continue;
      throw new AssayError(
        'UPSTREAM_DIGEST_MISMATCH',
        `${place}: ${algorithm} claimed ${hex}, got ${actual}${note}`,
      );
    }
  }

  return {
    update: (chunk) => {
      for (const hash of hashes.values()) hash.update(chunk);
    },
    verify,
  };
}
