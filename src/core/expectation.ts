/** What we have learned to expect of a package's publications. Versioned; every version is an entry of the ledger. */
import type { Principal, UpstreamId } from './subject.ts';

/** How it is usually published, strongest last (pnpm's order, with our own first step). */
export const trustRanks = ['none', 'signed', 'provenance', 'trusted-publisher', 'staged'] as const;
export type TrustRank = (typeof trustRanks)[number];

export interface ExpectedIdentity {
  readonly issuer: string | undefined;
  readonly repositoryUri: string | undefined;
  readonly repositoryId: string | undefined;
  readonly ownerUri: string | undefined;
  readonly ownerId: string | undefined;
  /** Any of them. Paths inside the repository, such as `.github/workflows/release.yml`. */
  readonly workflows: readonly string[];
  /** .9 without its ref; any of them. */
  readonly signers: readonly string[];
  /** Exact refs, or `refs/tags/*` and the like: one `*`, at the end, after a `/`. Any of them. */
  readonly refs: readonly string[];
  readonly triggers: readonly string[];
  readonly runners: readonly string[];
  readonly predicateTypes: readonly string[];
}

export interface Expectation {
  readonly upstream: UpstreamId;
  readonly name: string;
  /** Release line: the major version (`0.x` lines by minor: `0.30`), or `*` for the whole package. */
  readonly line: string;
  /** 1, 2, 3 … of this package and line. */
  readonly revision: number;
  readonly origin: 'learned' | 'set';
  /** `provisional` until old enough and seen often enough; then `firm`. A provisional one warns where a firm one refuses. */
  readonly standing: 'provisional' | 'firm';
  readonly identity: ExpectedIdentity | undefined;
  readonly rank: TrustRank;
  /** `v{version}`, `{version}`, `{name}@{version}` or `{unscoped}@{version}`; undefined: not known. */
  readonly tagTemplate: string | undefined;
  /** Lifecycle names that ran at install. */
  readonly installScripts: readonly string[];
  /** Registry accounts that usually publish. */
  readonly publishers: readonly string[];
  /** Median time between releases, milliseconds; undefined: too few. */
  readonly intervalMs: number | undefined;
  /** The versions it was learned from. */
  readonly learnedFrom: readonly string[];
  readonly reason: string | undefined;
  readonly principal: Principal;
  /** RFC 3339 UTC. */
  readonly at: string;
}
