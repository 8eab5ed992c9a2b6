/**
 * Digests as branded strings, so that a SHA-256 can't be passed where a SHA-512 is meant,
 * and Subresource Integrity as the npm ecosystem writes it (W3C SRI, several hashes separated by spaces).
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type Sha256 = string & { readonly __digest: 'sha256' };
export type Sha512 = string & { readonly __digest: 'sha512' };
export type Sha1 = string & { readonly __digest: 'sha1' };

/** Digests and size of exact bytes: what an artifact is. Lower-case hex. */
export interface ArtifactDigests {
  readonly sha256: Sha256;
  readonly sha512: Sha512;
  readonly sha1: Sha1;
  readonly sizeBytes: number;
}

export type DigestAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512' | 'md5';

/** One digest somebody else claims for the bytes. `hex` is lower case and has the right length. */
export interface ClaimedDigest {
  readonly algorithm: DigestAlgorithm;
  readonly hex: string;
}

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

/** Strongest first. MD5 is read so that it can be named, never so that it can be trusted. */
export const digestStrength: readonly DigestAlgorithm[] = ['sha512', 'sha384', 'sha256', 'sha1', 'md5'];

function isHex(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-f]+$/.test(text);
}

export function isSha256(text: string): text is Sha256 {
  return isHex(text, 64);
}

export function sha256(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

export function artifactDigestsOf(bytes: Uint8Array): ArtifactDigests {
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return {
    sha256: hash('sha256') as Sha256,
    sha512: hash('sha512') as Sha512,
    sha1: hash('sha1') as Sha1,
    sizeBytes: bytes.length,
  };
}

/** Digest made from lower-case or upper-case hex; undefined when it is no such digest. */
export function claimedFromHex(algorithm: DigestAlgorithm, hex: string): ClaimedDigest | undefined {
  const lower = hex.toLowerCase();
  return isHex(lower, hexLengths[algorithm]) ? { algorithm, hex: lower } : undefined;
}

const entriesAtMost = 16;

/**
 * Reads an SRI string. Entries of unknown algorithms or wrong length are left out, as the SRI
 * specification asks (section 3.5). Of more than 16 entries nothing is read: a client takes bytes that any one of them
 * names, so that one which is not looked at must not hide behind those that are.
 */
export function parseIntegrity(text: string): readonly ClaimedDigest[] {
  const entries = text.trim().split(/\s+/, entriesAtMost + 1);
  if (entries.length > entriesAtMost) return [];
  const found: ClaimedDigest[] = [];
  for (const entry of entries) {
    const match = /^(md5|sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(entry);
    if (match === null) continue;
    const algorithm = match[1] as DigestAlgorithm;
    const claimed = claimedFromHex(algorithm, Buffer.from(match[2] ?? '', 'base64').toString('hex'));
    if (claimed !== undefined) found.push(claimed);
  }
  return found;
}

export function integrityOf(digest: Sha512): string {
  return `sha512-${Buffer.from(digest, 'hex').toString('base64')}`;
}

/** Constant-time comparison of two hex digests (GHSA-92vm-wfm5-mxvv is what a plain `===` on secrets leads to). */
export function digestsEqual(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
