/** Known vulnerabilities and malicious packages, as a feed tells them (OSV schema 1.7). Texts are hostile. */
import type { Sha256 } from './digest.ts';
import type { Ecosystem } from './purl.ts';

/** `unknown` is its own class: nobody scored it, which is not the same as low. Mildest first, `unknown` before all. */
export const severities = ['unknown', 'none', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** One advisory that applies to one version. */
export interface AdvisoryMatch {
  readonly id: string;
  /** Transitive, without `id`, sorted. */
  readonly aliases: readonly string[];
  /** A malicious-package record (`MAL-`): no vulnerability, but the package itself. */
  readonly malicious: boolean;
  readonly severity: Severity;
  /** CVSS base score, the highest of the newest version given; null: unknown. */
  readonly score: number | null;
  readonly vector: string | null;
  readonly summary: string;
  /** RFC 3339 UTC; undefined when the record has none. */
  readonly published: string | undefined;
  readonly modified: string;
  /** Versions that end it, by the record; empty: no fix is known. */
  readonly fixed: readonly string[];
  /** Who says so: the databases of the record and of its aliases. */
  readonly sources: readonly string[];
  readonly epss: { readonly score: number; readonly percentile: number; readonly model: string } | null;
  readonly kev: { readonly added: string; readonly due: string | undefined } | null;
}

/** What is known of the feed a lookup rests on. */
export interface FeedState {
  readonly ecosystem: Ecosystem;
  /** SHA-256 of the snapshot in its canonical form. */
  readonly digest: Sha256;
  readonly importedAt: string;
  /** Newest `modified` in it: how old the knowledge is, whatever the import's date. */
  readonly newestAt: string;
  readonly records: number;
  readonly malicious: number;
  readonly withdrawn: number;
  /** Where from: a URL or a file's name. */
  readonly source: string;
  /** A record that must match did, at import. */
  readonly canary: 'matched' | 'missed' | 'not-checked';
}

export interface AdvisoryLookup {
  /** Undefined: no feed was ever imported, and nothing is known. */
  readonly feed: FeedState | undefined;
  /** A feed is on record and cannot be read, and why: that nothing is known of it now is a fault, and says nothing. */
  readonly lost?: string;
  /** Those that apply, worst first. Withdrawn records never do. */
  readonly match: (name: string, version: string) => readonly AdvisoryMatch[];
}

/** Somebody's word here that an advisory does not concern a package: it always ends. */
export interface AdvisoryOverride {
  /** Of the advisory, or of one of its aliases. */
  readonly id: string;
  readonly name: string;
  /** Undefined: every version. */
  readonly version: string | undefined;
  /** A principal. */
  readonly by: string;
  readonly reason: string;
  /** RFC 3339 UTC. From `until` on it has no effect. */
  readonly from: string;
  readonly until: string;
}
