/** A digest of a tree on the disk: paths, types, modes, link targets and contents. Times and owners do not count. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Hex SHA-256; undefined when there is no such tree. */
export async function treeDigest(root: string): Promise<string | undefined> {
  if ((await lstat(root).catch(() => undefined))?.isDirectory() !== true) return undefined;
  const hash = createHash('sha256');
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = join(folder, name);
      const stat = await lstat(join(root, path));
      hash.update(
        `${JSON.stringify(path)} ${stat.mode.toString(8)} ${await contentOf(join(root, path), stat)}\n`,
      );
      if (stat.isDirectory()) folders.push(path);
    }
  }
  return hash.digest('hex');
}

async function contentOf(
  path: string,
  stat: { isFile: () => boolean; isSymbolicLink: () => boolean },
): Promise<string> {
  if (stat.isSymbolicLink()) return JSON.stringify(await readlink(path));
  if (!stat.isFile()) return '-';
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
