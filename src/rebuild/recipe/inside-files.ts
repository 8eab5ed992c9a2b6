/**
 * Reading what a run left behind. Everything there is hostile: names, links in place of folders, fifos. Nothing of the
 * run is alive any more, so what is looked at cannot change between the look and the reading.
 */
import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/digest.ts';
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
export function readInside(root: string, path: string, maxBytes: number): Promise<string | undefined> {
  return withFile(root, path, maxBytes, async (file, size) => {
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead).toString('utf8');
  });
}

/** SHA-256 of the files, each digest once. Left out: what can't be read, and what goes beyond `maxBytes` of all together. */
export async function digestsInside(
  root: string,
  paths: readonly string[],
  maxBytes: number,
): Promise<readonly Sha256[]> {
  const digests = new Set<Sha256>();
  let left = maxBytes;
  for (const path of paths) {
    const digest = await withFile(root, path, left, async (file, size) => {
      left -= size;
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
      return hash.digest('hex') as Sha256;
    });
    if (digest !== undefined) digests.add(digest);
  }
  return [...digests];
}

async function withFile<T>(
  root: string,
  path: string,
  maxBytes: number,
  use: (file: FileHandle, size: number) => Promise<T>,
): Promise<T | undefined> {
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
      return status.isFile() && status.size <= maxBytes ? await use(file, status.size) : undefined;
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
