/** What admission needs of who looks into packages: the scanner, and its reports. */
import type { Sha256 } from '../core/digest.ts';
import type { ScanReport } from '../core/scan-report.ts';

/** What the scanner is told of a package before it reads it: from an archive that two readers agreed about. */
export interface ScanSubject {
  readonly manifestText: string | undefined;
  /** Inside the top folder. */
  readonly paths: readonly string[];
  /** Those that are new or have other bytes than in the version before; undefined: nothing to compare with. */
  readonly changed: readonly string[] | undefined;
}

export interface PackageScanner {
  /** Names the scanner and its rules: what others reported is scanned anew. */
  readonly rules: string;
  /** In a child process. Throws SCAN_FAILED when it died, met its limits or could not read, SCAN_BUSY. */
  readonly scan: (blobPath: string, packedBytes: number, subject: ScanSubject) => Promise<ScanReport>;
}

export interface ScanKey {
  readonly artifact: Sha256;
  readonly rules: string;
  /** The artifact it was compared with. */
  readonly base: Sha256 | undefined;
}

export interface ScanRecord {
  /** Blob of the canonical JSON of its ScanReport; undefined: it never ended well. */
  readonly report: Sha256 | undefined;
  /** What went wrong last; undefined after it went well. */
  readonly failure: string | undefined;
  readonly failures: number;
  /** RFC 3339 UTC. */
  readonly at: string;
}

/** The artifact is on record before. Throws STORAGE_*. */
export interface ScanStore {
  readonly of: (key: ScanKey) => Promise<ScanRecord | undefined>;
  readonly recordReport: (key: ScanKey, report: Sha256, at: string) => Promise<void>;
  readonly recordFailure: (key: ScanKey, failure: string, at: string) => Promise<void>;
}
