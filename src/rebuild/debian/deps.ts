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

/** Reads what a run left, following no link. `rebuild/sandbox/outputs.ts` fits. Throws BUILD_OUTPUT_INVALID. */
export interface OutputReader {
  readonly list: (
    folder: string,
    mostEntries: number,
  ) => Promise<readonly { readonly path: string; readonly type: string; readonly sizeBytes: number }[]>;
  readonly read: (folder: string, path: string, maxBytes: number) => Promise<Uint8Array>;
}
