/** What verifying a bundle asks for and answers. */
import type { SignerIdentity } from '../core/identity.ts';
import type { JsonObject } from '../core/json.ts';
import type { RegistryKey, SigstoreTrust } from '../core/trust.ts';

/** The bytes that were signed, or their digest. A DSSE statement must name it among its subjects. */
export type SignedThing =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'digest';
      readonly algorithm: 'sha256' | 'sha384' | 'sha512';
      /** Lower case. */
      readonly hex: string;
    };

export interface BundleRequest {
  /** As parsed from JSON: hostile. */
  readonly bundle: JsonObject;
  /** Undefined: a DSSE envelope whose subjects the caller compares itself. */
  readonly thing: SignedThing | undefined;
  /** Tried in order; one must vouch for everything. */
  readonly roots: readonly SigstoreTrust[];
  /** For bundles that name a key instead of a certificate. */
  readonly keys: readonly RegistryKey[];
  /** Exact: any that is given must be equal. */
  readonly expected?: Partial<Pick<SignerIdentity, 'issuer'>> & { readonly subject?: string };
  /** RFC 3339 UTC. */
  readonly now: string;
}

export const bundleFailures = [
  'bundle-malformed',
  'algorithm-refused',
  'root-unusable',
  'timestamp',
  'certificate-chain',
  'certificate-time',
  'certificate-usage',
  'certificate-transparency',
  'log-unknown',
  'log-inclusion',
  'log-checkpoint',
  'log-promise',
  'log-body',
  'key-unknown',
  'key-window',
  'signature',
  'statement-malformed',
  'subject-mismatch',
  'identity-mismatch',
] as const;
export type BundleFailure = (typeof bundleFailures)[number];

export interface StatementSubject {
  readonly name: string | undefined;
  /** Algorithm → lower-case hex. */
  readonly digest: Readonly<Record<string, string>>;
}

/** An in-toto Statement v0.1 or v1, from the signed bytes. */
export interface Statement {
  readonly version: 'v0.1' | 'v1';
  readonly subjects: readonly StatementSubject[];
  readonly predicateType: string;
  readonly predicate: JsonObject;
}

export interface VerifiedBundle {
  readonly ok: true;
  readonly signer:
    | { readonly kind: 'certificate'; readonly identity: SignerIdentity }
    | { readonly kind: 'key'; readonly keyid: string };
  /** Trustworthy times, earliest first: from a log's promise or a timestamp authority. RFC 3339 UTC. */
  readonly signedTimes: readonly { readonly by: 'log' | 'timestamp-authority'; readonly time: string }[];
  /** Undefined for a message signature. */
  readonly statement: Statement | undefined;
  /** Name of the trust that vouched. */
  readonly root: string;
  readonly bundleVersion: '0.1' | '0.2' | '0.3';
  /** `logId` in hex; `index` is the one that was authenticated: by the promise over all trees of the log, else in its tree. */
  readonly logEntries: readonly { readonly logId: string; readonly index: string; readonly kind: string }[];
}

export interface RefusedBundle {
  readonly ok: false;
  readonly failure: BundleFailure;
  /** One sentence; may quote hostile text, clipped. */
  readonly why: string;
}

export type BundleVerdict = VerifiedBundle | RefusedBundle;

/** Pure; never throws for anything in `bundle`. */
export type VerifyBundle = (request: BundleRequest) => BundleVerdict;
