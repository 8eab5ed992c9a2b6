/** The public keys that a configuration names. */
import { createPublicKey } from 'node:crypto';
import { describeKey } from '../../core/algorithms.ts';

/** SubjectPublicKeyInfo, base64; undefined for what is no PEM of an Ed25519 or ECDSA P-256 public key. */
export function signerKeyIn(pem: string): string | undefined {
  // Node would make a public key out of a private one, which has no place in a configuration.
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    return ['ed25519', 'ec-p256'].includes(describeKey(spki)) ? spki.toString('base64') : undefined;
  } catch {
    return undefined;
  }
}
