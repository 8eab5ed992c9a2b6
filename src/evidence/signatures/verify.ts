/** One signature of a registry against one of its keys. */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { judgeAlgorithm } from '../../core/algorithms.ts';
import type { RegistryKey } from '../../core/trust.ts';

/** The name and version must be those asked for, not those that the index puts beside the signature. */
export function signedText(name: string, version: string, integrity: string): Uint8Array {
  return Buffer.from(`${name}@${version}:${integrity}`, 'utf8');
}

/** As `core/algorithms` names it: npm's only scheme, `ecdsa-sha2-nistp256`. */
export const signatureAlgorithm = 'ecdsa-sha256';

/** Reading a key takes as long as using it; a key set stays the same object for as long as the trust does. */
const readKeys = new WeakMap<RegistryKey, KeyObject | 'unusable'>();

/** Why a key cannot be used is not told apart: it is not P-256, or no key. */
export function publicKeyOf(key: RegistryKey): KeyObject | undefined {
  const known = readKeys.get(key) ?? readKey(key.spki);
  readKeys.set(key, known);
  return known === 'unusable' ? undefined : known;
}

function readKey(spki: string): KeyObject | 'unusable' {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : 'unusable';
  } catch {
    return 'unusable';
  }
}

/** OpenSSL takes a signature in its one DER form alone, so that no bit of it is free. */
export function isSignedBy(key: RegistryKey, text: Uint8Array, signature: Uint8Array, now: string): boolean {
  const publicKey = publicKeyOf(key);
  if (publicKey === undefined) return false;
  for (const name of ['ec-p256', signatureAlgorithm]) {
    if (judgeAlgorithm(name, now).verdict === 'refused') return false;
  }
  try {
    return verify('sha256', text, publicKey, signature);
  } catch {
    return false;
  }
}
