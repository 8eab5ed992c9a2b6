/** What a build needs of the outside. `rebuild/sandbox`, `upstream` and `storage` fit; only `server` knows both sides. */
import type { ArtifactDigests, ClaimedDigest, Sha256 } from '../../core/digest.ts';
import type { BuildInput, NotBuiltCause } from '../../core/rebuild.ts';
import type { RunLimits, Sandbox } from '../../core/sandbox.ts';
import type { Clock } from '../../core/time.ts';
import type { Recipe } from './recipe.ts';

// ---- bytes ----

export interface BuildBlobs {
  readonly create: () => Promise<{
    readonly write: (chunk: Uint8Array) => Promise<void>;
    readonly commit: () => Promise<ArtifactDigests>;
    readonly abort: () => Promise<void>;
  }>;
  readonly path: (digest: Sha256) => Promise<string | undefined>;
  /** Its digest verified. */
  readonly read: (digest: Sha256, maxBytes: number) => Promise<Uint8Array>;
}

// ---- the registry ----

/** One configured registry, behind the gate or not: what it gives is kept by digest, as blobs. */
export interface PackageRegistry {
  /** Undefined: it has no such package. Throws AssayErrors. */
  readonly index: (
    name: string,
  ) => Promise<{ readonly uri: string; readonly body: Sha256; readonly sizeBytes: number } | undefined>;
  /**
   * Follows a URL that the index named, as far as the registry's own rules allow; every claim is compared. Throws
   * BUILD_INPUT_REFUSED for what may not go into a build.
   */
  readonly file: (
    uri: string,
    claims: readonly ClaimedDigest[],
    of: { readonly name: string; readonly version: string },
  ) => Promise<TakenFile>;
}

export interface TakenFile extends Admitted {
  readonly uri: string;
  readonly artifact: ArtifactDigests;
}

/** What was decided of an input before it went in; empty where nobody looks. */
export type Admitted = Pick<BuildInput, 'decision' | 'vouched' | 'suspected'>;

// ---- the build ----

export interface BuildDeps {
  readonly sandbox: Sandbox;
  readonly blobs: BuildBlobs;
  readonly registry: PackageRegistry;
  readonly clock: Clock;
}

/** The source, as a tar archive (plain, gzip, xz, bzip2) in a blob. One top folder, when there is but one, is left away. */
export interface SourceArchive {
  readonly digest: Sha256;
  readonly uri: string;
}

export interface BaseRoot {
  readonly path: string;
  readonly digest: Sha256;
  readonly uri: string;
  /** Each `name version architecture`. */
  readonly packages?: readonly string[];
}

export type PhaseName = 'tools' | 'source' | 'fetch' | 'build' | 'pack';
export interface PhaseReport {
  readonly phase: PhaseName;
  readonly wallMs: number;
}

export interface BuildRequest {
  readonly source: SourceArchive;
  readonly base: BaseRoot;
  readonly onOutput?: (phase: PhaseName, line: string) => void;
  readonly signal?: AbortSignal;
  /** Of each phase. */
  readonly limits?: RunLimits;
}

export type BuildOutcome = {
  /** As it was run: with the integrity of every tool, and the lockfile that was made. Its digest goes on record. */
  readonly recipe: Recipe;
  /** Everything that went in, as far as it came. */
  readonly inputs: readonly BuildInput[];
  /** Blob of the log, clipped to its last 4 MiB. */
  readonly log: Sha256;
  readonly phases: readonly PhaseReport[];
} & (
  | {
      readonly state: 'built';
      readonly tarball: ArtifactDigests;
      /** Blob of the lockfile that was made, where none was committed; the recipe names it too. */
      readonly resolution: Sha256 | undefined;
    }
  | {
      readonly state: 'not-built';
      readonly cause: NotBuiltCause;
      readonly message: string;
      /** The package manager said that the committed lockfile does not fit its manifest. */
      readonly lockfileUnfit: boolean;
    }
);
