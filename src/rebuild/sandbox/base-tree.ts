/** A digest of a tree on the disk: paths, types, modes, link targets and contents. Times and owners do not count. */
import { createHash, hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that are read at once. */
const batch = 32;

/** Hex SHA-256; undefined when there is no such tree. */
export async function treeDigest(root: string): Promise<string | undefined> {
  if ((await lstat(root).catch(() => undefined))?.isDirectory() !== true) return undefined;
  const whole = createHash('sha256');
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const paths = (await readdir(join(root, folder))).sort().map((name) => join(folder, name));
    for (let start = 0; start < paths.length; start += batch) {
      const entries = await Promise.all(paths.slice(start, start + batch).map((path) => entryAt(root, path)));
      for (const entry of entries) {
        whole.update(entry.line);
        if (entry.isFolder) folders.push(entry.path);
      }
    }
  }
  return whole.digest('hex');
}

async function entryAt(
  root: string,
  path: string,
): Promise<{ readonly path: string; readonly line: string; readonly isFolder: boolean }> {
  const stat = await lstat(join(root, path));
  const line = `${JSON.stringify(path)} ${stat.mode.toString(8)} ${await contentOf(join(root, path), stat)}\n`;
  return { path, line, isFolder: stat.isDirectory() };
}

async function contentOf(path: string, stat: Stats): Promise<string> {
  if (stat.isSymbolicLink()) return JSON.stringify(await readlink(path));
  return stat.isFile() ? hash('sha256', await readFile(path)) : '-';
}
