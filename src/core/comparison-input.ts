/**
 * What a comparison takes: two archives as read, what is known of the build, and the rules of an ecosystem. Declared
 * here because the rooms that bring rules (`rebuild/debian`) and the one that applies them are siblings.
 */
import type { Sha256 } from './digest.ts';
import type { EvidenceItem } from './evidence.ts';
import type { DifferenceGrade } from './rebuild.ts';

export type Side = 'upstream' | 'rebuilt';

export interface ComparedMember {
  /** With `/`, as it is installed: npm's without the top folder. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo';
  /** Permission bits with setuid, setgid and sticky, for example 0o4755. */
  readonly mode: number;
  readonly linkTarget: string | undefined;
  /** Of a file; no bytes for all else. */
  readonly content: Uint8Array;
}

export interface ComparedArchive {
  /** Of the bytes as they are. */
  readonly d0: Sha256;
  /** Of the container once inflated (npm: the tar stream). */
  readonly d1: Sha256;
  /** Why a strict reader refused the archive, or two readers did not agree; `members` is empty then. */
  readonly refusals: readonly EvidenceItem[];
  readonly members: readonly ComparedMember[];
}

/** What is known of the build; a date or a commit in a file is forgiven only when it is one of these. Plain data: it crosses processes. */
export interface BuildFacts {
  readonly version: string;
  /** 40 or 64 lower-case hex digits; undefined for archives and Debian. */
  readonly commit: string | undefined;
  /** Unix seconds. */
  readonly committedAt: number | undefined;
  readonly sourceDateEpoch: number;
  readonly publishedAt: number | undefined;
  /** Absolute folders in which either side was built, as far as known. */
  readonly sourcePaths: Readonly<Record<Side, readonly string[]>>;
  /** SHA-256 of files of the source tree: all but those of a tree too large to list; undefined when nobody made the list. */
  readonly sourceFiles: readonly Sha256[] | undefined;
  /** The source names scripts that make files, and none of them was run: what it holds may be their older output. */
  readonly buildsLeftOut?: boolean | undefined;
}

/** Takes out of one file what it forgives, in either side by itself. Never asked about manifests. */
export interface Normaliser {
  /** For example `line-endings`. */
  readonly name: string;
  readonly version: string;
  /** One sentence: what it forgives, and why that is harmless. */
  readonly reason: string;
  /** Returns the very same array when there is nothing of its concern. */
  readonly apply: (content: Uint8Array, at: NormaliserPlace) => Uint8Array;
}

export interface NormaliserPlace {
  readonly path: string;
  readonly side: Side;
  readonly facts: BuildFacts;
}

/** Forgives a whole entry on one side, or an exec bit. Contents are never looked away from: equal files only. */
export interface EntryNormaliser {
  readonly name: string;
  readonly version: string;
  readonly reason: string;
  readonly forgives: (what: 'one-sided' | 'exec-bit', pair: EntryPair, about: PackagePair) => boolean;
}

export interface TreeEntry extends ComparedMember {
  readonly sha256: Sha256;
}

/** At least one side is there. */
export interface EntryPair {
  readonly path: string;
  readonly upstream: TreeEntry | undefined;
  readonly rebuilt: TreeEntry | undefined;
}

export type Tree = ReadonlyMap<string, TreeEntry>;
export type Reached = 'install' | 'main' | 'bin' | 'never' | undefined;

export interface PackagePair {
  readonly upstream: Tree;
  readonly rebuilt: Tree;
  readonly facts: BuildFacts;
  /** How a user of the package comes to a file; `undefined` when that cannot be told. */
  readonly reachedIn: (path: string) => Reached;
}

export interface Judgement {
  readonly grade: DifferenceGrade;
  /** Stable name, for example `npm/install-script`. */
  readonly rule: string;
  /** One sentence. */
  readonly reason: string;
}

/** One field of a manifest that differs. */
export interface FieldDifference extends Judgement {
  /** For example `scripts`. */
  readonly field: string;
  /** Unified diff. */
  readonly shown: string | undefined;
}

export interface ManifestComparison {
  readonly differences: readonly FieldDifference[];
  /** Both sides with what is forgiven taken out; equal bytes exactly when every difference is benign. */
  readonly canonical: Readonly<Record<Side, Uint8Array>>;
  readonly used: readonly Pick<Normaliser, 'name' | 'version'>[];
}

/** How the two texts of a file differ, after the normalisers. */
export interface ContentEdit {
  /** Added by upstream, line by line; bounded. For binary files empty. */
  readonly added: readonly string[];
  /** In the rebuilt file only. */
  readonly removed: readonly string[];
  /** Lines of the longer side. */
  readonly lines: number;
  /** False when the texts were too different, or not texts, to be told line by line. */
  readonly exact: boolean;
}

export type Ungraded =
  | { readonly kind: 'only-upstream' | 'only-rebuilt' | 'exec-bit'; readonly pair: EntryPair }
  | { readonly kind: 'content'; readonly pair: EntryPair; readonly edit: ContentEdit };

/** What an ecosystem says about its archives. */
export interface ComparisonRules {
  /** Stands in the D3 form; a change of any rule or normaliser changes it. For example `npm/1`. */
  readonly id: string;
  /** `portable`: one name on every file system, as npm's packages need. `posix`: case and backslashes are letters. */
  readonly names: 'portable' | 'posix';
  /** `refuse`: the archive is ambiguous with one. `compare`: both sides must have the same. */
  readonly links: 'refuse' | 'compare';
  readonly specialModes: 'refuse' | 'compare';
  /** `exec`: whether anybody may execute it. `full`: all twelve bits. */
  readonly modes: 'exec' | 'full';
  /** `implied`: a folder that holds something says nothing by itself. */
  readonly directories: 'implied' | 'compared';
  /** In order. */
  readonly normalisers: readonly Normaliser[];
  readonly entryNormalisers: readonly EntryNormaliser[];
  readonly isManifest: (path: string) => boolean;
  readonly compareManifests: (
    path: string,
    upstream: Uint8Array,
    rebuilt: Uint8Array,
    facts: BuildFacts,
  ) => ManifestComparison;
  /** Computed only when something differs. */
  readonly reach: (tree: Tree) => (path: string) => Reached;
  /**
   * Of what no normaliser claims: never `benign` or `forgiven`. Types, links and special modes are `suspicious` before
   * it is asked. Called once with all of them, then once for each.
   */
  readonly grader: (about: PackagePair, all: readonly Ungraded[]) => (difference: Ungraded) => Judgement;
  /** A few words for the header of one hunk: what these lines change. */
  readonly describeHunk: (added: readonly string[], removed: readonly string[]) => string;
}
