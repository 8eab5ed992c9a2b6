/**
 * Building from source, here: what was built from what, in which isolation, and how it compares with what upstream
 * published. Every outcome is data, also the failures. Texts from packages and builds are hostile and clipped.
 */
import type { CommitsSince } from './commits.ts';
import type { Sha256 } from './digest.ts';
import type { Purl } from './purl.ts';

// ---- source ----

/** How the source of a version was found, best first. */
export const sourceGrades = [
  'provenance',
  'git-head',
  'tag',
  'first-commit',
  'archive',
  'debian-source',
] as const;
export type SourceGrade = (typeof sourceGrades)[number];

export type Source =
  | {
      readonly kind: 'git';
      /** https, ssh or file; the latter two only in recipes that the operator wrote. */
      readonly url: string;
      /** 40 or 64 hex digits. */
      readonly commit: string;
      /** The ref it was found by, for example `refs/tags/v1.2.3`. */
      readonly ref: string | undefined;
      /** Folder of the package in the repository; empty for the top. */
      readonly directory: string;
    }
  | {
      readonly kind: 'archive';
      readonly url: string;
      readonly sha256: Sha256;
      readonly directory: string;
    }
  | {
      readonly kind: 'debian-source';
      /** Base URL of the archive, suite and component, for example `…/debian`, `bookworm`, `main`. */
      readonly archive: string;
      readonly suite: string;
      readonly component: string;
      readonly name: string;
      readonly version: string;
      /** Of the `.dsc`. */
      readonly dsc: Sha256;
      /** Upper-case hex fingerprints of the keys that signed the Release file used. */
      readonly signedBy: readonly string[];
    };

/** Who stands behind a source: what a person approves, and what must be the same the next time. */
export interface SourceIdentity {
  /** `git`: URL in canonical form; `archive`: the URL without its version part; `debian-source`: archive, suite and source package. */
  readonly repository: string;
  /** Immutable ids of the forge; undefined where no forge tells. */
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  /** Fingerprints, for Debian. */
  readonly keys: readonly string[];
}

export interface FoundSource {
  readonly source: Source;
  readonly identity: SourceIdentity;
  readonly grade: SourceGrade;
  readonly confidence: 'high' | 'medium' | 'low';
  /** Reachable from a protected branch or a release tag; `not-available` for archives and Debian. */
  readonly reachable: 'yes' | 'no' | 'not-available' | 'not-checked';
  /** Sentences: every candidate that was tried, and where two disagree. */
  readonly because: readonly string[];
  readonly disagreements: readonly string[];
  /** Branches that led to the commit then, the default one first, at most 10. Git alone. */
  readonly branches?: readonly string[];
  /** What came since the version before; undefined: none is known, or it is no git. */
  readonly commits?: CommitsSince;
}

// ---- isolation ----

export type Isolation = 'none' | 'partial' | 'full';
export type LimitMeans = 'cgroup-v2' | 'cgroup-v1' | 'rlimit' | 'tmpfs' | 'watchdog' | 'none';

export interface IsolationReport {
  readonly level: Isolation;
  /** For example `bubblewrap 0.8.0`. */
  readonly means: string;
  readonly limits: Readonly<Record<'memory' | 'processes' | 'cpu' | 'disk' | 'time', LimitMeans>>;
  /** What keeps it from `full`, one sentence each. */
  readonly missing: readonly string[];
}

// ---- build ----

/** Everything that went in, by digest: in-toto's ResourceDescriptor. */
export interface BuildInput {
  /** What it is for: `source`, `base`, `toolchain`, `dependency`, `build-dependency`. */
  readonly role: string;
  readonly name: string;
  readonly uri: string;
  readonly digest: Readonly<Record<string, string>>;
  /** Blob of what the gate decided of it before it went in; absent: it was taken by its digest alone. */
  readonly decision?: Sha256;
  /** What upstream's own word for it was verified to be, then. */
  readonly vouched?: 'attested' | 'signed';
  /** It looked like malware to the scanner, and was let in: it has been public for long, and no feed names it. */
  readonly suspected?: true;
  /** Of a base system: the packages in it, each `name version architecture`; its digest is that of the whole. */
  readonly contains?: readonly string[];
}

/** `assayed`: scanned and decided by policy like what people install. `digest-only`: taken by what its index claims. */
export const inputModes = ['assayed', 'digest-only'] as const;
export type InputMode = (typeof inputModes)[number];

