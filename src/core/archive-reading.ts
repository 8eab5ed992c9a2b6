/** What two independent readers agreed an archive holds: the per-file manifest. */
import type { Sha256 } from './digest.ts';
import type { EvidenceItem } from './evidence.ts';

export interface ArchiveMember {
  readonly path: string;
  readonly type: 'file' | 'directory';
  /** Permission bits, for example 0o644. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Of the content; of no bytes for a directory. */
  readonly sha256: Sha256;
}

/**
 * `refused`: the archive is not one we accept; `findings` says why (never empty then).
 * `disagreed`: our reader and the library saw different members. Both are `fail` as evidence.
 * A reader that died or ran out of its limits is not a reading: the caller gets ARCHIVE_READER_FAILED.
 */
export interface ArchiveReading {
  readonly verdict: 'agreed' | 'refused' | 'disagreed';
  readonly findings: readonly EvidenceItem[];
  /** In archive order; empty unless agreed. */
  readonly members: readonly ArchiveMember[];
  readonly totalBytes: number;
  /** Text of the ecosystem's manifest file inside (npm: the top folder's package.json); undefined when there is none or it is over the limit. */
  readonly manifestText: string | undefined;
  readonly readers: readonly string[];
  /** Absent in readings made before it was looked for. */
  readonly nested?: NestedManifests;
}

/** Manifests of packages that come along inside (npm: `node_modules/x/package.json`), where they may name install scripts. */
export interface NestedManifests {
  readonly manifests: readonly { readonly path: string; readonly text: string }[];
  /** False when there was more of them than is kept. */
  readonly whole: boolean;
}

export interface ArchiveLimits {
  readonly entries: number;
  readonly unpackedBytes: number;
  /** Unpacked bytes per packed byte. */
  readonly ratio: number;
  readonly pathBytes: number;
  readonly pathDepth: number;
  readonly manifestBytes: number;
  /** CPU seconds one reading may take in its child process. */
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly residentBytes: number;
}
