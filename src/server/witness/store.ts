/** What a witness remembers, as files: the newest note it cosigned for each log, and proof of misbehaviour. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, isAssayError, messageOf } from '../../core/errors.ts';
import { sha256 } from '../../core/digest.ts';
import type { Contradiction, WitnessStore } from '../../ledger/witness/witness.ts';
import { lockDirectory, type DirectoryLock } from '../../storage/directory.ts';
import {
  ensureDirectory,
  errnoOf,
  nodeFileSystem,
  removeLeftovers,
  replaceFile,
  type FileSystem,
} from '../../storage/durable.ts';

export interface WitnessFolder {
  readonly store: WitnessStore;
  readonly keepContradiction: (finding: Contradiction) => Promise<void>;
  readonly close: () => void;
}

/** One is enough to convict; a log gone mad must not fill the disk. */
const maxContradictions = 100;

/** Locked until closed. Throws LEDGER_WITNESS_UNUSABLE. */
export async function openWitnessFolder(
  directory: string,
  fs: FileSystem = nodeFileSystem,
): Promise<WitnessFolder> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { mode } = await stat(directory);
    if ((mode & 0o022) !== 0) throw witnessUnusable(`${directory} can be written by others`);
    const lock = takeLock(directory);
    await removeLeftovers(nodeFileSystem, directory);
    return folderOf(directory, lock, fs);
  } catch (error) {
    throw error instanceof AssayError ? error : witnessUnusable(`${directory}: ${messageOf(error)}`);
  }
}

function folderOf(directory: string, lock: DirectoryLock, fs: FileSystem): WitnessFolder {
  const fileOf = (hash: string): string => join(directory, `${hash}.checkpoint`);
  return {
    store: {
      read: async (hash) => {
        try {
          return await readFile(fileOf(hash), 'utf8');
        } catch (error) {
          if (errnoOf(error) === 'ENOENT') return undefined;
          throw error;
        }
      },
      keep: (hash, note) => replaceFile(fileOf(hash), Buffer.from(note, 'utf8'), { mode: 0o644, fs }),
    },
    keepContradiction: async ({ origin, why, seen, offered }) => {
      const folder = join(directory, 'contradictions');
      await ensureDirectory(nodeFileSystem, folder);
      if ((await readdir(folder)).length >= maxContradictions) return;
      const text = `${origin}: ${why}\n\n== seen ==\n${seen}\n== offered ==\n${offered}`;
      await replaceFile(join(folder, `${sha256(text)}.txt`), Buffer.from(text, 'utf8'), { mode: 0o644 });
    },
    close: () => lock.release(),
  };
}

function takeLock(directory: string): DirectoryLock {
  try {
    return lockDirectory(directory);
  } catch (error) {
    if (isAssayError(error, 'DATA_DIRECTORY_LOCKED'))
      throw witnessUnusable(`another witness runs on ${directory}`);
    throw error;
  }
}

export function witnessUnusable(message: string, hint?: string): AssayError {
  return new AssayError('LEDGER_WITNESS_UNUSABLE', message, hint === undefined ? {} : { hint });
}
