/**
 * Clear-signed texts (RFC 9580, section 7), as `InRelease` and `.dsc` are. Only what a pinned key signed is handed out;
 * a file with anything around the signed part is refused: apt took that for signed text
 * once (CVE-2013-1051).
 */
import { readCleartextMessage, readKeys, verify, type Key } from 'openpgp';
import { textOf } from './deb822.ts';
import { refusal } from './refusals.ts';

export interface SignedText {
  /** The signed part alone, as it was signed: lines end with LF, without blanks at their ends. */
  readonly text: string;
  /** Fingerprints of the pinned primary keys whose signature holds, upper-case hex, sorted; at least one. */
  readonly signedBy: readonly string[];
}

export interface PinnedKeys {
  readonly keys: readonly Key[];
  /** In the keyring and not among those asked for, or asked for and not there. */
  readonly missing: readonly string[];
}

const mostKeyringBytes = 4 * 1024 * 1024;
const mostSignatures = 16;

/**
 * Of a keyring only the keys with these fingerprints (of the primary key, hex). Throws DEBIAN_SIGNATURE_INVALID where
 * none of them is there: a keyring alone says nothing about whom the operator trusts.
 */
export async function pinKeys(keyring: Uint8Array, fingerprints: readonly string[]): Promise<PinnedKeys> {
  if (keyring.length > mostKeyringBytes) throw signatureError('the keyring is too large');
  const wanted = new Set(fingerprints.map((one) => one.replaceAll(' ', '').toUpperCase()));
  const all = await readKeys({ binaryKeys: keyring }).catch((cause: unknown) => {
    throw signatureError('the keyring cannot be read', cause);
  });
  const keys = all.filter((key) => wanted.has(fingerprintOf(key)));
  if (keys.length === 0) throw signatureError('the keyring has none of the pinned keys');
  const there = new Set(keys.map(fingerprintOf));
  return { keys, missing: [...wanted].filter((one) => !there.has(one)).sort() };
}

/** `at`: when the keys and signatures must hold. Throws DEBIAN_SIGNATURE_INVALID. */
export async function readClearSigned(
  bytes: Uint8Array,
  { keys }: PinnedKeys,
  at: Date,
  what: string,
): Promise<SignedText> {
  const whole = textOf(bytes, what);
  checkFrame(whole, what);
  const message = await readCleartextMessage({ cleartextMessage: whole }).catch((cause: unknown) => {
    throw signatureError(`${what} is no clear-signed text`, cause);
  });
  const { data, signatures } = await verify({
    message,
    verificationKeys: [...keys],
    date: at,
    format: 'utf8',
  });
  if (signatures.length > mostSignatures) throw signatureError(`${what} has too many signatures`);
  const signedBy = new Set<string>();
  for (const { keyID, verified } of signatures) {
    const held = await verified.then(
      () => true,
      () => false,
    );
    const key = keys.find((one) => one.getKeys(keyID).length > 0);
    if (held && key !== undefined) signedBy.add(fingerprintOf(key));
  }
  if (signedBy.size === 0)
    throw signatureError(`no pinned key signed ${what}, or its signature does not hold`);
  return { text: data.replaceAll('\r\n', '\n'), signedBy: [...signedBy].sort() };
}

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';
const signature = '-----BEGIN PGP SIGNATURE-----';
const end = '-----END PGP SIGNATURE-----';

/** One message, one signature block, and nothing before, between or after them. */
function checkFrame(whole: string, what: string): void {
  if (/[\r\0]/.test(whole)) throw signatureError(`${what} has control characters`);
  const lines = whole.replace(/\n+$/, '').split('\n');
  const places = lines.flatMap((line, at) => (line.startsWith('-----') ? [{ line, at }] : []));
  const [first, second, third] = places;
  const framed =
    places.length === 3 &&
    first?.line === begin &&
    first.at === 0 &&
    second?.line === signature &&
    third?.line === end &&
    third.at === lines.length - 1;
  if (!framed)
    throw signatureError(`${what} has text outside of what is signed, or more than one signed part`);
}

function fingerprintOf(key: Key): string {
  return key.getFingerprint().toUpperCase();
}

function signatureError(why: string, cause?: unknown): Error {
  return refusal('DEBIAN_SIGNATURE_INVALID', why, cause);
}
