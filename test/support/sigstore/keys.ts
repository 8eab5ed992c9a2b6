/** Key pairs of the fake Sigstore, with what is needed of them: SPKI, ids, signatures. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { objectId, sequence } from './der.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  readonly curve: 'P-256' | 'P-384';
}

export function createSigningKey(curve: SigningKey['curve'] = 'P-256'): SigningKey {
  const pair = generateKeyPairSync('ec', { namedCurve: curve });
  return { privateKey: pair.privateKey, spki: pair.publicKey.export({ type: 'spki', format: 'der' }), curve };
}

/** ECDSA, DER form, with the hash that goes with the curve. */
export function signWith(key: SigningKey, data: Uint8Array): Buffer {
  return sign(key.curve === 'P-256' ? 'sha256' : 'sha384', data, key.privateKey);
}

/** AlgorithmIdentifier of `signWith` (RFC 5758 §3.2). */
export function signatureAlgorithm(key: SigningKey): Buffer {
  return sequence(objectId(key.curve === 'P-256' ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'));
}

/** SHA-256 of the SPKI: what logs are known by (RFC 6962 §3.2). */
export function keyIdOf(key: SigningKey): Buffer {
  return sha256(key.spki);
}

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function pem(label: 'CERTIFICATE' | 'PUBLIC KEY', der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
