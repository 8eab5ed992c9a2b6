/** A collector turns one release (and what was read of its bytes) into one piece of evidence. It knows nothing of policy. */
import type { ArchiveReading } from './archive-reading.ts';
import type { ArtifactDigests } from './digest.ts';
import type { Evidence, EvidenceScope } from './evidence.ts';
import type { IndexVersion, IndexView } from './index-view.ts';
import type { JsonObject } from './json.ts';
import type { Subject } from './subject.ts';

/** How the bytes came here. */
export interface Origin {
  readonly upstream: string;
  readonly identityHost: string;
  /** Every URL asked, in order, without credentials; the last one answered. */
  readonly urls: readonly string[];
  readonly fetchedAt: string;
}

/** What we saw ourselves of this version in the index. Times are ours, RFC 3339 UTC. */
export interface Observation {
  /** First index of the package that we ever looked at. */
  readonly firstLookAt: string;
  /** The last look at which this version was not yet there; undefined when it was there at our first look. */
  readonly absentAt: string | undefined;
  /** First look at which it was there. */
  readonly presentAt: string;
}

/**
 * The release to compare with: the last one admitted, else the preceding semver in the unfiltered index, as that
 * index shows it (`preceding-version`) or as its bytes are (`preceding-bytes`).
 */
export interface Predecessor {
  readonly version: string;
  readonly how: 'last-admitted' | 'preceding-version' | 'preceding-bytes';
  /** Install-time scripts by lifecycle name; `install: node-gyp rebuild` when implied by a binding.gyp. */
  readonly installScripts: Readonly<Record<string, string>>;
}

/** How the archive could be read; `failed` carries the message of the dead or exhausted child. */
export type ReadingOutcome =
  | { readonly state: 'read'; readonly reading: ArchiveReading }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

export interface CollectorInput {
  readonly subject: Subject;
  readonly index: IndexView;
  readonly version: IndexVersion;
  /** The version's object in the index, as upstream sent it. */
  readonly indexManifest: JsonObject;
  readonly artifact: ArtifactDigests;
  readonly archive: ReadingOutcome;
  readonly origin: Origin;
  readonly observation: Observation;
  readonly predecessor: Predecessor | undefined;
  /** RFC 3339 UTC. */
  readonly now: string;
}

export interface Collector {
  readonly kind: string;
  /** Raised when what it reports changes: stored evidence of an older version is collected anew before the next decision. */
  readonly version: string;
  readonly scope: EvidenceScope;
  readonly collect: (input: CollectorInput) => Evidence | Promise<Evidence>;
}
