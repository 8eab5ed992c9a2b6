/** What an upstream's index says about one package, in no ecosystem's own words. */
import type { ClaimedDigest, Sha256 } from './digest.ts';
import type { Ecosystem, Purl } from './purl.ts';
import type { UpstreamId } from './subject.ts';

/** How a version was published, as the index claims it: nothing of it is signed. Texts are hostile and clipped. */
export interface Publication {
  /** Registry account, at most 214 characters. */
  readonly publisher: string | undefined;
  readonly publisherEmail: string | undefined;
  /** `_npmUser.trustedPublisher.id`, for example `github`. */
  readonly trustedPublisher: string | undefined;
  /** `_npmUser.approver`: staged publishing. */
  readonly approver: string | undefined;
  /** `dist.attestations` names provenance. */
  readonly attested: boolean;
  /** Entries of `dist.signatures`. */
  readonly signatures: number;
  readonly gitHead: string | undefined;
}

export interface IndexVersion {
  readonly version: string;
  readonly file: string;
  /** Where upstream says the bytes are. Hostile: followed only by `upstream`, under its rules. */
  readonly url: string;
  readonly claimed: readonly ClaimedDigest[];
  /** RFC 3339 UTC as normalised by the adapter; undefined when missing or unreadable. */
  readonly claimedTime: string | undefined;
  /** Upstream's deprecation text, at most 1,000 characters. */
  readonly deprecated: string | undefined;
  /** Scripts that would run at install, by lifecycle name, as the index shows them. */
  readonly installScripts: Readonly<Record<string, string>>;
  readonly hasInstallScript: boolean;
  readonly publication: Publication;
}

/** `not-available`: too few versions to say. `implausible`: a mirror's own dates, rules about order must not use them. */
export type TimeOrderTrust = 'plausible' | 'implausible' | 'not-available';

export interface IndexView {
  readonly upstream: UpstreamId;
  readonly ecosystem: Ecosystem;
  /** Without a version. */
  readonly purl: Purl;
  readonly name: string;
  /** In upstream's order. */
  readonly versions: readonly IndexVersion[];
  readonly tags: Readonly<Record<string, string>>;
  readonly timeOrderTrust: TimeOrderTrust;
  /** SHA-256 of the index as upstream sent it. */
  readonly digest: Sha256;
  readonly sizeBytes: number;
  /** What was left out (a version entry that can't be right), in words; at most 101 lines. Hostile text. */
  readonly problems?: readonly string[];
}
