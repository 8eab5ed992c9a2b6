/**
 * Durable writes: the one place that says which system calls make bytes survive a crash, in which order, and
 * what is left when one of them fails.
 *
 *   open(temp, O_CREAT|O_EXCL) → write… → fchmod → fsync → close → rename(temp, final) → open(dir) → fsync(dir) → close
 *
 * A call that fails before `rename` leaves what was there, and the temporary file is unlinked (or found by
 * `removeLeftovers` at the next start). One that fails after it leaves the new content, whole, under a name that
 * may not survive power loss: the caller is told that it failed, and doing it again is harmless.
 * After a failed fsync nothing written before it is trusted (fsyncgate): the file is written anew, never synced again.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AssayError, messageOf } from '../core/errors.ts';

/** The file-system calls that storage makes; tests pass ones that fail. */
export interface FileSystem {
  /** `wx` makes a file that must not be there yet. */
  readonly open: (path: string, flags: 'wx' | 'r', mode?: number) => Promise<OpenFile>;
  readonly rename: (from: string, to: string) => Promise<void>;
  readonly unlink: (path: string) => Promise<void>;
  readonly mkdir: (path: string, mode: number) => Promise<void>;
  /** Only an empty one. */
  readonly rmdir: (path: string) => Promise<void>;
  readonly readdir: (path: string) => Promise<readonly string[]>;
}

export interface OpenFile {
  /** May write less than it is given: returns how much. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
  /** Returns how much was read; 0 at the end. */
  readonly read: (into: Uint8Array) => Promise<number>;
  readonly sizeBytes: () => Promise<number>;
  readonly chmod: (mode: number) => Promise<void>;
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const nodeFileSystem: FileSystem = {
  open: async (path, flags, mode) => {
    const handle = await open(path, flags, mode);
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      read: async (into) => (await handle.read(into)).bytesRead,
      sizeBytes: async () => (await handle.stat()).size,
      chmod: (mode) => handle.chmod(mode),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  unlink,
  mkdir: async (path, mode) => {
    await mkdir(path, { mode });
  },
  rmdir,
  readdir,
};

export async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    const written = await file.write(rest);
    if (written === 0) throw new AssayError('STORAGE_FAILED', 'the disk took no bytes and named no error');
    rest = rest.subarray(written);
  }
}

export async function syncDirectory(fs: FileSystem, directory: string): Promise<void> {
  const handle = await fs.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory that lasts; one that is there already is fine. The caller syncs its parent. */
export async function ensureDirectory(fs: FileSystem, directory: string): Promise<void> {
  try {
    await fs.mkdir(directory, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

const leftover = /\.[0-9a-f]{16}\.partial$/;

/** Beside the final file, so on the same file system: a rename across two would not be atomic. */
export function temporaryPath(final: string): string {
  return join(dirname(final), `${basename(final)}.${randomBytes(8).toString('hex')}.partial`);
}

/** Removes what writes that never ended left in a directory. */
export async function removeLeftovers(fs: FileSystem, directory: string): Promise<void> {
  for (const name of await fs.readdir(directory)) {
    if (leftover.test(name)) await fs.unlink(join(directory, name));
  }
}

/**
 * Replaces a small file: afterwards it holds either what it held or `bytes`, never something between.
 * Throws STORAGE_FULL, STORAGE_FAILED.
 */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number; readonly fs?: FileSystem } = {},
): Promise<void> {
  const fs = options.fs ?? nodeFileSystem;
  const temporary = temporaryPath(path);
  try {
    await writeNewFile(fs, temporary, bytes, options.mode ?? 0o600);
    await publish(fs, temporary, path);
    await syncDirectory(fs, dirname(path));
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}

/** Makes a whole, synced file that has not got its name yet; removed when that fails. */
export async function writeNewFile(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  const file = await fs.open(path, 'wx', 0o600);
  try {
    await writeAll(file, bytes);
    await finish(file, mode);
  } catch (error) {
    await discard(fs, path, file);
    throw error;
  }
}

/** The file's last calls before it gets its name. */
export async function finish(file: OpenFile, mode: number): Promise<void> {
  await file.chmod(mode);
  await file.sync();
  await file.close();
}

/** Moves a finished file to its name. When that fails the temporary file is removed. */
export async function publish(fs: FileSystem, temporary: string, final: string): Promise<void> {
  try {
    await fs.rename(temporary, final);
  } catch (error) {
    await quietly(fs.unlink(temporary));
    throw error;
  }
}

/** Best effort: what cannot be removed now is a leftover, removed at the next start. */
export async function discard(fs: FileSystem, path: string, file: OpenFile): Promise<void> {
  await quietly(file.close());
  await quietly(fs.unlink(path));
}

export async function quietly(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch {
    // What led here is what is reported.
  }
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** STORAGE_FULL for a full disk or quota, STORAGE_FAILED for anything else; an AssayError stays what it is. */
export function fileError(error: unknown, what: string): AssayError {
  if (error instanceof AssayError) return error;
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'STORAGE_FULL' : 'STORAGE_FAILED';
  return new AssayError(code, `${what}: ${messageOf(error)}`, { cause: error });
}

/**
 * Directory syncs that share their cost: callers that arrive while one runs wait for the next, which starts after
 * all of them. One that is already running may have begun before a caller's rename, so it is never joined.
 */
export function createDirectorySync(fs: FileSystem): (directory: string) => Promise<void> {
  interface Turn {
    readonly running: Promise<void>;
    next: Promise<void> | undefined;
  }
  const turns = new Map<string, Turn>();

  function start(directory: string): Promise<void> {
    const running = syncDirectory(fs, directory).finally(() => {
      if (turns.get(directory) === turn) turns.delete(directory);
    });
    const turn: Turn = { running, next: undefined };
    turns.set(directory, turn);
    return running;
  }

  return (directory) => {
    const turn = turns.get(directory);
    if (turn === undefined) return start(directory);
    turn.next ??= turn.running.then(
      () => start(directory),
      () => start(directory),
    );
    return turn.next;
  };
}
