/** Reads a configuration file of a package manager: small, UTF-8, or not at all. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { AssayError, messageOf } from '../../core/errors.ts';

const maxBytes = 1024 * 1024;

/** Undefined when it is not there. Throws RC_FILE_UNUSABLE when it is too large, not UTF-8 or closed to us. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > maxBytes)
      throw new AssayError('RC_FILE_UNUSABLE', `${path} is larger than 1 MiB`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof AssayError) throw cause;
    throw new AssayError('RC_FILE_UNUSABLE', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** The file behind a symbolic link, so that an undo record finds it by any of its names. */
export async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
