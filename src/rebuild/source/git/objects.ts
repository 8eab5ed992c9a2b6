/**
 * Git's objects, by the bytes they are named by. Nothing that git says of them counts: the name is computed again. SHA-1
 * names are what git has; that two objects share one is what git's own collision detection is for.
 */
import { createHash } from 'node:crypto';
import { AssayError } from '../../../core/errors.ts';

export const objectKinds = ['commit', 'tree', 'blob', 'tag'] as const;
export type ObjectKind = (typeof objectKinds)[number];

export interface GitObject {
  readonly name: string;
  readonly kind: ObjectKind;
  readonly bytes: Uint8Array;
}

/** `length` of the hex name decides: 40 for SHA-1, 64 for SHA-256. */
export function objectName(kind: ObjectKind, bytes: Uint8Array, length: number): string {
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`${kind} ${bytes.length}\0`)
    .update(bytes)
    .digest('hex');
}

export function isWhatItIsNamed({ name, kind, bytes }: GitObject): boolean {
  return objectName(kind, bytes, name.length) === name;
}

export interface CommitFields {
  readonly tree: string;
  readonly parents: readonly string[];
  /** The committer's date, seconds since the epoch. */
  readonly committedAt: number;
}

const hex = '(?:[0-9a-f]{40}|[0-9a-f]{64})';

/** The header of a commit (git's own order: tree, parents, author, committer). Undefined: it is none. */
export function readCommit(bytes: Uint8Array): CommitFields | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const head = text.slice(0, text.indexOf('\n\n') === -1 ? text.length : text.indexOf('\n\n'));
  const lines = head.split('\n');
  const tree = new RegExp(`^tree (${hex})$`).exec(lines[0] ?? '')?.[1];
  if (tree === undefined) return undefined;
  const parents: string[] = [];
  let at = 1;
  for (; at < lines.length; at += 1) {
    const parent = new RegExp(`^parent (${hex})$`).exec(lines[at] ?? '')?.[1];
    if (parent === undefined) break;
    parents.push(parent);
  }
  if (lines[at]?.startsWith('author ') !== true) return undefined;
  const date = /^committer .*> (\d{1,12}) [+-]\d{4}$/.exec(lines[at + 1] ?? '')?.[1];
  return date === undefined ? undefined : { tree, parents, committedAt: Number(date) };
}

/** What an annotated tag points at. Undefined: it is none. */
export function readTag(bytes: Uint8Array): { readonly object: string; readonly kind: string } | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const [, object, kind] = new RegExp(`^object (${hex})\ntype (commit|tag|tree|blob)\n`).exec(text) ?? [];
  return object === undefined || kind === undefined ? undefined : { object, kind };
}

export interface TreeEntry {
  readonly kind: 'file' | 'executable' | 'link' | 'folder' | 'submodule';
  /** One segment. */
  readonly name: string;
  readonly object: string;
}

/**
 * A tree's entries in its own order. Names that lead elsewhere (`..`, `.git`, with `/`), are no UTF-8 or come twice, and
 * modes that git does not have, are refused: git's own checks are optional, and were off where such trees came from.
 * Throws SOURCE_INVALID.
 */
export function readTree(bytes: Uint8Array, nameLength: number): readonly TreeEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const entries: TreeEntry[] = [];
  const seen = new Set<string>();
  const width = nameLength / 2;
  for (let at = 0; at < buffer.length;) {
    const space = buffer.indexOf(0x20, at);
    const end = space === -1 ? -1 : buffer.indexOf(0, space);
    if (space === -1 || space - at > 6 || end === -1 || end + 1 + width > buffer.length)
      throw invalid('a tree of it is no tree');
    const kind = kindOf(buffer.toString('latin1', at, space));
    const name = decoded(utf8, buffer.subarray(space + 1, end));
    if (kind === undefined || name === undefined || !isEntryName(name) || seen.has(name))
      throw invalid(`a tree of it has an entry ${JSON.stringify(name ?? '')} that may not be`);
    seen.add(name);
    at = end + 1 + width;
    entries.push({ kind, name, object: buffer.toString('hex', end + 1, at) });
  }
  return entries;
}

/** Old versions of git wrote permissions as they were; only the owner's exec bit counts, as git itself reads them. */
function kindOf(mode: string): TreeEntry['kind'] | undefined {
  if (!/^[0-7]{5,6}$/.test(mode)) return undefined;
  const bits = Number.parseInt(mode, 8);
  switch (bits & 0o170000) {
    case 0o100000:
      return (bits & 0o7000) === 0 ? ((bits & 0o100) === 0 ? 'file' : 'executable') : undefined;
    case 0o120000:
      return 'link';
    case 0o040000:
      return 'folder';
    case 0o160000:
      return 'submodule';
    default:
      return undefined;
  }
}

function decoded(utf8: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function isEntryName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > 255 || name.includes('/')) return false;
  // `.git` also as file systems fold it: git has refused these since CVE-2014-9390.
  return !/^\.git[\s.]*$/i.test(name) && name.toLowerCase() !== 'git~1';
}

export function invalid(message: string): AssayError {
  return new AssayError('SOURCE_INVALID', message);
}
