/** What reading and building of Debian packages needs of the outside; only `server` knows both sides. */
import type { Sha256 } from '../../core/digest.ts';
import type { ReleaseMemory } from './release.ts';

export interface ArchiveDeps {
  readonly files: ArchiveFiles;
  readonly bytes: KeptBytes;
  readonly memory: SuiteMemory;
  readonly clock: () => Date;
}

/** `upstream`'s reader of public files. Undefined: it is not there. Throws UPSTREAM_*. */
export interface ArchiveFiles {
  readonly read: (url: URL, maxBytes: number) => Promise<Uint8Array | undefined>;
}

/** Bytes by digest: what was used once can be used again with the archive gone. Throws STORAGE_*, BLOB_*. */
export interface KeptBytes {
  /** Its digest verified; undefined: not kept. */
  readonly get: (digest: Sha256, maxBytes: number) => Promise<Uint8Array | undefined>;
  readonly put: (bytes: Uint8Array) => Promise<Sha256>;
}

/** The last Release of each suite of each archive; durable, so that no older one is believed. Throws STORAGE_*. */
export interface SuiteMemory {
  readonly last: (archive: string, suite: string) => Promise<ReleaseMemory | undefined>;
  readonly remember: (archive: string, suite: string, release: ReleaseMemory) => Promise<void>;
}

// ---- the sandbox, as much of it as is used ----

export interface DebianSandbox {
  readonly workspace: () => Promise<{
    readonly path: string;
    readonly folder: (name: string) => Promise<string>;
    readonly give: (path: string) => Promise<void>;
    readonly remove: () => Promise<void>;
  }>;
  readonly run: (spec: {
    readonly root: string;
    readonly mounts: readonly { readonly from: string; readonly to: string; readonly writable: boolean }[];
    readonly command: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly network: { readonly kind: 'none' };
    readonly sourceDateEpoch: number;
    readonly freezeClock: boolean;
    readonly limits: RunLimits;
    readonly onOutput?: (line: string) => void;
    readonly signal?: AbortSignal;
  }) => Promise<RunEnd>;
}

export interface RunLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly wallMs: number;
  readonly diskBytes: number;
}

export interface RunEnd {
  readonly ended: 'exit' | 'signal' | 'timeout' | 'memory' | 'cancelled' | 'disk';
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly output: string;
  readonly wallMs: number;
}

/** Reads what a run left, following no link. `rebuild/sandbox/outputs.ts` fits. Throws BUILD_OUTPUT_INVALID. */
export interface OutputReader {
  readonly list: (
    folder: string,
    mostEntries: number,
  ) => Promise<readonly { readonly path: string; readonly type: string; readonly sizeBytes: number }[]>;
  readonly read: (folder: string, path: string, maxBytes: number) => Promise<Uint8Array>;
}

/** Base roots by digest. `rebuild/sandbox/bases.ts` fits. Throws BASE_UNAVAILABLE. */
export interface DebianBases {
  readonly base: (
    packages: readonly string[],
    suite: string,
  ) => Promise<{
    readonly path: string;
    readonly digest: string;
    readonly packages: readonly {
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
    }[];
  }>;
}
