/**
 * A refusal under an id a person can look up. 13 characters of Crockford base32 (65 bits) are unguessable;
 * the short form (first four, `AS-7Q2M`) is for reading aloud and is resolved only locally or for a signed-in principal.
 */
export type CaseId = string & { readonly __brand: 'case' };

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** From at least 13 random bytes (the low five bits of each are used). */
export function caseIdFrom(random: Uint8Array): CaseId {
  if (random.length < 13) throw new RangeError('a case id needs 13 random bytes');
  return Array.from(random.subarray(0, 13), (byte) => alphabet[byte & 31]).join('') as CaseId;
}

/** Reads what a person typed: case-insensitive, with O for 0 and I or L for 1, as Crockford's base32 allows. */
export function parseCaseId(text: string): CaseId | undefined {
  const plain = text.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{13}$/.test(plain) ? (plain as CaseId) : undefined;
}

export function shortCase(id: CaseId): string {
  return `AS-${id.slice(0, 4)}`;
}

/** The four characters of a short form; undefined when it is none. */
export function parseShortCase(text: string): string | undefined {
  const match = /^AS-([0-9A-HJKMNP-TV-Z]{4})$/.exec(text.toUpperCase());
  return match?.[1];
}
