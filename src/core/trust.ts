/**
 * Whom we trust, since when and until when: plain data, made by `trust` and read by collectors. Hosts are identities
 * of upstreams, never the URL something is fetched from.
 */
import type { Sha256 } from './digest.ts';
import type { JsonObject } from './json.ts';

/** How a root or key set came to us. `endpoint`: the registry itself says so, over its own TLS, and nobody else. */
export type TrustSource = 'pinned' | 'tuf' | 'imported' | 'configured' | 'endpoint';

export type KeyUsage = 'signatures' | 'attestations';

/** One public key of a registry. The key id is an opaque label, not a digest of anything. */
export interface RegistryKey {
  readonly keyid: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly spki: string;
  readonly usages: readonly {
    readonly usage: KeyUsage;
    /** RFC 3339 UTC, inclusive; undefined: since ever. */
    readonly from: string | undefined;
    /** RFC 3339 UTC, inclusive; undefined: open. */
    readonly until: string | undefined;
  }[];
  readonly source: TrustSource;
}

/** A Sigstore instance: certificate authorities, logs and timestamp authorities, in the form of `trusted_root.json`. */
export interface SigstoreTrust {
  /** For example `public-good`. */
  readonly name: string;
  readonly trustedRoot: JsonObject;
  readonly source: TrustSource;
  /** Version and expiry of the TUF root that vouched for it; undefined for an imported file. */
  readonly tufRoot: { readonly version: number; readonly expires: string } | undefined;
  /** When it was last confirmed as current; undefined for what came with the program. */
  readonly confirmedAt: string | undefined;
  /** From then on it is too old to be relied on (configuration); undefined: never. RFC 3339 UTC. */
  readonly staleAt: string | undefined;
}

/**
 * Everything that evidence about signatures rests on. Evidence names `digest`, which is over all of it but
 * `confirmedAt` and `staleAt`: a refresh that changes nothing moves those.
 */
export interface TrustMaterial {
  readonly digest: Sha256;
  readonly sigstore: readonly SigstoreTrust[];
  /** By identity host, lower case. Retired keys are kept. */
  readonly registryKeys: ReadonlyMap<string, readonly RegistryKey[]>;
}
