/**
 * What the log writer needs of the outside world. It declares these interfaces; `storage` (rows, tile files) and the
 * launcher of the signer implement them; only `server` knows both sides.
 */

/** Files of the log below `<data>/ledger/`, named as C2SP tlog-tiles names them. All throw STORAGE_FAILED, STORAGE_FULL. */
export interface TileStore {
  /** Undefined when it is not there. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /**
   * Durable (file and directory fsynced) when it resolves. The same bytes again are fine; other bytes under the same
   * path throw LEDGER_TILE_CONFLICT, which stops the log.
   */
  readonly putImmutable: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Removes the partial tiles beside a full one, `<path>.p/`. Nothing there is fine; need not be durable. */
  readonly dropPartials: (path: string) => Promise<void>;
  /** Replaces `checkpoint` atomically and durably: what strangers see. */
  readonly publish: (checkpoint: Uint8Array) => Promise<void>;
  readonly published: () => Promise<Uint8Array | undefined>;
  /** Staged bundles, by name; durable, and replaced by a later one of the same name. Removed once applied and published. */
  readonly stage: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly staged: (name: string) => Promise<Uint8Array | undefined>;
  readonly stagedNames: () => Promise<readonly string[]>;
  /** One that is gone already is fine. */
  readonly unstage: (name: string) => Promise<void>;
}

/** The log's head: one database row. `epoch` rises with every change. */
export interface LogHead {
  readonly origin: string;
  readonly size: number;
  /** SHA-256, lower-case hex. */
  readonly root: string;
  /** The signed note as published (or about to be); empty before the first checkpoint. */
  readonly checkpoint: string;
  /** Milliseconds since 1970 of the newest checkpoint: a clock that goes back is refused. */
  readonly timeMs: number;
  readonly epoch: number;
}

export interface PendingEntry {
  readonly eventId: string;
  /** Exact bytes of the entry: the leaf's canonical JSON in UTF-8. */
  readonly entry: Uint8Array;
}

export interface CommittedEntry {
  readonly eventId: string;
  readonly index: number;
  /** RFC 6962 leaf hash, hex. */
  readonly leafHash: string;
}

export interface HeadStore {
  /** Undefined before inception. */
  readonly head: () => Promise<LogHead | undefined>;
  /** Creates the row of an empty log; false when there is one already. */
  readonly inaugurate: (origin: string) => Promise<boolean>;
  /** Outbox rows that are in no batch yet, in order. */
  readonly pending: (limit: number) => Promise<readonly PendingEntry[]>;
  /**
   * One transaction: the head moves from `expectedEpoch`, and the entries get their index. False when the head had
   * moved (another sequencer), or one of the entries had an index: then nothing changed.
   */
  readonly commit: (
    expectedEpoch: number,
    head: Omit<LogHead, 'epoch'>,
    entries: readonly CommittedEntry[],
  ) => Promise<boolean>;
  readonly indexOf: (eventId: string) => Promise<number | undefined>;
  readonly eventAt: (index: number) => Promise<string | undefined>;
}

/**
 * The very first request for an origin is its inception: `oldSize` 0, `size` 0, the root of the empty tree. Only then is
 * a key made, so that a data directory that was copied away from its signer (entries here, no memory there) is noticed.
 */
export interface CheckpointRequest {
  readonly origin: string;
  readonly oldSize: number;
  readonly size: number;
  readonly root: string;
  /** RFC 6962 consistency proof from what the signer signed last (`oldSize`) to `size`, hex. */
  readonly proof: readonly string[];
}

/** The signer process, seen from the log. Throws LEDGER_SIGNER_REFUSED, LEDGER_SIGNER_UNAVAILABLE. */
export interface CheckpointSigner {
  /** What it signed last for the origin; size 0 and the empty root before the first. */
  readonly last: (origin: string) => Promise<{ readonly size: number; readonly root: string }>;
  /** The signed note, all lines. */
  readonly sign: (request: CheckpointRequest) => Promise<string>;
  /** `vkey` lines of the keys in force, newest first; none before inception. */
  readonly vkeys: (origin: string) => Promise<readonly string[]>;
}

/** Collects cosignatures for a checkpoint; returns the note with them added. Throws LEDGER_NO_QUORUM when fail-closed. */
export type Cosign = (
  checkpoint: string,
  proofFrom: (oldSize: number) => Promise<readonly string[]>,
) => Promise<string>;
