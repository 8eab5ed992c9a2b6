/** How much the writable folders of a run hold. A count of the tree, made when the disk has lost enough to make it likely. */
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What an entry counts at least: millions of empty files fill a disk too. */
const entryBytes = 4096;

/** Bytes below `paths`, links not followed; stops counting once over `limit`. */
export async function bytesBelow(paths: readonly string[], limit: number): Promise<number> {
  let bytes = 0;
  const folders = [...paths];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await opendir(folder).catch(() => undefined);
    if (entries === undefined) continue;
    for await (const entry of entries) {
      const path = join(folder, entry.name);
      const stat = await lstat(path).catch(() => undefined);
      if (stat === undefined) continue;
      bytes += Math.max(entryBytes, stat.blocks * 512);
      if (bytes > limit) return bytes;
      if (stat.isDirectory()) folders.push(path);
    }
  }
  return bytes;
}

export interface DiskWatch {
  /** Looks once more, for certain. */
  readonly isOver: () => Promise<boolean>;
  readonly stop: () => void;
}

/** Calls `over` once, soon after the folders hold more than `limit` bytes more than at the start. */
export async function watchDisk(
  paths: readonly string[],
  limit: number,
  over: () => void,
): Promise<DiskWatch> {
  const most = limit + (await bytesBelow(paths, Number.MAX_SAFE_INTEGER));
  const isOver = async (): Promise<boolean> => (await bytesBelow(paths, most)) > most;
  if (paths.length === 0) return { isOver: () => Promise.resolve(false), stop: () => undefined };
  let before = await freeBytes(paths);
  let rounds = 0;
  let stopped = false;
  const look = async (): Promise<void> => {
    if (stopped) return;
    const free = await freeBytes(paths);
    rounds += 1;
    // Others write to the disk as well, and free some of it: the tree itself is looked at from time to time too.
    if (before - free > limit / 8 || rounds % 40 === 0) {
      before = free;
      if (await isOver()) {
        over();
        return;
      }
    }
    before = Math.max(before, free);
    timer = setTimeout(() => void look(), 250);
  };
  let timer = setTimeout(() => void look(), 100);
  return {
    isOver,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Added up, so that whatever shrinks is seen: bytes, and inodes as what an entry counts. */
async function freeBytes(paths: readonly string[]): Promise<number> {
  let free = 0;
  for (const path of paths) {
    const stat = await statfs(path).catch(() => undefined);
    if (stat !== undefined) free += stat.bavail * stat.bsize + stat.ffree * entryBytes;
  }
  return free;
}
