/** A record of the OSV schema 1.7 as it decides here: only what is needed, every value checked and bounded. */
import type { Ecosystem } from '../../core/purl.ts';

export type OsvRangeType = 'SEMVER' | 'ECOSYSTEM';
export type OsvEventKind = 'introduced' | 'fixed' | 'last_affected' | 'limit';

export interface OsvEvent {
  readonly kind: OsvEventKind;
  readonly version: string;
}

/** Ranges of type GIT are left out: without the commits they cannot decide. */
export interface OsvRange {
  readonly type: OsvRangeType;
  readonly events: readonly OsvEvent[];
}

export interface OsvSeverity {
  /** `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, `Ubuntu`, or what may come. */
  readonly type: string;
  readonly score: string;
}

export interface OsvAffected {
  readonly ecosystem: Ecosystem;
  /** What follows the colon in `Debian:12`. */
  readonly release: string | undefined;
  /** As the ecosystem normalises names. */
  readonly name: string;
  /** Instead of the record's own. */
  readonly severity: readonly OsvSeverity[];
  readonly ranges: readonly OsvRange[];
  readonly versions: readonly string[];
}

export interface OsvRecord {
  readonly id: string;
  /** RFC 3339 UTC with milliseconds, as the other times. */
  readonly modified: string;
  readonly published: string | undefined;
  readonly withdrawn: string | undefined;
  /** The same vulnerability under another id. Symmetric and transitive. */
  readonly aliases: readonly string[];
  /** What this one was derived from: another vulnerability, and its severity is not this one's. */
  readonly upstream: readonly string[];
  readonly related: readonly string[];
  readonly summary: string;
  readonly severity: readonly OsvSeverity[];
  /** Of the ecosystems known here. */
  readonly affected: readonly OsvAffected[];
  /** Names of those who reported it, sorted. */
  readonly sources: readonly string[];
}

export function isMalicious(id: string): boolean {
  return id.startsWith('MAL-');
}

/** The database an id belongs to: `GHSA`, `CVE`, `MAL`. */
export function databaseOf(id: string): string {
  return id.split('-', 1)[0] ?? id;
}
