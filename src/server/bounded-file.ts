/** Files that somebody else may have put there: a checkout's lockfile may be a link to a device that never ends. */
import { readFile, stat } from 'node:fs/promises';

/** Throws a plain Error when it is no file (a folder, a device, a pipe), too large, or cannot be read. */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer> {
  const info = await stat(path);
  if (!info.isFile()) throw new Error('it is no file');
  if (info.size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
  return readFile(path);
}
