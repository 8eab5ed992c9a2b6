/** The gate's own entry in `dist.signatures` of a version that it admitted. */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';

export interface OwnSignature {
  readonly version: string;
  /** What was signed, with name and version: `sha512-…`, of the bytes that were admitted. */
  readonly integrity: string;
  readonly keyid: string;
  /** Base64. */
  readonly sig: string;
}

/**
 * The version's object with our entry after upstream's own. Undefined where the object speaks of other bytes than those
 * that were signed, or in another form (clients verify over `dist.integrity` as it stands), or has no list to add to:
 * then it is shown as it is.
 */
export function withOwnSignature(
  manifest: JsonObject,
  { integrity, keyid, sig }: OwnSignature,
): JsonObject | undefined {
  const dist = ownObject(manifest, 'dist');
  if (dist === undefined || ownString(dist, 'integrity') !== integrity) return undefined;
  const listed = own(dist, 'signatures') ?? [];
  if (!Array.isArray(listed)) return undefined;
  const others = listed.filter((one: Json) => !isUnder(one, [keyid]));
  return { ...manifest, dist: { ...dist, signatures: [...others, { keyid, sig }] } };
}

/**
 * Nobody else signs with our keys. An upstream that shows our own entry again after we took it back would make us vouch for
 * what we refuse, and a made-up one would fail every audit. Undefined: there is none.
 */
export function withoutPlanted(manifest: JsonObject, ownKeyids: readonly string[]): JsonObject | undefined {
  const dist = ownObject(manifest, 'dist');
  const listed = dist && own(dist, 'signatures');
  if (dist === undefined || !Array.isArray(listed)) return undefined;
  const others = listed.filter((one: Json) => !isUnder(one, ownKeyids));
  return others.length === listed.length ? undefined : { ...manifest, dist: { ...dist, signatures: others } };
}

function isUnder(entry: Json, keyids: readonly string[]): boolean {
  const keyid = isJsonObject(entry) ? ownString(entry, 'keyid') : undefined;
  return keyid !== undefined && keyids.includes(keyid);
}
