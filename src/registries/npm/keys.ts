/**
 * `/-/npm/v1/keys`: the keys with which clients verify `dist.signatures`. They give up a whole audit at the first
 * signature whose key is not listed, so that every key belongs here: live, retired, upstream's, and the gate's own.
 */
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { normaliseTime } from '../../core/time.ts';
import type { RegistryKey } from '../../core/trust.ts';

/** In the words of npm's clients; `expires` is null for a key that is in use. */
export interface ServedKey {
  readonly keyid: string;
  readonly keytype: string;
  readonly scheme: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly key: string;
  readonly expires: string | null;
}

const keysAtMost = 200;
const textAtMost = 4096;
const p256 = 'ecdsa-sha2-nistp256';

/** Upstream's answer, read without trust: what is no key is left out. Undefined when it is no list of keys at all. */
export function readServedKeys(document: Uint8Array): readonly ServedKey[] | undefined {
  const value = parsed(document);
  const listed = value && own(value, 'keys');
  return Array.isArray(listed) ? listed.slice(0, keysAtMost).flatMap(servedKey) : undefined;
}

function servedKey(item: Json): readonly ServedKey[] {
  if (!isJsonObject(item)) return [];
  const [keyid = '', key = ''] = ['keyid', 'key'].map((name) => ownString(item, name));
  const [keytype = p256, scheme = p256] = ['keytype', 'scheme'].map((name) => ownString(item, name));
  const end = own(item, 'expires') ?? null;
  const expires = typeof end === 'string' ? normaliseTime(end) : null;
  const texts = [keyid, key, keytype, scheme];
  const isSound = texts.every((text) => text !== '' && text.length <= textAtMost && text.isWellFormed());
  // An end that cannot be read is never no end.
  if (!isSound || (end !== null && expires === null) || expires === undefined) return [];
  return [{ keyid, keytype, scheme, key, expires }];
}

/** Keys of ours or of a trust root, for signatures; those for attestations alone are not for this list. */
export function servedKeyOf({ keyid, spki, usages }: RegistryKey): readonly ServedKey[] {
  const use = usages.find(({ usage }) => usage === 'signatures');
  if (use === undefined) return [];
  return [{ keyid, keytype: p256, scheme: p256, key: spki, expires: use.until ?? null }];
}

export function ownServedKey(key: {
  readonly keyid: string;
  readonly spki: string;
  readonly expires: string | null;
}): ServedKey {
  return { keyid: key.keyid, keytype: p256, scheme: p256, key: key.spki, expires: key.expires };
}

/** Each key once; where two lists name one, the first list's word counts. */
export function keysDocument(lists: readonly (readonly ServedKey[])[]): JsonObject {
  const keys = new Map<string, ServedKey>();
  for (const key of lists.flat()) if (!keys.has(key.keyid)) keys.set(key.keyid, key);
  return { keys: [...keys.values()].map((key) => ({ ...key })) };
}

function parsed(document: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(document).toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
