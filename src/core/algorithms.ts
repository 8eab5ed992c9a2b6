/**
 * Which digests, keys and signatures are still believed: one dated table, by name. What is not on it is refused, so a
 * new algorithm is trusted only when somebody writes down why. `refused` means: proves nothing, whoever made it.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { instantOf } from './time.ts';

export interface AlgorithmRule {
  /** As evidence shows it: `sha1`, `rsa-1024`, `ec-p256`, `ecdsa-sha256`. `rsa-N` rules go by the number of bits. */
  readonly name: string;
  readonly kind: 'digest' | 'key' | 'signature';
  /** For an `rsa` key: the rule is for at least this many bits, and fewer than the next rule's. */
  readonly fromBits?: number;
  /** RFC 3339 UTC; undefined: no date is known. */
  readonly warnFrom: string | undefined;
  readonly refuseFrom: string | undefined;
  readonly why: string;
  /** Where the dates come from. */
  readonly source: string;
}

export interface AlgorithmVerdict {
  readonly verdict: 'fine' | 'warn' | 'refused';
  readonly name: string;
  readonly why: string;
  /** The date in the table that the verdict goes by; undefined for `fine` and for a name that is not listed. */
  readonly since: string | undefined;
}

const always = '1970-01-01T00:00:00.000Z';
const sp800131 = 'NIST SP 800-131A Rev. 2, tables 2 and 8';
const sp80057 = 'NIST SP 800-57 Part 1 Rev. 5, table 4';
const fine = { warnFrom: undefined, refuseFrom: undefined };
const md5Dates = { warnFrom: '2004-08-17T00:00:00.000Z', refuseFrom: '2011-03-01T00:00:00.000Z' };
const sha1Dates = { warnFrom: '2017-02-23T00:00:00.000Z', refuseFrom: '2020-01-07T00:00:00.000Z' };
const dsaDates = { warnFrom: '2023-02-03T00:00:00.000Z', refuseFrom: '2024-02-03T00:00:00.000Z' };

/** Ordered by kind and name, as `docs/verification.md` prints it. */
export const algorithmRules: readonly AlgorithmRule[] = [
  digest('md5', md5Dates, 'collisions take seconds', 'RFC 6151 (March 2011); Wang et al., CRYPTO 2004'),
  digest(
    'sha1',
    sha1Dates,
    'collisions with chosen prefixes can be bought',
    'shattered.io (2017-02-23); Leurent and Peyrin, "SHA-1 is a Shambles" (2020-01-07)',
  ),
  digest('sha256', fine, 'no attack is known', 'FIPS 180-4'),
  digest('sha384', fine, 'no attack is known', 'FIPS 180-4'),
  digest('sha512', fine, 'no attack is known', 'FIPS 180-4'),
  key('dsa', dsaDates, 'no longer in the standard', 'FIPS 186-5, section 1; FIPS 186-4 withdrawn 2024-02-03'),
  key('ec-p256', fine, '128 bits of strength', sp80057),
  key('ec-p384', fine, '192 bits of strength', sp80057),
  key('ec-p521', fine, '256 bits of strength', sp80057),
  key('ed25519', fine, '128 bits of strength', 'RFC 8032; FIPS 186-5, section 7'),
  {
    ...key('rsa', { warnFrom: always, refuseFrom: '2014-01-01T00:00:00.000Z' }, 'too few bits', sp800131),
    fromBits: 0,
  },
  {
    ...key(
      'rsa',
      { warnFrom: '2031-01-01T00:00:00.000Z', refuseFrom: undefined },
      '112 bits of strength',
      sp80057,
    ),
    fromBits: 2048,
  },
  { ...key('rsa', fine, '128 bits of strength or more', sp80057), fromBits: 3072 },
  signature('dsa-sha1', dsaDates, 'no longer in the standard', 'FIPS 186-5, section 1'),
  signature('dsa-sha256', dsaDates, 'no longer in the standard', 'FIPS 186-5, section 1'),
  signature('ecdsa-sha1', sha1Dates, 'made over SHA-1', sp800131),
  signature('ecdsa-sha256', fine, 'no attack is known', 'FIPS 186-5, section 6'),
  signature('ecdsa-sha384', fine, 'no attack is known', 'FIPS 186-5, section 6'),
  signature('ecdsa-sha512', fine, 'no attack is known', 'FIPS 186-5, section 6'),
  signature('ed25519', fine, 'no attack is known', 'RFC 8032'),
  signature('rsa-md5', md5Dates, 'made over MD5', 'RFC 6151'),
  signature('rsa-pss-sha256', fine, 'no attack is known', 'FIPS 186-5, section 5'),
  signature('rsa-pss-sha384', fine, 'no attack is known', 'FIPS 186-5, section 5'),
  signature('rsa-pss-sha512', fine, 'no attack is known', 'FIPS 186-5, section 5'),
  signature('rsa-sha1', sha1Dates, 'made over SHA-1', sp800131),
  signature('rsa-sha256', fine, 'no attack is known', 'FIPS 186-5, section 5'),
  signature('rsa-sha384', fine, 'no attack is known', 'FIPS 186-5, section 5'),
  signature('rsa-sha512', fine, 'no attack is known', 'FIPS 186-5, section 5'),
];

