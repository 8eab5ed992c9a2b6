/**
 * A folder that one process has to itself while it lives, and that goes with it: when the process was killed, the next one
 * that looks removes it. Whose it is, a lock of the operating system says, which dies with its holder.
 */
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAssayError } from '../../core/errors.ts';
import { removeTree } from '../../rebuild/sandbox/workspace.ts';
import { lockDirectory } from '../../storage/directory.ts';

export interface OwnFolder {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Between making a folder and locking it lie microseconds. */
const youngMs = 10_000;

/** Makes `<parent>/<prefix>…`, which others may enter and not list: builds run as another user. Throws STORAGE_*. */
export function makeOwnFolder(parent: string, prefix: string): OwnFolder {
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  const path = mkdtempSync(join(parent, prefix));
  chmodSync(path, 0o711);
  const lock = lockDirectory(path);
  return {
    path,
    remove: async () => {
      await removeTree(path);
      lock.release();
    },
  };
}

/** Removes the folders of this user that a process left when it was killed; how many. */
export async function sweepOwnFolders(parent: string, prefix: string): Promise<number> {
  let swept = 0;
  for (const name of await readdir(parent).catch(() => [])) {
    const path = join(parent, name);
    if (!name.startsWith(prefix) || !(await isOld(path))) continue;
    try {
      const lock = lockDirectory(path);
      await removeTree(path);
      lock.release();
      swept += 1;
    } catch (error) {
      if (!isAssayError(error, 'DATA_DIRECTORY_LOCKED')) throw error;
    }
  }
  return swept;
}

async function isOld(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  const isOurs = stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid);
  return isOurs && Date.now() - stat.mtimeMs > youngMs;
}
