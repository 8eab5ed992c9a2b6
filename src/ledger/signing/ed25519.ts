/** Ed25519 (RFC 8032) by node:crypto, in the form in which notes and envelopes need it. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

import type { VerifySignature } from '../verify/note.ts';

export const seedBytes = 32;

/** ASN.1 around a 32-byte private or public key (RFC 8410 sections 4 and 7). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface Ed25519Key {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Deterministic: 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Throws RangeError when the seed has not 32 bytes. */
export function ed25519Key(seed: Uint8Array): Ed25519Key {
  if (seed.length !== seedBytes) throw new RangeError(`a private key has ${seedBytes} bytes`);
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  const encoded = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(encoded.subarray(publicPrefix.length)),
    sign: (message) => sign(null, message, key),
  };
}

/** As `ledger/verify` takes it. A key or signature of another length verifies nothing. */
export const verifyEd25519: VerifySignature = (publicKey, message, signature) => {
  if (publicKey.length !== seedBytes || signature.length !== 64) return false;
  return verify(null, message, publicKeyObject(publicKey), signature);
};

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({
    key: Buffer.concat([publicPrefix, publicKey]),
    format: 'der',
    type: 'spki',
  });
}
