/**
 * Bytes by their SHA-256: `sha256/ab/cd…`, read-only. Written to `partial/`, hashed on the way, made durable, and
 * only then given their name (see durable.ts). A name is the digest of the bytes under it, so a rename can only
 * ever put equal bytes in place of equal bytes. Damage found on reading moves the file to `quarantine/`.
 */
import { createHash, randomBytes, type Hash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { BlobStore, BlobWriter } from '../admission/deps.ts';
import { isSha256, type ArtifactDigests, type Sha1, type Sha256, type Sha512 } from '../core/digest.ts';
import { AssayError, isAssayError } from '../core/errors.ts';
import {
  createDirectorySync,
  discard,
  ensureDirectory,
  errnoOf,
  fileError,
  finish,
  nodeFileSystem,
  publish,
  quietly,
  removeLeftovers,
  syncDirectory,
  temporaryPath,
  writeAll,
  type FileSystem,
  type OpenFile,
} from './durable.ts';

/** Besides what admission asks for: checking a blob of any size without holding it in memory. */
export interface FileBlobStore extends BlobStore {
  /** Reads the whole blob. Throws BLOB_MISSING, BLOB_CORRUPT (it is in quarantine then), STORAGE_FAILED. */
  readonly verify: (digest: Sha256) => Promise<void>;
  /** For bytes that must not be kept. One that is gone already is fine. Throws STORAGE_FAILED. */
  readonly remove: (digest: Sha256) => Promise<void>;
}

interface Place {
  readonly fs: FileSystem;
  readonly root: string;
  readonly sync: (directory: string) => Promise<void>;
  /** One caller at a time for each digest. */
  readonly alone: <T>(digest: Sha256, call: () => Promise<T>) => Promise<T>;
}

const chunkBytes = 256 * 1024;

/** `root` is made if missing; what unfinished writes left there is removed. Throws STORAGE_FAILED, STORAGE_FULL. */
export async function openBlobStore(root: string, fs: FileSystem = nodeFileSystem): Promise<FileBlobStore> {
  const place: Place = { fs, root, sync: createDirectorySync(fs), alone: createTurns() };
  try {
    await makeDirectories(place);
    await removeLeftovers(fs, join(root, 'partial'));
  } catch (error) {
    throw fileError(error, `cannot prepare ${root}`);
  }
  return {
    create: () => createWriter(place),
    path: async (digest) => ((await sizeOf(place, digest)) === undefined ? undefined : pathOf(place, digest)),
    size: (digest) => sizeOf(place, digest),
    read: (digest, maxBytes) => readWhole(place, digest, maxBytes),
    verify: (digest) => verify(place, digest),
    remove: (digest) => remove(place, digest),
  };
}

function remove(place: Place, digest: Sha256): Promise<void> {
  const path = pathOf(place, digest);
  return place.alone(digest, async () => {
    try {
      await place.fs.unlink(path);
      await place.sync(dirname(path));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, `cannot remove blob ${digest}`);
    }
  });
}

/** All 256 folders at once: no write has to wonder whether the folder it needs would survive a crash. */
async function makeDirectories({ fs, root }: Place): Promise<void> {
  const shards = Array.from({ length: 256 }, (_, byte) =>
    join(root, 'sha256', byte.toString(16).padStart(2, '0')),
  );
  const folders = [root, join(root, 'partial'), join(root, 'quarantine'), join(root, 'sha256'), ...shards];
  for (const folder of folders) await ensureDirectory(fs, folder);
  for (const folder of [join(root, 'sha256'), root, dirname(root)]) await syncDirectory(fs, folder);
}

/** Only a digest ever becomes a path. Throws BLOB_MISSING for anything else. */
function pathOf({ root }: Place, digest: Sha256): string {
  if (!isSha256(digest)) throw new AssayError('BLOB_MISSING', 'a blob is named by a SHA-256');
  return join(root, 'sha256', digest.slice(0, 2), digest.slice(2));
}

async function createWriter(place: Place): Promise<BlobWriter> {
  const path = temporaryPath(join(place.root, 'partial', 'blob'));
  const hashes = { sha256: createHash('sha256'), sha512: createHash('sha512'), sha1: createHash('sha1') };
  const file = await failing(place.fs.open(path, 'wx', 0o600), 'cannot make a temporary file');
  let sizeBytes = 0;
  let state: 'open' | 'ended' = 'open';

  async function abort(): Promise<void> {
    if (state === 'ended') return;
    state = 'ended';
    await discard(place.fs, path, file);
  }

  async function step<T>(what: string, call: () => Promise<T>): Promise<T> {
    if (state === 'ended')
      throw new AssayError('STORAGE_FAILED', `${what}: the blob was committed, aborted or failed before`);
    try {
      return await call();
    } catch (error) {
      await abort();
      throw fileError(error, what);
    }
  }

  return {
    write: (chunk) =>
      step('cannot write a blob', async () => {
        for (const hash of Object.values(hashes)) hash.update(chunk);
        sizeBytes += chunk.length;
        await writeAll(file, chunk);
      }),
    commit: () =>
      step('cannot store a blob', async () => {
        const digests = digestsOf(hashes, sizeBytes);
        await finish(file, 0o444);
        await putInPlace(place, path, digests.sha256);
        state = 'ended';
        return digests;
      }),
    abort,
  };
}

