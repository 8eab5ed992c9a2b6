/** What is known of a release before its source is, and what a search for the source gives. Texts are hostile. */
import type { Sha256 } from '../../core/digest.ts';
import type { FoundSource, NotBuiltCause, SourceGrade } from '../../core/rebuild.ts';

/** From provenance that was verified; never from what was only claimed. */
export interface ProvenanceFacts {
  readonly repositoryUri: string;
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  readonly commit: string;
  readonly ref: string | undefined;
}

export interface ReleaseFacts {
  /** As in `package.json`: `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** The `repository` field of the version's metadata, as it came: a text, an object, or anything. */
  readonly repository: unknown;
  /** `gitHead` of the version's metadata, as it came: typed by whoever published. */
  readonly gitHead: unknown;
  readonly provenance: ProvenanceFacts | undefined;
}

/** A source that the operator wrote into a recipe; the only way to `file:` and `ssh:`. */
export type NamedSource =
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly commit: string;
      readonly ref?: string | undefined;
      readonly directory: string;
    }
  | { readonly kind: 'archive'; readonly url: string; readonly sha256: Sha256; readonly directory: string };

/** An archive that somebody trustworthy named as the source of a version: a distribution, by its signed index. */
export interface ArchiveOffer {
  readonly url: string;
  readonly sha256: Sha256;
  readonly directory: string;
  /** Who says so, one sentence, and the keys that signed it. */
  readonly because: string;
  readonly keys: readonly string[];
}

/** One place that was looked at, whatever came of it. */
export interface Candidate {
  readonly grade: SourceGrade;
  readonly commit: string | undefined;
  readonly ref: string | undefined;
  readonly holds: boolean;
  /** Folder of the package, where it holds it. */
  readonly directory: string | undefined;
  /** One sentence. */
  readonly message: string;
}

export interface MovedTag {
  readonly repository: string;
  readonly tag: string;
  readonly firstCommit: string;
  readonly firstSeenAt: string;
  readonly commit: string;
}

/** The source as bytes that are kept: enough to build from, and to show again where they come from, without its host. */
export interface SourceMirror {
  /** Blob of a tar; everything in it lies below one folder. */
  readonly archive: Sha256;
  readonly sizeBytes: number;
  /** Where it was taken from, for people. */
  readonly uri: string;
  /** Git alone: blob of the commit objects from the tip of `ref` to the commit (`history.ts`). */
  readonly history: Sha256 | undefined;
  /** Git alone: the committer's date, in seconds since the epoch. */
  readonly committedAt: number | undefined;
  /** Folders of submodules: left empty, never fetched. */
  readonly submodules: readonly string[];
  /** Files that are pointers of Git LFS, whose content lies elsewhere. */
  readonly pointers: readonly string[];
}

export type SourceSearch = {
  readonly candidates: readonly Candidate[];
  /** Sentences: what was tried; `found.because` says the same. */
  readonly because: readonly string[];
  readonly disagreements: readonly string[];
  /** Whoever asks raises an alarm for each. */
  readonly movedTags: readonly MovedTag[];
} & (
  | { readonly state: 'found'; readonly found: FoundSource; readonly mirror: SourceMirror }
  | {
      readonly state: 'not-found';
      readonly cause: Extract<
        NotBuiltCause,
        'no-source' | 'no-commit' | 'fetch-failed' | 'sandbox' | 'cancelled'
      >;
      readonly message: string;
    }
);
