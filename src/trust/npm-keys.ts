/**
 * A registry's public keys, in the two forms they come in: the TUF target `<identity host>/keys.json`
 * (`keyId`, `keyUsage`, `publicKey`), and the registry's own endpoint `/-/npm/v1/keys` (`keyid`, `key`, `expires`).
 */
import { describeKey } from '../core/algorithms.ts';
import { own, type Json, type JsonObject } from '../core/json.ts';
import type { KeyUsage, RegistryKey, TrustSource } from '../core/trust.ts';
import { base64, invalid, list, object, optionalTime, text, validity } from './reading.ts';

const maxKeys = 256;
const maxKeyidLength = 200;

/** The target's words for what a key may sign; a word we do not know gives the key no use. */
const usages: ReadonlyMap<string, KeyUsage> = new Map([
  ['npm:signatures', 'signatures'],
  ['npm:attestations', 'attestations'],
]);

/** sigstore/protobuf-specs, PublicKeyDetails. A name we do not know does not have to fit the key. */
const detailsOfKey: ReadonlyMap<string, string> = new Map([
  ['PKIX_ECDSA_P256_SHA_256', 'ec-p256'],
  ['PKIX_ECDSA_P384_SHA_384', 'ec-p384'],
  ['PKIX_ECDSA_P521_SHA_512', 'ec-p521'],
  ['PKIX_ED25519', 'ed25519'],
]);

/** npm's endpoint, `keytype`. */
const typesOfKey: ReadonlyMap<string, string> = new Map([
  ['ecdsa-sha2-nistp256', 'ec-p256'],
  ['ecdsa-sha2-nistp384', 'ec-p384'],
  ['ssh-ed25519', 'ed25519'],
]);

/** Either form, by the spelling of the first key's id. Throws TRUST_INVALID; an empty list is one too. */
export function parseRegistryKeys(document: JsonObject, source: TrustSource): readonly RegistryKey[] {
  const keys = list(own(document, 'keys'), 'keys', maxKeys);
  const [first] = keys;
  if (first === undefined) throw invalid('keys', 'is empty');
  const isTarget = own(object(first, 'keys[0]'), 'keyId') !== undefined;
  const parsed = keys.map((key, index) => (isTarget ? targetKey(key, index) : endpointKey(key, index)));
  return joined(parsed, source);
}

type OneKey = Pick<RegistryKey, 'keyid' | 'spki' | 'usages'>;

function targetKey(value: Json, index: number): OneKey {
  const where = `keys[${index}]`;
  const entry = object(value, where);
  const key = object(own(entry, 'publicKey'), `${where}.publicKey`);
  const details = text(own(key, 'keyDetails'), `${where}.publicKey.keyDetails`, 100);
  const spki = spkiOf(own(key, 'rawBytes'), `${where}.publicKey.rawBytes`, detailsOfKey.get(details));
  const usage = usages.get(text(own(entry, 'keyUsage'), `${where}.keyUsage`, 100));
  const window = validity(own(key, 'validFor'), `${where}.publicKey.validFor`);
  return {
    keyid: keyidOf(own(entry, 'keyId'), where),
    spki,
    usages: usage === undefined ? [] : [{ usage, ...window }],
  };
}

/** The endpoint does not say what a key is for: npm's own client takes each for both (pacote, lib/registry.js). */
function endpointKey(value: Json, index: number): OneKey {
  const where = `keys[${index}]`;
  const entry = object(value, where);
  const type = own(entry, 'keytype');
  const expected = typeof type === 'string' ? typesOfKey.get(type) : undefined;
  const until = optionalTime(own(entry, 'expires'), `${where}.expires`);
  return {
    keyid: keyidOf(own(entry, 'keyid'), where),
    spki: spkiOf(own(entry, 'key'), `${where}.key`, expected),
    usages: (['signatures', 'attestations'] as const).map((usage) => ({ usage, from: undefined, until })),
  };
}

function keyidOf(value: Json | undefined, where: string): string {
  return text(value, `${where}: the key id`, maxKeyidLength);
}

/** A key that the table of algorithms refuses is read all the same: what it signed is refused by name later. */
function spkiOf(value: Json | undefined, where: string, expected: string | undefined): string {
  const spki = base64(value, where);
  const name = describeKey(spki);
  if (name === 'unreadable-key') throw invalid(where, 'is no public key');
  if (expected !== undefined && name !== expected)
    throw invalid(where, `is ${name}, and not ${expected} as it says`);
  return spki;
}

/** One key for each id, in order of the ids. Two keys under one id, or two windows for one use, are refused. */
function joined(parsed: readonly OneKey[], source: TrustSource): readonly RegistryKey[] {
  const byId = new Map<string, RegistryKey>();
  for (const key of parsed) {
    const known = byId.get(key.keyid);
    if (known !== undefined && known.spki !== key.spki) throw invalid(key.keyid, 'names two keys');
    const before = known?.usages ?? [];
    if (key.usages.some(({ usage }) => before.some((one) => one.usage === usage)))
      throw invalid(key.keyid, 'is listed twice for one use');
    byId.set(key.keyid, { keyid: key.keyid, spki: key.spki, usages: [...before, ...key.usages], source });
  }
  return [...byId.values()].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
}
