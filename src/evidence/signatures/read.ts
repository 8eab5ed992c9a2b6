/**
 * `dist.signatures` and what they were made over, from a version's object in an index: hostile, read strictly.
 * npm's documentation "About registry signatures": ECDSA P-256 with SHA-256 over `name@version:integrity`.
 */
import { parseIntegrity, type ArtifactDigests, type ClaimedDigest } from '../../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';

export interface SignatureEntry {
  /** An opaque label: not a digest of the key. At most 200 characters. */
  readonly keyid: string;
  /** ASN.1 DER. */
  readonly signature: Uint8Array;
}

/** `none`: no list, or an empty one. */
export type SignatureList =
  | { readonly state: 'none'; readonly empty: boolean }
  | {
      readonly state: 'some';
      readonly entries: readonly SignatureEntry[];
      /** What is there and is no signature, one sentence each. */
      readonly malformed: readonly string[];
    };

/** Nobody serves more: npm one, during a change of keys two. */
const atMost = 16;
const longestKeyid = 200;
/** A P-256 signature has at most 72 bytes. */
const longestSignature = 1024;

export function readSignatures(indexManifest: JsonObject): SignatureList {
  const list = own(ownObject(indexManifest, 'dist') ?? {}, 'signatures');
  if (list === undefined || list === null) return { state: 'none', empty: false };
  if (!Array.isArray(list))
    return { state: 'some', entries: [], malformed: ['dist.signatures is not a list.'] };
  if (list.length === 0) return { state: 'none', empty: true };
  const malformed: string[] = [];
  const entries: SignatureEntry[] = [];
  for (const [at, value] of list.slice(0, atMost).entries()) {
    const entry = readEntry(value as Json);
    if (typeof entry === 'string') malformed.push(`Entry ${at + 1} of dist.signatures ${entry}.`);
    else entries.push(entry);
  }
  if (list.length > atMost)
    malformed.push(`dist.signatures has ${list.length} entries; ${atMost} are looked at.`);
  return { state: 'some', entries, malformed };
}

function readEntry(value: Json): SignatureEntry | string {
  if (!isJsonObject(value)) return 'is no object';
  const keyid = ownString(value, 'keyid');
  const sig = ownString(value, 'sig');
  if (keyid === undefined || keyid === '' || keyid.length > longestKeyid) return 'has no usable keyid';
  if (sig === undefined || sig === '' || sig.length > longestSignature) return 'has no usable sig';
  const signature = Buffer.from(sig, 'base64');
  // Node skips what is no base64 and unused bits: two texts must not be one signature.
  return signature.toString('base64') === sig ? { keyid, signature } : 'has a sig that is not base64';
}

/** What a signature covers of the bytes: the text as it was signed, and the digests in it. */
export interface SignedIntegrity {
  readonly text: string;
  readonly digests: readonly ClaimedDigest[];
}

const longestIntegrity = 2048;

/**
 * `dist.integrity` exactly as it stands; where there is none, the SHA-1 of `dist.shasum` in the same form, which is
 * what npm signed then. Undefined: nothing ties a signature to bytes.
 */
export function signedIntegrity(indexManifest: JsonObject): SignedIntegrity | undefined {
  const dist = ownObject(indexManifest, 'dist') ?? {};
  const shasum = ownString(dist, 'shasum');
  const text = ownString(dist, 'integrity') ?? (shasum === undefined ? '' : sriOfSha1(shasum));
  if (text === '' || text.length > longestIntegrity) return undefined;
  const digests = parseIntegrity(text);
  return digests.length === 0 ? undefined : { text, digests };
}

function sriOfSha1(hex: string): string {
  return /^[0-9a-f]{40}$/.test(hex) ? `sha1-${Buffer.from(hex, 'hex').toString('base64')}` : '';
}

/** Our own digest of the same algorithm; undefined for algorithms we do not compute. */
export function ownDigest(artifact: ArtifactDigests, { algorithm }: ClaimedDigest): string | undefined {
  if (algorithm === 'sha512') return artifact.sha512;
  if (algorithm === 'sha256') return artifact.sha256;
  if (algorithm === 'sha1') return artifact.sha1;
  return undefined;
}
