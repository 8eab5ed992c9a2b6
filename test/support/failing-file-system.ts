/** A file system whose n-th call fails, and a count of the calls it took. */
import type { FileSystem, OpenFile } from '../../src/storage/durable.ts';

export interface Fault {
  /** The call that fails, counted from 1; 0 for none. */
  readonly call: number;
  readonly errno: 'EIO' | 'ENOSPC';
  /**
   * `before`: it failed and did nothing. `after`: it did its work, and the caller is told that it failed. `torn`: half
   * of what was to be written is; calls other than writes do nothing.
   */
  readonly when: 'before' | 'after' | 'torn';
  /** The process dies there: no later call has any effect. */
  readonly dies?: boolean;
}

export interface FailingFileSystem {
  readonly fs: FileSystem;
  readonly calls: () => number;
  /** Names of the calls made, in order. */
  readonly names: () => readonly string[];
  /** Handles that were opened and never closed. */
  readonly open: () => number;
}

export function failingFileSystem(real: FileSystem, fault: Fault): FailingFileSystem {
  const names: string[] = [];
  let calls = 0;
  let open = 0;
  let dead = false;

  /** Counts the call; whether it is the one that fails. Throws when the process is dead. */
  function count(name: string): boolean {
    if (dead) throw failure(fault.errno);
    calls += 1;
    names.push(name);
    const fails = calls === fault.call;
    dead = fails && fault.dies === true;
    return fails;
  }

  async function step<T>(name: string, call: () => Promise<T>): Promise<T> {
    const fails = count(name);
    if (fails && fault.when !== 'after') throw failure(fault.errno);
    const value = await call();
    if (fails) throw failure(fault.errno);
    return value;
  }

  function wrap(file: OpenFile): OpenFile {
    let closed = false;
    return {
      write: async (bytes) => {
        const fails = count('write');
        if (fails && fault.when === 'before') throw failure(fault.errno);
        const written = await file.write(fails && fault.when === 'torn' ? half(bytes) : bytes);
        if (fails) throw failure(fault.errno);
        return written;
      },
      read: (into) => step('read', () => file.read(into)),
      sizeBytes: () => step('stat', file.sizeBytes),
      chmod: (mode) => step('chmod', () => file.chmod(mode)),
      sync: () => step('sync', file.sync),
      // Closing frees the descriptor even when it reports an error (close(2)); a second close is none.
      close: async () => {
        if (closed) return;
        closed = true;
        open -= 1;
        await file.close();
        await step('close', () => Promise.resolve());
      },
    };
  }

  const fs: FileSystem = {
    open: async (path, flags, mode) => {
      // An open that fails leaves no descriptor: only `before` makes sense.
      if (count(`open ${flags}`)) throw failure(fault.errno);
      const file = wrap(await real.open(path, flags, mode));
      open += 1;
      return file;
    },
    rename: (from, to) => step('rename', () => real.rename(from, to)),
    unlink: (path) => step('unlink', () => real.unlink(path)),
    mkdir: (path, mode) => step('mkdir', () => real.mkdir(path, mode)),
    rmdir: (path) => step('rmdir', () => real.rmdir(path)),
    readdir: (path) => step('readdir', () => real.readdir(path)),
  };
  return { fs, calls: () => calls, names: () => names, open: () => open };
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

function failure(errno: string): Error {
  return Object.assign(new Error(`${errno}: made by a test`), { code: errno });
}

/** Every call of an operation that makes `calls` of them, each errno, before and after. */
export function everyFault(calls: number): readonly Fault[] {
  const faults: Fault[] = [];
  for (let call = 1; call <= calls; call += 1) {
    for (const errno of ['EIO', 'ENOSPC'] as const) {
      for (const when of ['before', 'after'] as const) faults.push({ call, errno, when });
    }
  }
  return faults;
}

export const noFault: Fault = { call: 0, errno: 'EIO', when: 'before' };
