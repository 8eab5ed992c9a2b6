/**
 * Verifier keys (C2SP signed-note): `<name>+<key id>+<base64 of type and public key>`. The id ties name, type and
 * key together, so that a signature line finds its key; it is short, and no secret lies in it.
 */
import { concat, fromBase64, fromHex, isPlainText, toBase64, toHex, utf8 } from './bytes.ts';
import type { Hash } from './rfc6962.ts';

/** Signature types of C2SP signed-note that have a meaning here. Keys of any other type verify nothing. */
export const signatureTypes = {
  ed25519: 0x01,
  /** Timestamped Ed25519 (C2SP tlog-cosignature): what witnesses sign with. */
  cosignature: 0x04,
} as const;

export interface VerifierKey {
  readonly name: string;
  /** Key id: 8 lower-case hex digits. */
  readonly id: string;
  /** 0 to 255. A type that is not in `signatureTypes` is kept, and its signatures count as unknown. */
  readonly type: number;
  /** 32 bytes for the types known here. */
  readonly publicKey: Uint8Array;
}

/** Longest vkey that is read: room for a post-quantum key. */
const maxVkeyLength = 16_384;
/** For types whose id is defined as `keyId` (C2SP tlog-cosignature for 4 and 6). */
const publicKeyBytes = new Map([
  [0x01, 32],
  [0x04, 32],
  [0x06, 1312],
]);

/** Not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return isPlainText(name) && /^[^\p{White_Space}+]+$/u.test(name);
}

/** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), in hex. */
export function keyId(name: string, type: number, publicKey: Uint8Array, hash: Hash): string {
  return toHex(hash(concat([utf8(`${name}\n`), Uint8Array.of(type), publicKey])).subarray(0, 4));
}

/** Throws RangeError for a name, type or length of key that no vkey has. */
export function makeVerifierKey(
  key: Pick<VerifierKey, 'name' | 'publicKey'> & { readonly type: keyof typeof signatureTypes },
  hash: Hash,
): VerifierKey {
  const { name, publicKey } = key;
  const type = signatureTypes[key.type];
  if (!isKeyName(name)) throw new RangeError(`no name of a key: ${JSON.stringify(name)}`);
  if (publicKey.length !== publicKeyBytes.get(type))
    throw new RangeError(`no public key has ${publicKey.length} bytes`);
  return { name, id: keyId(name, type, publicKey, hash), type, publicKey };
}

/** The text `parseVkey` reads. */
export function formatVkey(key: VerifierKey): string {
  return `${key.name}+${key.id}+${toBase64(concat([Uint8Array.of(key.type), key.publicKey]))}`;
}

/** Undefined for what is no vkey, and where the id is not that of the name and key. */
export function parseVkey(text: string, hash: Hash): VerifierKey | undefined {
  if (text.length > maxVkeyLength) return undefined;
  // Base64 may hold a plus, a name and an id may not.
  const match = /^(?<name>[^+]+)\+(?<id>[0-9a-f]{8})\+(?<key>[^]+)$/.exec(text);
  const { name = '', id = '', key = '' } = match?.groups ?? {};
  const [type, ...rest] = fromBase64(key) ?? [];
  if (!isKeyName(name) || type === undefined || rest.length === 0) return undefined;
  const publicKey = Uint8Array.from(rest);
  const length = publicKeyBytes.get(type);
  if (length !== undefined && (publicKey.length !== length || keyId(name, type, publicKey, hash) !== id))
    return undefined;
  return fromHex(id, 4) === undefined ? undefined : { name, id, type, publicKey };
}
