/**
 * A file system in memory that knows what a power loss leaves: bytes that were synced, and names whose directory was
 * synced (or, as some file systems do, names without the bytes).
 */
import { basename, dirname } from 'node:path/posix';
import type { FileSystem, OpenFile } from '../../src/storage/durable.ts';

interface FileNode {
  bytes: Uint8Array;
  synced: Uint8Array;
}

interface DirectoryNode {
  names: Map<string, Node>;
  synced: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

/** `names-lost`: only what was synced is there. `names-kept`: names are, with half of the bytes that were not synced. */
export type PowerLoss = 'names-lost' | 'names-kept';

export interface MemoryFileSystem extends FileSystem {
  /** What the disk holds when the power comes back. */
  readonly afterPowerLoss: (loss: PowerLoss) => MemoryFileSystem;
}

export function memoryFileSystem(root: DirectoryNode = emptyDirectory()): MemoryFileSystem {
  function find(path: string): Node {
    let node: Node = root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      const next: Node | undefined = directory(node).names.get(name);
      if (next === undefined) throw failure('ENOENT', path);
      node = next;
    }
    return node;
  }

  const parentOf = (path: string): DirectoryNode => directory(find(dirname(path)));

  return {
    open: async (path, flags) => {
      if (flags === 'wx') {
        const parent = parentOf(path);
        if (parent.names.has(basename(path))) throw failure('EEXIST', path);
        parent.names.set(basename(path), { bytes: new Uint8Array(0), synced: new Uint8Array(0) });
      }
      return openFile(find(path));
    },
    rename: async (from, to) => {
      const node = find(from);
      parentOf(to).names.set(basename(to), node);
      parentOf(from).names.delete(basename(from));
    },
    unlink: async (path) => {
      find(path);
      parentOf(path).names.delete(basename(path));
    },
    mkdir: async (path) => {
      const parent = parentOf(path);
      if (parent.names.has(basename(path))) throw failure('EEXIST', path);
      parent.names.set(basename(path), emptyDirectory());
    },
    rmdir: async (path) => {
      if (directory(find(path)).names.size > 0) throw failure('ENOTEMPTY', path);
      parentOf(path).names.delete(basename(path));
    },
    readdir: async (path) => [...directory(find(path)).names.keys()],
    afterPowerLoss: (loss) => memoryFileSystem(directory(survivor(root, loss))),
  };
}

function emptyDirectory(): DirectoryNode {
  return { names: new Map(), synced: new Map() };
}

function openFile(node: Node): OpenFile {
  let at = 0;
  const file = (): FileNode => {
    if ('names' in node) throw failure('EISDIR', '');
    return node;
  };
  return {
    write: async (bytes) => {
      file().bytes = Buffer.concat([file().bytes, bytes]);
      return bytes.length;
    },
    read: async (into) => {
      const part = file().bytes.subarray(at, at + into.length);
      into.set(part);
      at += part.length;
      return part.length;
    },
    sizeBytes: async () => file().bytes.length,
    chmod: async () => undefined,
    sync: async () => {
      if ('names' in node) node.synced = new Map(node.names);
      else node.synced = node.bytes;
    },
    close: async () => undefined,
  };
}

function survivor(node: Node, loss: PowerLoss): Node {
  if ('names' in node) {
    const names = loss === 'names-lost' ? node.synced : node.names;
    const kept = new Map([...names].map(([name, child]) => [name, survivor(child, loss)]));
    return { names: kept, synced: new Map(kept) };
  }
  const isSynced = node.synced === node.bytes;
  const half = node.bytes.subarray(0, Math.floor(node.bytes.length / 2));
  const bytes = isSynced || loss === 'names-lost' ? node.synced : half;
  return { bytes, synced: bytes };
}

function directory(node: Node): DirectoryNode {
  if ('names' in node) return node;
  throw failure('ENOTDIR', '');
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
