/** What admission needs of who watches install scripts. */
import type { BehaviourOutcome } from '../core/behaviour.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Purl } from '../core/purl.ts';
import type { PackageName, ReleaseRecord } from './deps.ts';

/** Whose scripts, and with whose they are compared: bytes where they are known, else the version that the index names. */
export interface BehaviourAbout {
  readonly artifact: Sha256;
  readonly predecessor:
    | { readonly purl: Purl; readonly version: string; readonly artifact: Sha256 | undefined }
    | undefined;
}

/** What the release's install scripts did, where somebody ran them; asks nobody to do so now. Throws STORAGE_*. */
export type BehaviourOf = (about: BehaviourAbout) => Promise<BehaviourOutcome>;

/** A decision was recorded: what it lacks of behaviour may be looked for, behind it. Never throws. */
export type BehaviourWanted = (release: ReleaseRecord) => void;

export interface BehaviourFailure {
  readonly code: string;
  readonly message: string;
}

export interface BehaviourKey {
  readonly artifact: Sha256;
  /** Tool and version that ran and watched. */
  readonly observer: string;
  readonly purl: Purl;
}

export interface BehaviourRecord extends BehaviourKey {
  /** Blob of the canonical JSON of its StoredBehaviour; undefined: it never ended well. */
  readonly report: Sha256 | undefined;
  /** What went wrong last; undefined after it went well. */
  readonly failure: BehaviourFailure | undefined;
  readonly failures: number;
  /** RFC 3339 UTC. */
  readonly at: string;
}

/** Throws STORAGE_*. Lists are newest first. */
export interface BehaviourStore {
  readonly ofArtifact: (artifact: Sha256) => Promise<readonly BehaviourRecord[]>;
  readonly ofVersion: (purl: Purl) => Promise<readonly BehaviourRecord[]>;
  readonly recordReport: (key: BehaviourKey, report: Sha256, at: string) => Promise<void>;
  readonly recordFailure: (key: BehaviourKey, failure: BehaviourFailure, at: string) => Promise<void>;
  /** Packages with a release of these bytes. */
  readonly packagesOf: (artifact: Sha256) => Promise<readonly PackageName[]>;
}
