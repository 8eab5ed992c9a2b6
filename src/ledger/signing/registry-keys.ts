/**
 * The keys with which a gate signs releases as an npm registry does (ECDSA P-256, SHA-256, over
 * `name@version:integrity`), and their form on disk. Only the newest one signs; of those before it the public half is
 * kept, with the instant at which it was replaced, because clients refuse a signature whose key nobody serves.
 */
import { createECDH, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { canonicalJson } from '../../core/canonical-json.ts';
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { normaliseTime } from '../../core/time.ts';
import { fromBase64, fromHex, toBase64, toHex } from '../verify/bytes.ts';
import { sha256Bytes } from '../leaf.ts';
import { isOrigin } from './origin.ts';

/** One key as clients are shown it (npm's `/-/npm/v1/keys`). */
export interface RegistryPublicKey {
  /** `SHA256:` and the base64 of the SHA-256 over the SPKI. */
  readonly keyid: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly spki: string;
  /** RFC 3339 UTC; null while it signs. */
  readonly expires: string | null;
}

export interface RegistryKeys {
  readonly origin: string;
  /** 32 bytes: the private half of `current`. */
  readonly seed: Uint8Array;
  readonly current: RegistryPublicKey;
  /** Newest first. */
  readonly retired: readonly RegistryPublicKey[];
}

export const registrySeedBytes = 32;
/** More changes of key than this are refused, rather than served for ever. */
export const maxRetiredKeys = 64;
/** Longer than any file that `encodeRegistryKeys` makes. */
const maxFileBytes = 64 * 1024;

/** Undefined for the few seeds that are no private key of the curve: draw another. */
export function newRegistryKeys(
  origin: string,
  seed: Uint8Array,
  retired: readonly RegistryPublicKey[] = [],
): RegistryKeys | undefined {
  const spki = spkiOf(seed);
  return spki === undefined
    ? undefined
    : { origin, seed, current: { keyid: keyidOf(spki), spki: toBase64(spki), expires: null }, retired };
}

/** What is signed. Neither a name nor a version holds `:`, so that no two releases have one text. */
export function registrySignatureText(name: string, version: string, integrity: string): string {
  return `${name}@${version}:${integrity}`;
}

/** ASN.1 DER, base64, as npm's clients take it. */
export function registrySign({ seed }: RegistryKeys, text: string): string {
  return sign('sha256', Buffer.from(text, 'utf8'), privateKeyOf(seed)).toString('base64');
}

/** The present key and those before it, newest first. */
export function publicKeysOf({ current, retired }: RegistryKeys): readonly RegistryPublicKey[] {
  return [current, ...retired];
}

/** One line of canonical JSON. */
export function encodeRegistryKeys({ origin, seed, current, retired }: RegistryKeys): string {
  const past = retired.map(({ spki, expires }) => ({ spki, expires }));
  return `${canonicalJson({ v: 1, origin, seed: toHex(seed), spki: current.spki, retired: past })}\n`;
}

/** Undefined for anything that `encodeRegistryKeys` did not write for this origin. */
export function parseRegistryKeys(bytes: Uint8Array, origin: string): RegistryKeys | undefined {
  if (bytes.length > maxFileBytes || !isOrigin(origin)) return undefined;
  const text = Buffer.from(bytes).toString('utf8');
  const value = objectFrom(text);
  const seed = value && fromHex(ownString(value, 'seed') ?? '', registrySeedBytes);
  const retired = value && retiredFrom(own(value, 'retired'));
  if (seed === undefined || retired === undefined) return undefined;
  const keys = newRegistryKeys(origin, seed, retired);
  return keys !== undefined && encodeRegistryKeys(keys) === text ? keys : undefined;
}

function retiredFrom(value: Json | undefined): readonly RegistryPublicKey[] | undefined {
  if (!Array.isArray(value) || value.length > maxRetiredKeys) return undefined;
  const keys = value.flatMap((item: Json): readonly RegistryPublicKey[] => {
    const spki = isJsonObject(item) ? ownString(item, 'spki') : undefined;
    const expires = isJsonObject(item) ? ownString(item, 'expires') : undefined;
    const der = spki === undefined ? undefined : fromBase64(spki);
    if (
      spki === undefined ||
      der === undefined ||
      expires === undefined ||
      normaliseTime(expires) !== expires
    )
      return [];
    return [{ keyid: keyidOf(der), spki, expires }];
  });
  return keys.length === value.length ? keys : undefined;
}

function objectFrom(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keyidOf(spki: Uint8Array): string {
  return `SHA256:${toBase64(sha256Bytes(spki))}`;
}

function spkiOf(seed: Uint8Array): Uint8Array | undefined {
  try {
    return Uint8Array.from(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }));
  } catch {
    return undefined;
  }
}

/** Throws for a seed that is zero, or not below the curve's order. */
function privateKeyOf(seed: Uint8Array): KeyObject {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(seed);
  const point = curve.getPublicKey();
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: Buffer.from(seed).toString('base64url'),
    x: part(1),
    y: part(33),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}
