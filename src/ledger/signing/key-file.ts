/**
 * A private key as a file: one line, in the form that Go's sumdb/note and the tools around it use,
 * `PRIVATE+KEY+<name>+<key id>+<base64 of type and seed>`. The name and id are those of its vkey, so that a key cannot be
 * used for a log it was not made for.
 */
import { concat, fromBase64, toBase64 } from '../verify/bytes.ts';
import { makeVerifierKey, signatureTypes, type VerifierKey } from '../verify/vkey.ts';
import { sha256Bytes } from '../leaf.ts';
import { ed25519Key, seedBytes, type Ed25519Key } from './ed25519.ts';

/** `ed25519` signs a log's notes, `cosignature` what a witness saw. */
export type KeyPurpose = keyof typeof signatureTypes;

export interface SigningKey extends Ed25519Key {
  readonly verifier: VerifierKey;
}

const prefix = 'PRIVATE+KEY+';
/** Longer than any line that `encodeKeyFile` makes. */
export const maxKeyFileBytes = 1024;

/** Throws RangeError for a name that no key has, or a seed that has not 32 bytes. */
export function signingKey(name: string, purpose: KeyPurpose, seed: Uint8Array): SigningKey {
  const key = ed25519Key(seed);
  return {
    ...key,
    verifier: makeVerifierKey({ name, type: purpose, publicKey: key.publicKey }, sha256Bytes),
  };
}

export function encodeKeyFile(name: string, purpose: KeyPurpose, seed: Uint8Array): string {
  const { verifier } = signingKey(name, purpose, seed);
  return `${prefix}${name}+${verifier.id}+${toBase64(concat([Uint8Array.of(verifier.type), seed]))}\n`;
}

/** Undefined for anything that is not exactly such a line for this purpose. */
export function parseKeyFile(text: string, purpose: KeyPurpose): SigningKey | undefined {
  if (text.length > maxKeyFileBytes || !text.startsWith(prefix) || !text.endsWith('\n')) return undefined;
  const match = /^(?<name>[^+]+)\+[0-9a-f]{8}\+(?<base64>[^\n]+)\n$/.exec(text.slice(prefix.length));
  const { name = '', base64 = '' } = match?.groups ?? {};
  const bytes = fromBase64(base64);
  if (bytes?.length !== 1 + seedBytes || bytes[0] !== signatureTypes[purpose]) return undefined;
  const seed = bytes.subarray(1);
  try {
    return encodeKeyFile(name, purpose, seed) === text ? signingKey(name, purpose, seed) : undefined;
  } catch {
    return undefined;
  }
}
