/** The gate's own entry in `dist.signatures` of a version that it admitted. */
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';

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
  // Nobody else signs with our key: an entry that says so would fail every audit.
  const others = listed.filter((one: unknown) => !isJsonObject(one) || own(one, 'keyid') !== keyid);
  return { ...manifest, dist: { ...dist, signatures: [...others, { keyid, sig }] } };
}
