/** The files of a log, at a URL or in a folder, read one by one. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import { maxEntryBytes } from '../../ledger/verify/leaf.ts';
import { maxNoteBytes } from '../../ledger/verify/note.ts';
import { hashBytes } from '../../ledger/verify/rfc6962.ts';
import { parseTilePath, tileWidth } from '../../ledger/verify/tiles.ts';
import { openPublicFiles } from '../../upstream/public-files.ts';
import { assayVersion } from '../package-version.ts';

export interface LogSource {
  /** For messages. */
  readonly name: string;
  /** `checkpoint`, or the path of a tile. Undefined when it is not there. Throws UPSTREAM_*, STORAGE_FAILED. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  readonly close: () => void;
}

/** Base URL of the log, where `checkpoint` lies. Throws USAGE_INVALID. */
export function sourceAtUrl(text: string): LogSource {
  const base = URL.parse(text.endsWith('/') ? text : `${text}/`);
  if (base === null || (base.protocol !== 'https:' && base.protocol !== 'http:'))
    throw new AssayError('USAGE_INVALID', `${text} is no http or https URL`);
  const files = openPublicFiles({ version: assayVersion });
  return {
    name: base.href,
    read: (path) => files.read(new URL(path, base), limitOf(path)),
    close: files.close,
  };
}

export function sourceInFolder(folder: string): LogSource {
  return {
    name: folder,
    read: (path) => readWithin(join(folder, path), limitOf(path)),
    close: () => undefined,
  };
}

/** Bytes that a file of this name may have. Throws USAGE_INVALID for a name that no file of a log has. */
function limitOf(path: string): number {
  if (path === 'checkpoint') return maxNoteBytes;
  const tile = parseTilePath(path);
  if (tile === undefined) throw new AssayError('USAGE_INVALID', `no file of a log: ${path.slice(0, 200)}`);
  return tile.level === 'entries' ? tileWidth * (2 + maxEntryBytes) : tileWidth * hashBytes;
}

async function readWithin(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > maxBytes)
        throw new AssayError('STORAGE_FAILED', `${path} has ${size} bytes, more than ${maxBytes}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof AssayError) throw error;
    throw new AssayError('STORAGE_FAILED', `${path}: ${messageOf(error)}`, { cause: error });
  }
}
