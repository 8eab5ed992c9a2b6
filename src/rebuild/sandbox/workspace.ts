/** Folders of the host that runs may write to: made, given to their uid, and removed. */
import { randomUUID } from 'node:crypto';
import { chmod, lchown, lstat, mkdir, opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { Workspace } from '../../core/sandbox.ts';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** `user` undefined: runs have the uid of this process. */
export async function makeWorkspace(folder: string, user: User | undefined): Promise<Workspace> {
  const path = join(folder, randomUUID());
  try {
    await mkdir(path, { mode: 0o700 });
    await own(path, user);
  } catch (cause) {
    throw new AssayError('SANDBOX_FAILED', `no folder for a build could be made: ${messageOf(cause)}`, {
      cause,
    });
  }
  return {
    path,
    folder: async (name) => {
      if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name))
        throw new AssayError('SANDBOX_FAILED', `${JSON.stringify(name)} is no name for a folder of a build`);
      const made = join(path, name);
      await mkdir(made, { mode: 0o755 });
      await own(made, user);
      return made;
    },
    give: (tree) => eachEntry(tree, (entry) => own(entry, user)),
    remove: () => removeTree(path),
  };
}

async function own(path: string, user: User | undefined): Promise<void> {
  if (user !== undefined) await lchown(path, user.uid, user.gid);
}

async function eachEntry(tree: string, each: (path: string) => Promise<void>): Promise<void> {
  const folders = [tree];
  await each(tree);
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name);
      await each(path);
      if (entry.isDirectory()) folders.push(path);
    }
  }
}

/** A run can leave folders that their owner may not enter, and ones so deep that no path leads there. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await openFolders(path);
    await rm(path, { recursive: true, force: true });
  }
}

/** Far below PATH_MAX (4096), with a name behind it. */
const longestPath = 2000;

async function openFolders(top: string): Promise<void> {
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const stat = await lstat(folder).catch(() => undefined);
    if (stat?.isDirectory() !== true) continue;
    await chmod(folder, 0o700);
    if (folder.length > longestPath && folder.length > top.length + longestPath / 2) {
      const nearer = join(top, randomUUID());
      await rename(folder, nearer);
      folder = nearer;
    }
    for await (const entry of await opendir(folder))
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
  }
}
