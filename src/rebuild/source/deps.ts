/** What finding a source needs of the outside. `rebuild/sandbox`, `upstream` and `storage` fit; only `server` knows both. */
import type { Duplex } from 'node:stream';
import type { ArtifactDigests, Sha256 } from '../../core/digest.ts';
import type { NotChecked, CommitAnswer, RepositoryAnswer, ReviewAnswer } from '../../core/forge.ts';
import type { RunResult } from '../../core/sandbox.ts';
import type { ArchiveOffer, ReleaseFacts } from './types.ts';

export interface SourceDeps {
  /** Undefined: this machine has no sandbox, and git is run nowhere else. */
  readonly git: GitAccess | undefined;
  readonly blobs: SourceBlobs;
  readonly files: SourceFiles;
  readonly tags: TagMemory;
  readonly forge: SourceForge;
  /** Archives of a version that others vouch for; asked when git led nowhere. Never throws. */
  readonly archives: (release: ReleaseFacts) => Promise<readonly ArchiveOffer[]>;
}

export interface SourceBlobs {
  readonly create: () => Promise<{
    readonly write: (chunk: Uint8Array) => Promise<void>;
    readonly commit: () => Promise<ArtifactDigests>;
    readonly abort: () => Promise<void>;
  }>;
  readonly path: (digest: Sha256) => Promise<string | undefined>;
}

/** `upstream`'s reader of public files. Undefined: it is not there. Throws UPSTREAM_*. */
export interface SourceFiles {
  readonly read: (url: URL, maxBytes: number) => Promise<Uint8Array | undefined>;
}

/** The first commit a tag was ever seen at; durable, and in the ledger. Throws STORAGE_*. */
export interface TagMemory {
  readonly seen: (
    repository: string,
    commits: Readonly<Record<string, string>>,
  ) => Promise<ReadonlyMap<string, { readonly commit: string; readonly at: string }>>;
}

/** Never throws. */
export interface SourceForge {
  readonly repository: (uri: string) => Promise<RepositoryAnswer | NotChecked>;
  readonly commit: (uri: string, commit: string) => Promise<CommitAnswer | NotChecked>;
  readonly review: (uri: string, commit: string) => Promise<ReviewAnswer | NotChecked>;
}

// ---- git ----

export type GitRemote =
  | { readonly kind: 'https'; readonly url: string; readonly host: string; readonly port: number }
  | { readonly kind: 'ssh'; readonly url: string; readonly host: string; readonly port: number }
  /** A repository on this machine. */
  | { readonly kind: 'file'; readonly path: string };

export interface GitAccess {
  /** A folder of its own for one repository. Throws SANDBOX_*, BASE_UNAVAILABLE. */
  readonly open: (remote: GitRemote, signal?: AbortSignal) => Promise<GitFolder>;
}

export interface GitFolder {
  /** On the host. What lies in it is hostile; `output-file.ts` reads it. */
  readonly path: string;
  /** How the remote is named where git runs. */
  readonly url: string;
  readonly run: (step: GitStep) => Promise<GitEnd>;
  readonly remove: () => Promise<void>;
}

export interface GitStep {
  /** A constant of this room, for `/bin/sh -euc`; it is run in the folder. Nothing is ever put into its text. */
  readonly script: string;
  /** Its `$1`, `$2`, … */
  readonly args: readonly string[];
  /** Whether the remote can be reached; else nothing can. */
  readonly remote: boolean;
}

/** `output` is what was said on stderr: hostile. */
export type GitEnd = Pick<RunResult, 'ended' | 'exitCode' | 'output'>;

/** Opens a connection to a host by its name, after looking at its addresses. Throws UPSTREAM_*. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;