/**
 * `name` is a digest, a signature algorithm, or a key as `describeKey` names it. `now` is RFC 3339 UTC; a time that
 * cannot be read counts as later than every date. A name that is not listed is refused.
 */
export function judgeAlgorithm(name: string, now: string): AlgorithmVerdict {
  const rule = ruleFor(name);
  if (rule === undefined)
    return { verdict: 'refused', name, why: 'not an algorithm we believe', since: undefined };
  const { warnFrom, refuseFrom, why } = rule;
  if (hasCome(refuseFrom, now)) return { verdict: 'refused', name, why, since: refuseFrom };
  if (hasCome(warnFrom, now)) return { verdict: 'warn', name, why, since: warnFrom };
  return { verdict: 'fine', name, why, since: undefined };
}

const maxKeyBytes = 8192;
const curves: Readonly<Record<string, string>> = {
  prime256v1: 'ec-p256',
  secp384r1: 'ec-p384',
  secp521r1: 'ec-p521',
};

/**
 * The name of a key for `judgeAlgorithm`, from its SubjectPublicKeyInfo (DER, or base64 of it): `rsa-2048`, `dsa`,
 * `ec-p256`, `ed25519`. Anything else, and what is no key, has a name that is refused. Never throws.
 */
export function describeKey(spki: Uint8Array | string): string {
  const der = typeof spki === 'string' ? Buffer.from(spki, 'base64') : Buffer.from(spki);
  if (der.length > maxKeyBytes) return 'unreadable-key';
  try {
    return nameOf(createPublicKey({ key: der, format: 'der', type: 'spki' }));
  } catch {
    return 'unreadable-key';
  }
}

function nameOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === 'rsa' || type === 'rsa-pss') return `rsa-${details?.modulusLength ?? 0}`;
  if (type === 'ec') return curves[details?.namedCurve ?? ''] ?? `ec-${details?.namedCurve ?? 'unknown'}`;
  return type ?? 'unreadable-key';
}

function ruleFor(name: string): AlgorithmRule | undefined {
  const bits = /^rsa-([0-9]{1,6})$/.exec(name)?.[1];
  if (bits === undefined)
    return algorithmRules.find((rule) => rule.name === name && rule.fromBits === undefined);
  return algorithmRules.findLast((rule) => rule.fromBits !== undefined && Number(bits) >= rule.fromBits);
}

function hasCome(from: string | undefined, now: string): boolean {
  return from !== undefined && !(instantOf(now) < instantOf(from));
}

type Dates = Pick<AlgorithmRule, 'warnFrom' | 'refuseFrom'>;

function digest(name: string, dates: Dates, why: string, source: string): AlgorithmRule {
  return { name, kind: 'digest', ...dates, why, source };
}

function key(name: string, dates: Dates, why: string, source: string): AlgorithmRule {
  return { name, kind: 'key', ...dates, why, source };
}

function signature(name: string, dates: Dates, why: string, source: string): AlgorithmRule {
  return { name, kind: 'signature', ...dates, why, source };
}
