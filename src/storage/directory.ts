/** The data directory: made closed to others, and held by one gate at a time. */
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AssayError } from '../core/errors.ts';
import { fileError, nodeFileSystem, removeLeftovers, syncDirectory } from './durable.ts';
import { isBusy, storageError } from './sqlite-errors.ts';

export interface DirectoryLock {
  readonly release: () => void;
}

/** Makes the directory with mode 0700 where it is missing. Throws STORAGE_FAILED, STORAGE_FULL. */
export async function makeDataDirectory(directory: string): Promise<void> {
  try {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(nodeFileSystem, dirname(made));
  } catch (error) {
    throw fileError(error, `cannot make the data directory ${directory}`);
  }
}

/**
 * Holds the directory until released or until this process dies, however it dies: the lock is SQLite's exclusive
 * lock on `lock.db`, which is an fcntl lock of the operating system on Linux and macOS, and so leaves nothing stale
 * (a pid file does). Nothing else may open `lock.db`: closing any descriptor of it would drop the lock (fcntl(2)).
 * Throws DATA_DIRECTORY_LOCKED at once when another holds it, also in this same process.
 */
export function lockDirectory(directory: string): DirectoryLock {
  let held: DatabaseSync | undefined;
  try {
    held = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 });
    held.exec('BEGIN EXCLUSIVE');
    const database = held;
    return { release: () => database.close() };
  } catch (error) {
    held?.close();
    if (isBusy(error))
      throw new AssayError('DATA_DIRECTORY_LOCKED', `another gate is running on ${directory}`, {
        cause: error,
      });
    throw storageError(error, `cannot lock the data directory ${directory}`);
  }
}

/** Only while the directory is locked: removes what writes that never ended left there. */
export async function tidyDirectory(directory: string): Promise<void> {
  try {
    await removeLeftovers(nodeFileSystem, directory);
  } catch (error) {
    throw fileError(error, `cannot tidy the data directory ${directory}`);
  }
}

/** Makes the database file closed to others before SQLite does; its WAL takes over the mode. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw fileError(error, `cannot open ${path}`);
  }
}
