/** How much the writable folders of a run hold. A count of the tree, made when the disk has lost enough to make it likely. */
import { lstat, opendir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What an entry counts at least: millions of empty files fill a disk too. */
const entryBytes = 4096;

/** PATH_MAX, with its end. */
const longestPath = 4095;

/** Bytes below `paths`, links not followed; stops counting once over `limit`. */
export async function bytesBelow(paths: readonly string[], limit: number): Promise<number> {
  let bytes = 0;
  const folders = [...paths];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await opendir(folder).catch(() => undefined);
    if (entries === undefined) continue;
    for await (const entry of entries) {
      const path = join(folder, entry.name);
      // No path leads to what is below: nobody builds there, and what is not counted has no limit.
      if (Buffer.byteLength(path) > longestPath) return Infinity;
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
  /** Whether they hold more than the limit at the end of the run. */
  readonly isOver: () => Promise<boolean>;
  readonly stop: () => void;
}

/** How often the file system is asked what it has left; and at which of these looks the folders are counted in any case. */
const lookMs = 250;
const countEvery = 40;

/**
 * Calls `over` once, soon after the folders hold more than `limit` bytes. Counting costs time, so it is done when the
 * disk has lost enough to make it possible; and from time to time, because others free some of it.
 */
export async function watchDisk(
  paths: readonly string[],
  limit: number,
  over: () => void,
): Promise<DiskWatch> {
  if (paths.length === 0) return { isOver: () => Promise.resolve(false), stop: () => undefined };
  const count = async (): Promise<boolean> => (await bytesBelow(paths, limit)) > limit;
  let most = await freeBytes(paths);
  let mostSinceCount = most;
  let looks = 0;
  let stopped = false;
  const hasShrunk = async (): Promise<boolean> => {
    const free = await freeBytes(paths);
    most = Math.max(most, free);
    mostSinceCount = Math.max(mostSinceCount, free);
    if (mostSinceCount - free <= limit / 8) return false;
    mostSinceCount = free;
    return true;
  };
  const look = async (): Promise<void> => {
    if (stopped) return;
    looks += 1;
    if (((await hasShrunk()) || looks % countEvery === 0) && (await count())) over();
    else timer = setTimeout(() => void look(), lookMs);
  };
  let timer = setTimeout(() => void look(), lookMs);
  return {
    isOver: async () => most - (await freeBytes(paths)) > limit / 8 && count(),
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
