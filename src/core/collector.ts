/** A collector turns one release (and what was read of its bytes) into one piece of evidence. It knows nothing of policy. */
import type { AdvisoryLookup, AdvisoryOverride } from './advisory.ts';
import type { ArchiveReading } from './archive-reading.ts';
import type { BehaviourOutcome } from './behaviour.ts';
import type { ArtifactDigests, Sha256 } from './digest.ts';
import type { Evidence, EvidenceScope } from './evidence.ts';
import type { Expectation } from './expectation.ts';
import type { ForgeAnswers } from './forge.ts';
import type { VerifiedPublication } from './identity.ts';
import type { IndexVersion, IndexView } from './index-view.ts';
import type { JsonObject } from './json.ts';
import type { Purl } from './purl.ts';
import type { RebuildFinding } from './rebuild-finding.ts';
import type { ScanOutcome } from './scan-report.ts';
import type { Subject } from './subject.ts';
import type { TrustMaterial } from './trust.ts';
import type { VexStatement } from './vex.ts';

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
  /** Its bytes, where they are here; undefined when only the index speaks for it. */
  readonly artifact?: ArtifactDigests;
  /** Install-time scripts by lifecycle name; `install: node-gyp rebuild` when implied by a binding.gyp. */
  readonly installScripts: Readonly<Record<string, string>>;
}

/** How the archive could be read; `failed` carries the message of the dead or exhausted child. */
export type ReadingOutcome =
  | { readonly state: 'read'; readonly reading: ArchiveReading }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

/**
 * What upstream has of attestations for the release. `missing`: advertised in the index, or seen there before, and
 * upstream answers 404. `not-advertised`: the index names none, so nobody asked.
 */
export type AttestationsAnswer =
  | { readonly state: 'not-advertised' }
  | { readonly state: 'missing' }
  | { readonly state: 'failed'; readonly code: string; readonly message: string }
  | { readonly state: 'answered'; readonly document: JsonObject; readonly digest: Sha256 };

/** When we first saw this version's index entry advertise them. RFC 3339 UTC; undefined: never. */
export interface Advertised {
  readonly attestedAt: string | undefined;
  readonly signedAt: string | undefined;
}

/** What is known of how a package is published, besides its index. */
export interface PackageHistory {
  /** Verified here, oldest signed time first, without the version at hand. At most 200. */
  readonly verified: readonly VerifiedPublication[];
  readonly advertised: Advertised;
  /** In force, newest revision of each line. */
  readonly expectations: readonly Expectation[];
  /** Releases of other packages, seen here, whose verified owner or registry account is the same, within a day. */
  readonly ofSamePublisher: readonly {
    readonly name: string;
    readonly version: string;
    readonly publishedAt: string;
  }[];
  /** The predecessor's object in the index; undefined when there is none. */
  readonly predecessorManifest: JsonObject | undefined;
  /** Those that its index shows and the predecessor's did not. What is not among them was not looked at. */
  readonly newDependencies: readonly NewDependency[];
}

/** A dependency from a registry, as the gate's own index of it shows it. */
export type NewDependency = { readonly name: string } & (
  | {
      readonly state: 'known';
      readonly index: IndexView;
      /** By version: the last look at which it was not yet there, RFC 3339 UTC. */
      readonly absentAt: ReadonlyMap<string, string>;
    }
  /** Upstream has no such package. */
  | { readonly state: 'absent' }
  | { readonly state: 'not-checked'; readonly why: string }
);

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
  readonly trust: TrustMaterial;
  readonly attestations: AttestationsAnswer;
  /** Undefined for what is judged without a gate (a file, a bundle). */
  readonly history: PackageHistory | undefined;
  /** About the commit and run that verified provenance names; undefined when there is none. */
  readonly forge: ForgeAnswers | undefined;
  /** What the feeds know of the package. */
  readonly advisories: AdvisoryLookup;
  /** What was found in its bytes. */
  readonly scan: ScanOutcome;
  /** The scan of the predecessor's bytes; undefined where those are not here. */
  readonly previousScan: { readonly version: string; readonly outcome: ScanOutcome } | undefined;
  /** What its install scripts did when they were run. */
  readonly behaviour: BehaviourOutcome;
  /** Names that so many use that one source alone may not call them malicious. */
  readonly popular: ReadonlySet<string>;
  /** About this package, whatever their window. */
  readonly advisoryOverrides: readonly AdvisoryOverride[];
  /** About this package, by signers whom the operator named, whatever their window. */
  readonly vex: readonly VexStatement[];
  /** What the newest build of the version from source said; undefined: nothing is built here. */
  readonly rebuildOf?: ((purl: Purl, artifact: Sha256) => RebuildFinding | undefined) | undefined;
  /** Evidence of the kinds named in `after`, of this same assessment. */
  readonly earlier: readonly Evidence[];
  /** RFC 3339 UTC. */
  readonly now: string;
}

/** For what is judged by its signatures alone: no feed is asked, and nothing scanned. */
export const unscanned: Pick<
  CollectorInput,
  'advisories' | 'scan' | 'previousScan' | 'behaviour' | 'popular' | 'advisoryOverrides' | 'vex'
> = {
  advisories: { feed: undefined, match: () => [] },
  popular: new Set(),
  advisoryOverrides: [],
  vex: [],
  scan: { state: 'not-scanned', message: 'it was not scanned' },
  previousScan: undefined,
  behaviour: { state: 'not-observed', why: 'it was not run' },
};

/** What the feeds, and builds from source, say now of one package. */
export type Knowledge = Pick<
  CollectorInput,
  'advisories' | 'advisoryOverrides' | 'vex' | 'popular' | 'rebuildOf'
>;

export interface Collector {
  readonly kind: string;
  /** Raised when what it reports changes: stored evidence of an older version is collected anew before the next decision. */
  readonly version: string;
  readonly scope: EvidenceScope;
  /** Kinds whose evidence it is given in `earlier`: it runs when they are there. */
  readonly after?: readonly string[];
  /** Its evidence also depends on the trust material: collected anew when that changes and it was no `pass`. */
  readonly usesTrust?: boolean;
  /** Is given what the forge says of the commit and run that verified provenance names; comes after `provenance`. */
  readonly usesForge?: boolean;
  /** Rests on what is remembered of the package, which changes: until the release is admitted it is collected anew. */
  readonly usesHistory?: boolean;
  /** Rests on the scan of the bytes, which is made only for those who want it. */
  readonly usesScan?: boolean;
  /**
   * Rests on what the feeds say now and on nothing else: collected anew for every decision, also where there is neither
   * an index nor bytes.
   */
  readonly refresh?: (input: Knowledge & Pick<CollectorInput, 'subject' | 'now'>) => Evidence;
  /**
   * Rests on what install scripts were seen to do, which may become known long after a decision: made anew then, from the
   * record that stands, also where there is neither an index nor bytes.
   */
  readonly watched?: (
    input: Pick<CollectorInput, 'subject' | 'now' | 'behaviour'> & { readonly stored: Evidence },
  ) => Evidence;
  readonly collect: (input: CollectorInput) => Evidence | Promise<Evidence>;
}