export const notBuiltCauses = [
  'no-source',
  'no-commit',
  'unsupported',
  'fetch-failed',
  'dependencies',
  'build-failed',
  'pack-failed',
  'timeout',
  'out-of-memory',
  'sandbox',
  'cancelled',
] as const;
export type NotBuiltCause = (typeof notBuiltCauses)[number];

// ---- comparison ----

export const comparisonVerdicts = [
  'identical',
  'identical-container',
  'equivalent',
  'benign-difference',
  'unexplained',
  'suspicious',
  'not-built',
] as const;
/**
 * `identical`: the same bytes (D0). `identical-container`: the same once inflated (D1). `equivalent`: the same canonical
 * tree of path, type, exec bit and content (D2). `benign-difference`: the same after named normalisers (D3).
 */
export type ComparisonVerdict = (typeof comparisonVerdicts)[number];

/** What a normaliser forgave, and where. `mode-bits` is D2's own reduction of permissions. */
export interface NormaliserUse {
  readonly name: string;
  readonly version: string;
  /** Paths, at most 1,000; `touched` counts all. */
  readonly paths: readonly string[];
  readonly touched: number;
}

/** `ambiguous`: an archive that readers take for different things; `path` is then empty or the member's. */
export type DifferenceKind =
  | 'ambiguous'
  | 'only-upstream'
  | 'only-rebuilt'
  | 'content'
  | 'type'
  | 'exec-bit'
  | 'manifest-field';

export type DifferenceGrade = 'forgiven' | 'benign' | 'unexplained' | 'suspicious';

export interface FileDifference {
  readonly path: string;
  readonly kind: DifferenceKind;
  readonly grade: DifferenceGrade;
  /** The rule that grades it, and why: one sentence. */
  readonly rule: string;
  readonly reason: string;
  /** Whether what a user runs reaches it; undefined: not told. */
  readonly reached: 'install' | 'main' | 'bin' | 'never' | undefined;
  /** Unified diff (`-` built here, `+` upstream), or the content of a one-sided file; clipped. */
  readonly shown: string | undefined;
}

export interface Comparison {
  readonly schema: 1;
  readonly verdict: ComparisonVerdict;
  readonly upstream: Sha256;
  readonly rebuilt: Sha256;
  /** Digest of each rung for both sides; undefined where it was not reached. */
  readonly ladder: Readonly<
    Record<'d0' | 'd1' | 'd2' | 'd3', { readonly upstream: Sha256; readonly rebuilt: Sha256 } | undefined>
  >;
  readonly normalisers: readonly NormaliserUse[];
  readonly counts: Readonly<Record<'same' | 'forgiven' | 'benign' | 'unexplained' | 'suspicious', number>>;
  /** Suspicious first, then one-sided files; at most 1,000. */
  readonly differences: readonly FileDifference[];
  readonly differencesTotal: number;
}

// ---- class ----

export const classGrades = ['rebuilt', 'reproduced', 'attested', 'signed', 'unverified'] as const;
export type ClassGrade = (typeof classGrades)[number];
export interface PackageClass {
  readonly class: 'secure' | 'community';
  readonly grade: ClassGrade;
  /** One sentence: why no better. */
  readonly because: string;
}

/** What a person changed of an inferred recipe, and said about it: hostile text is clipped when it is read. */
export interface RecipeCorrection {
  /** Of its canonical JSON (RFC 8785). */
  readonly digest: Sha256;
  readonly who: string;
  readonly why: string;
  /** RFC 3339 UTC. */
  readonly at: string;
}

/** One run, whatever came of it. */
export interface RebuildRecord {
  readonly schema: 1;
  readonly purl: Purl;
  /** SHA-256 of upstream's bytes that it was compared with. */
  readonly artifact: Sha256;
  readonly recipe: Sha256 | undefined;
  /** Blob of the same recipe as YAML, for people. */
  readonly recipeText: Sha256 | undefined;
  /** Absent: the recipe is as it was inferred. */
  readonly correction?: RecipeCorrection | undefined;
  /** Blob of the build's log; undefined where nothing was run. */
  readonly log: Sha256 | undefined;
  readonly source: FoundSource | undefined;
  readonly isolation: IsolationReport;
  readonly inputs: readonly BuildInput[];
  /** How packages came in; absent: another way, as Debian's by its signed indexes. */
  readonly inputMode?: InputMode;
  readonly outcome:
    | { readonly state: 'compared'; readonly comparison: Comparison }
    | { readonly state: 'not-built'; readonly cause: NotBuiltCause; readonly message: string };
  /** RFC 3339 UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
}
