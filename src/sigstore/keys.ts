/**
 * Public keys and the signatures made with them. Which algorithms are believed stands in `core/algorithms.ts`; here each
 * kind of key has the one digest it signs with, so that a signature never chooses its own.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';
import { describeKey, judgeAlgorithm } from '../core/algorithms.ts';
import { quote, refuse, step } from './refused.ts';
import type { BundleFailure } from './types.ts';

export type SignatureHash = 'sha256' | 'sha384' | 'sha512';

export interface PublicKey {
  readonly key: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** As `describeKey` names it: `ec-p256`, `rsa-3072`, `ed25519`. */
  readonly name: string;
}

/** `failure` is for what is no key at all; a weak one is judged by `refuseWeak`, when it is used. */
export function readPublicKey(
  der: Buffer,
  failure: BundleFailure,
  what: string,
  type: 'spki' | 'pkcs1' = 'spki',
): PublicKey {
  return step(failure, `${what} has no readable key`, () => {
    const key = createPublicKey({ key: der, format: 'der', type });
    const spki = type === 'spki' ? der : key.export({ type: 'spki', format: 'der' });
    return { key, spki, name: describeKey(spki) };
  });
}

/** Throws BundleRefused `algorithm-refused` when the table refuses a name at `now`. */
export function refuseWeak(name: string, now: string, what: string): void {
  const { verdict, why } = judgeAlgorithm(name, now);
  if (verdict === 'refused') refuse('algorithm-refused', `${what} uses ${quote(name)}: ${why}`);
}

/** What a key of this name signs with; undefined: it hashes by itself (Ed25519), or is a key we do not believe. */
const hashesOfKeys: Readonly<Record<string, SignatureHash>> = {
  'ec-p256': 'sha256',
  'ec-p384': 'sha384',
  'ec-p521': 'sha512',
};

/** `hash` is what the document names, where it names one; otherwise the key's own. Never throws. */
export function signatureHolds(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
  hash: SignatureHash | undefined = hashesOfKeys[key.name] ??
    (key.name.startsWith('rsa-') ? 'sha256' : undefined),
): boolean {
  const isEdwards = key.name === 'ed25519';
  if (!isEdwards && hash === undefined) return false;
  try {
    return verify(isEdwards ? null : hash, message, key.key, signature);
  } catch {
    return false;
  }
}

const curves = { 'ec-p256': p256, 'ec-p384': p384 } as const;

/**
 * The same over a digest alone, which node:crypto cannot do. ECDSA on P-256 and P-384 (FIPS 186-5 section 6.4.2); other keys
 * throw BundleRefused `signature`: not checked is not passed.
 */
export function signatureOfDigestHolds(key: PublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const curve =
    key.name === 'ec-p256' || key.name === 'ec-p384'
      ? curves[key.name]
      : refuse('signature', `a signature by ${quote(key.name)} needs the bytes themselves, not their digest`);
  const point = key.spki.subarray(-(1 + 2 * (key.name === 'ec-p256' ? 32 : 48)));
  try {
    return curve.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
  } catch {
    return false;
  }
}

interface SignatureAlgorithm {
  readonly name: string;
  readonly hash: SignatureHash | undefined;
  /** How names of keys that make it begin. */
  readonly keys: 'ec-' | 'rsa-' | 'ed25519';
}

/** Signature algorithms by object identifier (RFC 5758, RFC 8017, RFC 8410). Weak ones are here to be refused by name. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.10045.4.1': { name: 'ecdsa-sha1', hash: undefined, keys: 'ec-' },
  '1.2.840.10045.4.3.2': { name: 'ecdsa-sha256', hash: 'sha256', keys: 'ec-' },
  '1.2.840.10045.4.3.3': { name: 'ecdsa-sha384', hash: 'sha384', keys: 'ec-' },
  '1.2.840.10045.4.3.4': { name: 'ecdsa-sha512', hash: 'sha512', keys: 'ec-' },
  '1.2.840.113549.1.1.4': { name: 'rsa-md5', hash: undefined, keys: 'rsa-' },
  '1.2.840.113549.1.1.5': { name: 'rsa-sha1', hash: undefined, keys: 'rsa-' },
  '1.2.840.113549.1.1.11': { name: 'rsa-sha256', hash: 'sha256', keys: 'rsa-' },
  '1.2.840.113549.1.1.12': { name: 'rsa-sha384', hash: 'sha384', keys: 'rsa-' },
  '1.2.840.113549.1.1.13': { name: 'rsa-sha512', hash: 'sha512', keys: 'rsa-' },
  '1.3.101.112': { name: 'ed25519', hash: undefined, keys: 'ed25519' },
};

/** A name for any identifier; an unknown one is its own name, which the table refuses. */
export function algorithmOf(oid: string): SignatureAlgorithm {
  const known = Object.hasOwn(algorithms, oid) ? algorithms[oid] : undefined;
  return known ?? { name: oid, hash: undefined, keys: 'ed25519' };
}
