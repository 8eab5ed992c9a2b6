/** The log's stores in memory, and a signer that remembers: what survives when a test abandons a log and starts another. */
import { generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { AssayError } from '../../../src/core/errors.ts';
import type {
  CheckpointRequest,
  CheckpointSigner,
  CommittedEntry,
  HeadStore,
  LogHead,
  PendingEntry,
  TileStore,
} from '../../../src/ledger/log/deps.ts';
import { fromHex } from '../../../src/ledger/verify/bytes.ts';
import { formatCheckpoint, type LogTrust } from '../../../src/ledger/verify/checkpoint.ts';
import { formatNote, type VerifySignature } from '../../../src/ledger/verify/note.ts';
import { verifyConsistency } from '../../../src/ledger/verify/proofs.ts';
import { makeVerifierKey } from '../../../src/ledger/verify/vkey.ts';

export const origin = 'log.example/test';

export function sha256Of(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

export const emptyRoot = hash('sha256', '');

export interface MemoryTiles extends TileStore {
  readonly files: Map<string, Uint8Array>;
  readonly staging: Map<string, Uint8Array>;
}

export function memoryTiles(): MemoryTiles {
  const files = new Map<string, Uint8Array>();
  const staging = new Map<string, Uint8Array>();
  return {
    files,
    staging,
    read: async (path) => files.get(path),
    putImmutable: async (path, bytes) => {
      const found = files.get(path);
      if (found !== undefined && Buffer.compare(found, bytes) !== 0)
        throw new AssayError('LEDGER_TILE_CONFLICT', path);
      files.set(path, Uint8Array.from(bytes));
    },
    dropPartials: async (path) => {
      for (const name of files.keys()) if (name.startsWith(`${path}.p/`)) files.delete(name);
    },
    publish: async (bytes) => void files.set('checkpoint', bytes),
    published: async () => files.get('checkpoint'),
    stage: async (name, bytes) => void staging.set(name, bytes),
    staged: async (name) => staging.get(name),
    stagedNames: async () => [...staging.keys()],
    unstage: async (name) => void staging.delete(name),
  };
}

export interface MemoryHeads extends HeadStore {
  /** In the order of their arrival. */
  readonly events: readonly PendingEntry[];
  readonly add: (entry: PendingEntry) => void;
  readonly copy: () => MemoryHeads;
}

interface Rows {
  readonly events: readonly PendingEntry[];
  readonly indexes: ReadonlyMap<string, number>;
  readonly byIndex: ReadonlyMap<number, string>;
  readonly head: LogHead | undefined;
}

export function memoryHeads(from?: Rows): MemoryHeads {
  const events = [...(from?.events ?? [])];
  const indexes = new Map(from?.indexes);
  const byIndex = new Map(from?.byIndex);
  let head = from?.head;

  function commit(
    expectedEpoch: number,
    next: Omit<LogHead, 'epoch'>,
    entries: readonly CommittedEntry[],
  ): boolean {
    const known = new Set(events.map(({ eventId }) => eventId));
    const isFree = entries.every(({ eventId }) => known.has(eventId) && !indexes.has(eventId));
    if (head?.epoch !== expectedEpoch || head.size + entries.length !== next.size || !isFree) return false;
    head = { ...next, epoch: expectedEpoch + 1 };
    for (const { eventId, index } of entries) {
      indexes.set(eventId, index);
      byIndex.set(index, eventId);
    }
    return true;
  }

  return {
    events,
    add: (entry) => void events.push(entry),
    copy: () => memoryHeads({ events, indexes, byIndex, head }),
    head: async () => head,
    inaugurate: async (origin) => {
      if (head !== undefined) return false;
      head = { origin, size: 0, root: emptyRoot, checkpoint: '', timeMs: 0, epoch: 0 };
      return true;
    },
    pending: async (limit) => events.filter(({ eventId }) => !indexes.has(eventId)).slice(0, limit),
    commit: async (...args) => commit(...args),
    indexOf: async (eventId) => indexes.get(eventId),
    eventAt: async (index) => byIndex.get(index),
  };
}

export interface TestSigner extends CheckpointSigner {
  /** Everything it ever signed, in order. */
  readonly signed: readonly Signed[];
  readonly trust: LogTrust;
  readonly verify: VerifySignature;
  /** With the same key and memory. */
  readonly copy: () => TestSigner;
}

interface Signed {
  readonly size: number;
  readonly root: string;
  readonly note: string;
}

/** It signs what continues what it signed last, and nothing else. */
export function testSigner(
  keys = generateKeyPairSync('ed25519'),
  before: readonly Signed[] = [],
): TestSigner {
  const { privateKey, publicKey } = keys;
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const key = makeVerifierKey({ name: origin, type: 'ed25519', publicKey: raw }, sha256Of);
  const signed = [...before];
  const last = () => signed.at(-1) ?? { size: 0, root: emptyRoot };

  function continues({ oldSize, size, root, proof }: CheckpointRequest): boolean {
    const seen = last();
    if (oldSize !== seen.size || size < oldSize) return false;
    if (size === oldSize) return root === seen.root && proof.length === 0;
    if (oldSize === 0) return proof.length === 0;
    const claim = {
      oldSize,
      newSize: size,
      oldRoot: hex(seen.root),
      newRoot: hex(root),
      proof: proof.map(hex),
    };
    return verifyConsistency(claim, sha256Of);
  }

  function noteOf({ size, root }: CheckpointRequest): string {
    const text = formatCheckpoint({ origin, size, root: hex(root) });
    const signature = sign(null, Buffer.from(text), privateKey);
    return formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });
  }

  return {
    signed,
    trust: { origin, logKeys: [key] },
    verify: (_, message, signature) => verify(null, message, publicKey, signature),
    last: async () => last(),
    sign: async (request) => {
      if (!continues(request)) throw new AssayError('LEDGER_SIGNER_REFUSED', `size ${request.size}`);
      const note = noteOf(request);
      signed.push({ size: request.size, root: request.root, note });
      return note;
    },
    vkeys: async () => [],
    copy: () => testSigner(keys, signed),
  };
}

function hex(text: string): Uint8Array {
  return fromHex(text, 32) ?? new Uint8Array(0);
}
