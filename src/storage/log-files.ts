/**
 * The log's files below `<data>/ledger/`. Implements the ledger's TileStore.
 *
 *   checkpoint   replaced atomically      tile/…      never changed once there, mode 0444
 *   staging/…    batches on their way     partial/    files that have no name yet, emptied at start
 */
import { dirname, join } from 'node:path';
import { AssayError } from '../core/errors.ts';
import type { TileStore } from '../ledger/log/deps.ts';
import {
  createDirectorySync,
  ensureDirectory,
  errnoOf,
  fileError,
  nodeFileSystem,
  publish,
  quietly,
  removeLeftovers,
  replaceFile,
  syncDirectory,
  temporaryPath,
  writeNewFile,
  type FileSystem,
} from './durable.ts';

interface Place {
  readonly fs: FileSystem;
  readonly root: string;
  readonly sync: (directory: string) => Promise<void>;
  readonly directories: Directories;
}

interface Directories {
  /** Makes the directory, and resolves when it and those above it, up to the root, would survive a crash. */
  readonly make: (directory: string) => Promise<void>;
  /** It is gone, or need not be remembered: what is remembered does not grow with the log. */
  readonly forget: (directory: string) => void;
}

/** C2SP tlog-tiles: the only names that are looked for or written, so that none leads out of the directory. */
const fullTileName = /^tile\/(?:entries|[0-9]|[1-5][0-9]|6[0-3])\/(?:x[0-9]{3}\/){0,5}[0-9]{3}$/;
const partialSuffix = /\.p\/(?:[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/;
const stagedName = /^[0-9]{1,16}-[0-9a-f]{64}$/;

/** `root` is made if missing; what unfinished writes left there is removed. Throws STORAGE_FAILED, STORAGE_FULL. */
export async function openTileStore(root: string, fs: FileSystem = nodeFileSystem): Promise<TileStore> {
  const sync = createDirectorySync(fs);
  const place: Place = { fs, root, sync, directories: createDirectories(fs, root, sync) };
  const staging = join(root, 'staging');
  const checkpoint = join(root, 'checkpoint');
  try {
    await prepare(place);
  } catch (error) {
    throw fileError(error, `cannot prepare ${root}`);
  }
  return {
    read: async (path) => readFile(place, path === 'checkpoint' ? checkpoint : tilePathOf(place, path)),
    putImmutable: async (path, bytes) => putImmutable(place, tilePathOf(place, path), bytes),
    dropPartials: async (path) => dropPartials(place, tilePathOf(place, path)),
    publish: (bytes) => replaceFile(checkpoint, bytes, { mode: 0o644, fs }),
    published: () => readFile(place, checkpoint),
    stage: async (name, bytes) => replaceFile(stagedPathOf(place, name), bytes, { fs }),
    staged: async (name) => readFile(place, stagedPathOf(place, name)),
    stagedNames: async () => {
      const names = await failing(fs.readdir(staging), `cannot read ${staging}`);
      return names.filter((name) => stagedName.test(name));
    },
    unstage: async (name) => remove(place, stagedPathOf(place, name)),
  };
}

async function prepare({ fs, root }: Place): Promise<void> {
  const folders = ['', 'staging', 'partial'].map((name) => join(root, name));
  for (const folder of folders) await ensureDirectory(fs, folder);
  for (const folder of [root, dirname(root)]) await syncDirectory(fs, folder);
  for (const name of ['', 'staging', 'partial']) await removeLeftovers(fs, join(root, name));
}

function tilePathOf({ root }: Place, path: string): string {
  if (fullTileName.test(path.replace(partialSuffix, ''))) return join(root, path);
  throw new AssayError('STORAGE_FAILED', `no file of a log: ${JSON.stringify(path.slice(0, 200))}`);
}

function stagedPathOf({ root }: Place, name: string): string {
  if (stagedName.test(name)) return join(root, 'staging', name);
  throw new AssayError('STORAGE_FAILED', `no staged batch: ${JSON.stringify(name.slice(0, 200))}`);
}

/**
 * A file that is there already is never written again. Its directory is synced all the same: whoever put it there
 * may not have got that far.
 */
async function putImmutable(place: Place, path: string, bytes: Uint8Array): Promise<void> {
  const { fs } = place;
  try {
    await place.directories.make(dirname(path));
    const found = await readFile(place, path);
    if (found === undefined) {
      const temporary = temporaryPath(join(place.root, 'partial', 'tile'));
      await writeNewFile(fs, temporary, bytes, 0o444);
      await publish(fs, temporary, path);
    } else if (Buffer.compare(found, bytes) !== 0) {
      throw new AssayError('LEDGER_TILE_CONFLICT', `${path} is there with other bytes`);
    }
    await place.sync(dirname(path));
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}

async function dropPartials(place: Place, path: string): Promise<void> {
  const { fs } = place;
  const directory = `${path}.p`;
  place.directories.forget(directory);
  try {
    for (const name of await fs.readdir(directory)) await fs.unlink(join(directory, name));
    await fs.rmdir(directory);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, `cannot remove ${directory}`);
  }
}

/** A name that comes back after a crash is harmless, so nothing is synced. */
async function remove({ fs }: Place, path: string): Promise<void> {
  try {
    await fs.unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw fileError(error, `cannot remove ${path}`);
  }
}

async function readFile({ fs }: Place, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await fs.open(path, 'r');
    try {
      const bytes = new Uint8Array(await file.sizeBytes());
      let filled = 0;
      for (let count = -1; filled < bytes.length && count !== 0; filled += count)
        count = await file.read(bytes.subarray(filled));
      return bytes.subarray(0, filled);
    } finally {
      // The bytes were read: an error of closing says nothing about them.
      await quietly(file.close());
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
}

/** Each directory once: one found there after a restart may be one whose parent was never synced. */
function createDirectories(fs: FileSystem, root: string, sync: Place['sync']): Directories {
  const made = new Map<string, Promise<void>>([[root, Promise.resolve()]]);
  async function makeNow(directory: string): Promise<void> {
    const parent = dirname(directory);
    await make(parent);
    await ensureDirectory(fs, directory);
    await sync(parent);
  }
  function make(directory: string): Promise<void> {
    const known = made.get(directory);
    if (known !== undefined) return known;
    const making = makeNow(directory);
    made.set(directory, making);
    making.catch(() => made.delete(directory));
    return making;
  }
  return { make, forget: (directory) => void made.delete(directory) };
}

async function failing<T>(call: Promise<T>, what: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw fileError(error, what);
  }
}
