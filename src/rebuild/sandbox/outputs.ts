/**
 * Reads what a run left in a folder, after it ended. All of it is hostile: a name can be a link that leads to a file of
 * the host, a device or a pipe that never ends. No link is followed, at no part of a path.
 */
import { constants } from 'node:fs';
import { lstat, open, opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';

export interface OutputEntry {
  /** Below the folder, with `/`. Hostile. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits, with setuid and its kin. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Of a link; not followed. Hostile. */
  readonly target: string | undefined;
}

/**
 * Everything below the folder, sorted by path.
 * @throws BUILD_OUTPUT_INVALID with more than `mostEntries`
 */
export async function listOutput(folder: string, mostEntries: number): Promise<readonly OutputEntry[]> {
  const found: OutputEntry[] = [];
  const folders = [''];
  await checkFolder(folder);
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    for await (const { name } of await opendir(join(folder, below))) {
      const path = below === '' ? name : `${below}/${name}`;
      const entry = await entryAt(folder, path);
      if (found.push(entry) > mostEntries) refuse(`has more than ${mostEntries} entries`);
      if (entry.type === 'folder') folders.push(path);
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function entryAt(folder: string, path: string): Promise<OutputEntry> {
  const full = join(folder, path);
  const stat = await lstat(full);
  const type = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    path,
    type,
    mode: stat.mode & 0o7777,
    sizeBytes: stat.size,
    target: type === 'link' ? await readlink(full) : undefined,
  };
}

/**
 * The bytes of one regular file below the folder.
 * @throws BUILD_OUTPUT_INVALID when it is none, is reached over a link, or is larger
 */
export async function readOutput(folder: string, path: string, mostBytes: number): Promise<Buffer> {
  const segments = path.split('/');
  if (path.includes('\0') || segments.some((segment) => ['', '.', '..'].includes(segment)))
    refuse(`has no ${JSON.stringify(path)}`);
  await checkFolder(folder);
  for (let depth = 1; depth < segments.length; depth += 1)
    await checkFolder(join(folder, ...segments.slice(0, depth)));
  // Not blocking: a pipe would wait for a writer for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, path), flags).catch((cause: unknown) =>
    refuse(`has no file ${JSON.stringify(path)} that can be read`, cause),
  );
  try {
    const stat = await file.stat();
    if (!stat.isFile()) refuse(`has something else than a file as ${JSON.stringify(path)}`);
    if (stat.size > mostBytes) refuse(`has ${stat.size} bytes in ${JSON.stringify(path)}, over ${mostBytes}`);
    const bytes = Buffer.alloc(stat.size);
    const { bytesRead } = await file.read(bytes, 0, stat.size, 0);
    if (bytesRead !== stat.size) refuse(`has changed while ${JSON.stringify(path)} was read`);
    return bytes;
  } finally {
    await file.close();
  }
}

async function checkFolder(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat?.isDirectory() !== true) refuse(`has no folder ${JSON.stringify(path)}`);
}

function refuse(what: string, cause?: unknown): never {
  throw new AssayError(
    'BUILD_OUTPUT_INVALID',
    `what a build left ${what}`,
    cause === undefined ? {} : { cause },
  );
}
