/** One offer of roots or keys, from whatever source, and what the material becomes by it. Pure: a preview and the real thing. */
import { canonicalJson } from '../core/canonical-json.ts';
import type { JsonObject } from '../core/json.ts';
import type { RegistryKey, SigstoreTrust, TrustMaterial, TrustSource } from '../core/trust.ts';
import { makeMaterial } from './material.ts';
import { mergeKeys, type KeyChange, type KeyConflict } from './merge.ts';

export interface OfferedRoot {
  readonly name: string;
  readonly trustedRoot: JsonObject;
  readonly tufRoot: { readonly version: number; readonly expires: string } | undefined;
}

export interface Offer {
  readonly source: TrustSource;
  readonly roots: readonly OfferedRoot[];
  readonly keys: readonly { readonly host: string; readonly keys: readonly RegistryKey[] }[];
}

/** `older`: the TUF root that vouches for it has a lower version than the one in use, so it was not taken. */
export interface RootChange {
  readonly name: string;
  readonly what: 'added' | 'changed' | 'older';
}

export interface Offered {
  readonly material: TrustMaterial;
  readonly roots: readonly RootChange[];
  readonly keys: readonly KeyChange[];
  readonly conflicts: readonly KeyConflict[];
}

const maxRoots = 16;

/** `now` is RFC 3339 UTC: when a key that is listed no more ends. The digest is the same when nothing that counts changed. */
export function withOffer(material: TrustMaterial, offer: Offer, now: string): Offered {
  const sigstore = [...material.sigstore];
  const roots: RootChange[] = [];
  for (const root of offer.roots) {
    const index = sigstore.findIndex(({ name }) => name === root.name);
    const what = changeOf(sigstore[index], root, offer.source);
    if (what === undefined || (what === 'added' && sigstore.length >= maxRoots)) continue;
    roots.push({ name: root.name, what });
    if (what === 'older') continue;
    const next = { ...root, source: offer.source, confirmedAt: undefined, staleAt: undefined };
    if (index < 0) sigstore.push(next);
    else sigstore[index] = next;
  }
  const registryKeys = new Map(material.registryKeys);
  const merged = offer.keys.map(({ host, keys }) => {
    const result = mergeKeys(registryKeys.get(host) ?? [], { host, keys, source: offer.source, now });
    registryKeys.set(host, result.keys);
    return result;
  });
  return {
    material: makeMaterial({ sigstore, registryKeys }),
    roots,
    keys: merged.flatMap(({ changes }) => changes),
    conflicts: merged.flatMap(({ conflicts }) => conflicts),
  };
}

/** What came by TUF never goes back; an operator may put an older root in place, and sees that it is one. */
function changeOf(
  known: SigstoreTrust | undefined,
  offered: OfferedRoot,
  source: TrustSource,
): RootChange['what'] | undefined {
  if (known === undefined) return 'added';
  const isOlder = (known.tufRoot?.version ?? 0) > (offered.tufRoot?.version ?? 0);
  if (isOlder && (source === 'tuf' || source === 'pinned')) return 'older';
  // A file says nothing of the TUF root that vouched for the same content, so when that ends stays known.
  const isSame =
    canonicalJson(known.trustedRoot) === canonicalJson(offered.trustedRoot) &&
    (offered.tufRoot === undefined ||
      (known.tufRoot?.version === offered.tufRoot.version &&
        known.tufRoot.expires === offered.tufRoot.expires));
  return isSame ? undefined : 'changed';
}