function digestsOf(hashes: { sha256: Hash; sha512: Hash; sha1: Hash }, sizeBytes: number): ArtifactDigests {
  return {
    sha256: hashes.sha256.digest('hex') as Sha256,
    sha512: hashes.sha512.digest('hex') as Sha512,
    sha1: hashes.sha1.digest('hex') as Sha1,
    sizeBytes,
  };
}

/**
 * A blob that is there is kept only after its bytes were compared; a damaged one makes way. The directory is synced
 * also when the blob was there: whoever put it there may not have got that far.
 */
function putInPlace(place: Place, temporary: string, digest: Sha256): Promise<void> {
  const final = pathOf(place, digest);
  return place.alone(digest, async () => {
    const state = await stateOf(place, digest);
    if (state === 'damaged') await moveAside(place, digest);
    await (state === 'whole' ? place.fs.unlink(temporary) : publish(place.fs, temporary, final));
    await place.sync(dirname(final));
  });
}

async function sizeOf(place: Place, digest: Sha256): Promise<number | undefined> {
  try {
    return await withBlob(place, digest, (file) => file.sizeBytes());
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING')) return undefined;
    throw error;
  }
}

async function readWhole(place: Place, digest: Sha256, maxBytes: number): Promise<Uint8Array> {
  return withBlob(place, digest, async (file) => {
    const sizeBytes = await file.sizeBytes();
    if (sizeBytes > maxBytes) {
      throw new AssayError('BLOB_TOO_LARGE', `blob ${digest} has ${sizeBytes} bytes, more than ${maxBytes}`);
    }
    const bytes = new Uint8Array(sizeBytes);
    const hash = createHash('sha256');
    let filled = 0;
    for (let count = -1; filled < sizeBytes && count !== 0; filled += count)
      count = await file.read(bytes.subarray(filled));
    hash.update(bytes.subarray(0, filled));
    if (hash.digest('hex') !== digest) throw await quarantine(place, digest);
    return bytes;
  });
}

async function verify(place: Place, digest: Sha256): Promise<void> {
  const state = await stateOf(place, digest);
  if (state === 'missing') throw missing(digest);
  if (state === 'damaged') throw await quarantine(place, digest);
}

async function stateOf(place: Place, digest: Sha256): Promise<'whole' | 'damaged' | 'missing'> {
  try {
    return (await withBlob(place, digest, hashOf)) === digest ? 'whole' : 'damaged';
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING')) return 'missing';
    throw error;
  }
}

async function hashOf(file: OpenFile): Promise<string> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(chunkBytes);
  for (let count = -1; count !== 0;) {
    count = await file.read(chunk);
    hash.update(chunk.subarray(0, count));
  }
  return hash.digest('hex');
}

/** Looks again, alone, before it moves anything: a writer may have put whole bytes there since. Returns what to throw. */
function quarantine(place: Place, digest: Sha256): Promise<AssayError> {
  return place.alone(digest, async () => {
    const said = `blob ${digest} is damaged`;
    try {
      if ((await stateOf(place, digest)) === 'damaged') await moveAside(place, digest);
      return new AssayError('BLOB_CORRUPT', said);
    } catch (cause) {
      return new AssayError('BLOB_CORRUPT', `${said} and could not be moved aside`, { cause });
    }
  });
}

async function moveAside(place: Place, digest: Sha256): Promise<void> {
  const path = pathOf(place, digest);
  await place.fs.rename(path, join(place.root, 'quarantine', `${digest}.${randomBytes(4).toString('hex')}`));
  await place.sync(dirname(path));
}

function missing(digest: Sha256, cause?: unknown): AssayError {
  return new AssayError('BLOB_MISSING', `blob ${digest} is not stored`, { cause });
}

/** Throws BLOB_MISSING, STORAGE_FAILED, and what `use` throws. */
async function withBlob<T>(place: Place, digest: Sha256, use: (file: OpenFile) => Promise<T>): Promise<T> {
  try {
    const file = await place.fs.open(pathOf(place, digest), 'r');
    try {
      return await use(file);
    } finally {
      // The bytes were read: an error of closing says nothing about them.
      await quietly(file.close());
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw missing(digest, error);
    throw fileError(error, `cannot read blob ${digest}`);
  }
}

async function failing<T>(call: Promise<T>, what: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw fileError(error, what);
  }
}

/** Callers with the same key go one after the other. */
function createTurns(): Place['alone'] {
  const last = new Map<string, Promise<unknown>>();
  return (key, call) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(call, call);
    last.set(key, turn);
    const forget = (): void => {
      if (last.get(key) === turn) last.delete(key);
    };
    turn.then(forget, forget);
    return turn;
  };
}
