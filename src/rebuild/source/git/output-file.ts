/** Reading a file that a run left: no link is followed, nothing but a plain file is opened, and no more than a limit. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../../core/errors.ts';

/** `name`: one path segment. Whoever opens it closes it. Throws SOURCE_UNREADABLE. */
export async function openOutput(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<{ readonly file: FileHandle; readonly sizeBytes: number }> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, name), flags).catch(() => undefined);
  if (file === undefined) throw new AssayError('SOURCE_UNREADABLE', 'git left no answer');
  const status = await file.stat();
  if (status.isFile() && status.size <= maxBytes) return { file, sizeBytes: status.size };
  await file.close();
  throw new AssayError(
    'SOURCE_UNREADABLE',
    status.isFile() ? `git answered with more than ${maxBytes} bytes` : 'git left something else than a file',
  );
}

/** Throws SOURCE_UNREADABLE. */
export async function readOutput(folder: string, name: string, maxBytes: number): Promise<Buffer> {
  const { file, sizeBytes } = await openOutput(folder, name, maxBytes);
  try {
    const bytes = Buffer.alloc(sizeBytes);
    let at = 0;
    while (at < sizeBytes) {
      const { bytesRead } = await file.read(bytes, at, sizeBytes - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await file.close();
  }
}
