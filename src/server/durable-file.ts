/**
 * Replaces one small text file so that a crash leaves the old one or the new one, never a part:
 * write beside it, fsync, rename over it, fsync the directory. The blobs and the database have their own
 * (`storage`); this is for the few files outside of the data store.
 */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * A symbolic link is followed, so that a dotfile kept elsewhere stays there. `mode` is for a new file;
 * an existing one keeps its own.
 */
export async function writeFileDurably(path: string, text: string | Uint8Array, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const existing = await stat(target).catch(() => undefined);
  const directory = dirname(target);
  const temporary = join(directory, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.chmod(existing === undefined ? mode : existing.mode & 0o777);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
