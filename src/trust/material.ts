/** Trust material as one value: its digest, and the stored form that a replay reads back. */
import { canonicalJson } from '../core/canonical-json.ts';
import { isSha256, sha256, type Sha256 } from '../core/digest.ts';
import { own, ownString, type Json, type JsonObject } from '../core/json.ts';
import type { KeyUsage, RegistryKey, SigstoreTrust, TrustMaterial, TrustSource } from '../core/trust.ts';
import { invalid, list, object, optionalTime, readDocument, text } from './reading.ts';
import { trustedRootParts } from './trusted-root.ts';

export type MaterialParts = Pick<TrustMaterial, 'sigstore' | 'registryKeys'>;

/** The digest is over everything but when a root was confirmed and gets stale: a refresh that changes nothing moves those. */
export function makeMaterial(parts: MaterialParts): TrustMaterial {
  return { ...parts, digest: sha256(canonicalJson(materialJson(parts))) };
}

/** The stored form; the SHA-256 of its canonical JSON is the material's digest. */
export function materialJson({ sigstore, registryKeys }: MaterialParts): JsonObject {
  const hosts = [...registryKeys].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version: 1,
    sigstore: sigstore.map(({ name, source, tufRoot, trustedRoot }) => ({
      name,
      source,
      trustedRoot,
      ...(tufRoot === undefined ? {} : { tufRoot: { version: tufRoot.version, expires: tufRoot.expires } }),
    })),
    registryKeys: Object.fromEntries(hosts.map(([host, keys]) => [host, keys.map(keyJson)])),
  };
}

function keyJson({ keyid, spki, source, usages }: RegistryKey): JsonObject {
  return {
    keyid,
    spki,
    source,
    usages: usages.map(({ usage, from, until }) => ({
      usage,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    })),
  };
}

const sources: readonly TrustSource[] = ['pinned', 'tuf', 'imported', 'configured', 'endpoint'];

/** Reads the stored form. Throws TRUST_INVALID, also when the bytes are not those that the digest names. */
export function readMaterial(bytes: Uint8Array, digest: Sha256): TrustMaterial {
  const document = readDocument(bytes);
  if (own(document, 'version') !== 1) throw invalid('the stored trust', 'is of another version of Assay');
  const hosts = Object.entries(object(own(document, 'registryKeys'), 'registryKeys'));
  const material = makeMaterial({
    sigstore: list(own(document, 'sigstore'), 'sigstore', 16).map(readSigstore),
    registryKeys: new Map(
      hosts.map(([host, keys]) => [host, list(keys, host, 4096).map((key) => readKey(key, host))]),
    ),
  });
  if (!isSha256(digest) || material.digest !== digest)
    throw invalid('the stored trust', 'has another digest');
  return material;
}

function readSigstore(value: Json): SigstoreTrust {
  const entry = object(value, 'sigstore');
  const trustedRoot = object(own(entry, 'trustedRoot'), 'trustedRoot');
  trustedRootParts(trustedRoot);
  const root = own(entry, 'tufRoot');
  return {
    name: text(own(entry, 'name'), 'name', 100),
    source: sourceOf(entry),
    trustedRoot,
    tufRoot: root === undefined ? undefined : tufRootOf(object(root, 'tufRoot')),
    confirmedAt: undefined,
    staleAt: undefined,
  };
}

function tufRootOf(root: JsonObject): { readonly version: number; readonly expires: string } {
  const version = own(root, 'version');
  const expires = optionalTime(own(root, 'expires'), 'tufRoot.expires');
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || expires === undefined)
    throw invalid('tufRoot', 'has no version or no expiry');
  return { version, expires };
}

function readKey(value: Json, where: string): RegistryKey {
  const entry = object(value, where);
  return {
    keyid: text(own(entry, 'keyid'), 'keyid'),
    spki: text(own(entry, 'spki'), 'spki'),
    source: sourceOf(entry),
    usages: list(own(entry, 'usages'), 'usages', 8).map((one) => {
      const usage = object(one, 'usages');
      const name: KeyUsage = ownString(usage, 'usage') === 'attestations' ? 'attestations' : 'signatures';
      return {
        usage: name,
        from: optionalTime(own(usage, 'from'), 'from'),
        until: optionalTime(own(usage, 'until'), 'until'),
      };
    }),
  };
}

function sourceOf(entry: JsonObject): TrustSource {
  const source = sources.find((one) => one === ownString(entry, 'source'));
  if (source === undefined) throw invalid('source', 'is none that is known');
  return source;
}
