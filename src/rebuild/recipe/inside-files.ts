/**
 * Reading what a run left behind. Everything there is hostile: names, links in place of folders, fifos. Nothing of the
 * run is alive any more, so what is looked at cannot change between the look and the reading.
 */
import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isPathBelow } from './schema.ts';

export interface TreeListing {
  /** Of files, with `/`, sorted. */
  readonly paths: readonly string[];
  /** More than `maxEntries`: what is further down is not listed. */
  readonly clipped: boolean;
  /** Newest modification of a file, in seconds; undefined in an empty tree. */
  readonly newest: number | undefined;
}

/** The whole file as text; undefined when there is none, it is no plain file, lies behind a link, or is too large. */
export async function readInside(root: string, path: string, maxBytes: number): Promise<string | undefined> {
  if (path === '' || !isPathBelow(path)) return undefined;
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    if (!(await isFolder(join(root, ...parts.slice(0, depth))))) return undefined;
  }
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(join(root, ...parts), flags);
    try {
      const status = await file.stat();
      if (!status.isFile() || status.size > maxBytes) return undefined;
      const bytes = Buffer.alloc(status.size);
      const { bytesRead } = await file.read(bytes, 0, status.size, 0);
      return bytes.subarray(0, bytesRead).toString('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Files of a tree, links and `.git` left out. */
export async function listInside(root: string, maxEntries = 50_000): Promise<TreeListing> {
  const paths: string[] = [];
  const queue = [''];
  let entries = 0;
  let newest: number | undefined;
  while (queue.length > 0 && entries < maxEntries) {
    const folder = queue.shift() ?? '';
    for (const entry of await entriesOf(join(root, folder))) {
      entries += 1;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || path.length > 1024) continue;
      if (entry.isDirectory()) queue.push(path);
      const seconds = entry.isFile() ? await modified(join(root, path)) : undefined;
      if (seconds === undefined) continue;
      paths.push(path);
      newest = Math.max(newest ?? 0, seconds);
    }
  }
  return { paths: paths.sort(), clipped: queue.length > 0, newest };
}

/** Names that are no UTF-8 can't be opened by what they are read as: such a folder counts as empty. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

async function modified(path: string): Promise<number | undefined> {
  try {
    return Math.floor((await lstat(path)).mtimeMs / 1000);
  } catch {
    return undefined;
  }
}

/**
 * The top of an unpacked archive: its one folder, when there is nothing beside it, as archives of forges have it.
 */
export async function topOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const [only] = entries;
  return entries.length === 1 && only?.isDirectory() === true ? join(folder, only.name) : folder;
}
