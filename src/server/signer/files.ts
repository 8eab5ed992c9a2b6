/**
 * The system calls of the signer, synchronous: it does one thing at a time. Every write is on the disk when it returns
 * (`O_SYNC`), because the permission model leaves no `fsync`. Tests pass ones that fail.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';

export interface SignerFiles {
  /** Undefined when it is not there. */
  readonly read: (path: string) => Uint8Array | undefined;
  /** Makes a file, closed to others, that must not be there yet. */
  readonly create: (path: string, bytes: Uint8Array) => void;
  /** Overwrites a part of a file. */
  readonly overwrite: (path: string, position: number, bytes: Uint8Array) => void;
  readonly rename: (from: string, to: string) => void;
  /** A file, or a folder with all in it; nothing there is fine. */
  readonly remove: (path: string) => void;
  readonly makeFolder: (path: string) => void;
  readonly list: (path: string) => readonly string[];
  /** Who may use it: its mode's lower nine bits, and whether it belongs to this user. Undefined when it is not there. */
  readonly access: (path: string) => { readonly mode: number; readonly mine: boolean } | undefined;
}

export const nodeSignerFiles: SignerFiles = {
  read: (path) => ifThere(() => readFileSync(path)),
  create: (path, bytes) => {
    const { O_WRONLY, O_CREAT, O_EXCL, O_SYNC } = constants;
    writeAt(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_SYNC, 0o600), 0, bytes);
  },
  overwrite: (path, position, bytes) =>
    writeAt(openSync(path, constants.O_WRONLY | constants.O_SYNC), position, bytes),
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true, recursive: true }),
  makeFolder: (path) => mkdirSync(path, { mode: 0o700 }),
  list: (path) => readdirSync(path),
  access: (path) =>
    ifThere(() => {
      const { mode, uid } = statSync(path);
      return { mode: mode & 0o777, mine: uid === (process.getuid?.() ?? uid) };
    }),
};

function writeAt(file: number, position: number, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;) {
      const written = writeSync(file, bytes, done, bytes.length - done, position + done);
      if (written === 0) throw new Error('the disk took no bytes and named no error');
      done += written;
    }
  } finally {
    closeSync(file);
  }
}

function ifThere<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
