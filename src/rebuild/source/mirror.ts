/**
 * A source as one archive in a blob, so that it can be built when its host is gone. Of git: the tree of a commit, with
 * every object hashed here, from the commit's name down; of an archive: the bytes that have its digest.
 */
import { stat } from 'node:fs/promises';
import type { Sha256 } from '../../core/digest.ts';
import { sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { SourceMember } from './archive-check.ts';
import type { SourceBlobs, SourceFiles } from './deps.ts';
import type { BatchReader } from './git/batch.ts';
import type { GitCopy } from './git/copy.ts';
import { invalid, readCommit, readTree, type TreeEntry } from './git/objects.ts';
import { tarEnd, tarEntry } from './tar.ts';
import type { SourceMirror } from './types.ts';

export interface MirrorLimits {
  readonly entries: number;
  readonly depth: number;
  readonly fileBytes: number;
  /** Of the archive. */
  readonly totalBytes: number;
}

export const defaultMirrorLimits: MirrorLimits = {
  entries: 200_000,
  depth: 64,
  fileBytes: 256 * 1024 * 1024,
  totalBytes: 2 * 1024 ** 3,
};

/** The one folder at the top: a reader that leaves a single top folder away must not leave away one of the source's own. */
const top = 'source';

/** A commit with all trees, by name, and where each file's content lies in git's answer. */
interface Read {
  readonly commit: Uint8Array;
  readonly trees: ReadonlyMap<string, readonly TreeEntry[]>;
  readonly files: ReadonlyMap<string, number>;
}

/** Throws SOURCE_INVALID, SOURCE_UNREADABLE, STORAGE_*. */
export async function mirrorCommit(
  copy: GitCopy,
  blobs: SourceBlobs,
  { commit, uri }: { readonly commit: string; readonly uri: string },
  limits: MirrorLimits = defaultMirrorLimits,
): Promise<{ readonly mirror: Omit<SourceMirror, 'history'>; readonly members: readonly SourceMember[] }> {
  return copy.objects({ commit }, async (reader) => {
    const read = await readAll(reader, commit, limits);
    const fields = readCommit(read.commit);
    if (fields === undefined) throw invalid('its commit is no commit');
    const writer = await blobs.create();
    try {
      const walk: Walk = {
        read,
        reader,
        limits,
        seconds: fields.committedAt,
        submodules: [],
        pointers: [],
        members: [],
        written: 0,
        entries: 0,
        write: writer.write,
      };
      await put(walk, tarEntry({ kind: 'folder', path: top }, walk.seconds));
      await writeFolder(walk, fields.tree, '', 0);
      await put(walk, tarEnd);
      const { sha256: archive, sizeBytes } = await writer.commit();
      const { submodules, pointers } = walk;
      const mirror = { archive, sizeBytes, uri, committedAt: fields.committedAt, submodules, pointers };
      return { mirror, members: walk.members };
    } finally {
      await writer.abort();
    }
  });
}

async function readAll(reader: BatchReader, name: string, limits: MirrorLimits): Promise<Read> {
  let commit: Uint8Array | undefined;
  const trees = new Map<string, readonly TreeEntry[]>();
  const files = new Map<string, number>();
  for (;;) {
    const at = reader.offset();
    const read = await reader.next(limits.fileBytes);
    if (read === undefined) break;
    if (read === 'missing') throw invalid('a file of it is missing');
    if (read === 'too-large') throw invalid(`a file of it is larger than ${limits.fileBytes} bytes`);
    if (trees.size + files.size >= limits.entries) throw tooMany(limits);
    if (read.kind === 'tree') trees.set(read.name, readTree(read.bytes, read.name.length));
    else if (read.kind === 'blob') files.set(read.name, at);
    else if (read.kind === 'commit' && read.name === name) commit = read.bytes;
  }
  if (commit === undefined) throw invalid('its commit is missing');
  return { commit, trees, files };
}

interface Walk {
  readonly read: Read;
  readonly reader: BatchReader;
  readonly limits: MirrorLimits;
  readonly seconds: number;
  readonly submodules: string[];
  readonly pointers: string[];
  readonly members: SourceMember[];
  written: number;
  entries: number;
  readonly write: (chunk: Uint8Array) => Promise<void>;
}

/** Bounded by entries, not by trees: one small tree that names itself often, in others, is a bomb (git bomb, 2017). */
async function writeFolder(walk: Walk, tree: string, folder: string, depth: number): Promise<void> {
  const entries = walk.read.trees.get(tree);
  if (entries === undefined) throw invalid('a tree of it is missing');
  if (depth > walk.limits.depth) throw invalid(`its folders are nested deeper than ${walk.limits.depth}`);
  for (const entry of entries) {
    walk.entries += 1;
    if (walk.entries > walk.limits.entries) throw tooMany(walk.limits);
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (path.length > 1024) throw invalid('a path of it is longer than 1024 characters');
    await writeEntry(walk, entry, path, depth);
  }
}

async function writeEntry(
  walk: Walk,
  { kind, object }: TreeEntry,
  path: string,
  depth: number,
): Promise<void> {
  const at = `${top}/${path}`;
  if (kind === 'folder' || kind === 'submodule') {
    await put(walk, tarEntry({ kind: 'folder', path: at }, walk.seconds));
    if (kind === 'submodule') walk.submodules.push(path);
    else await writeFolder(walk, object, path, depth + 1);
    return;
  }
  const offset = walk.read.files.get(object);
  if (offset === undefined) throw invalid(`${JSON.stringify(path)} is missing`);
  walk.reader.seek(offset);
  const read = await walk.reader.next(walk.limits.fileBytes);
  if (typeof read !== 'object' || read.name !== object || read.kind !== 'blob')
    throw invalid(`${JSON.stringify(path)} is not what it is named`);
  walk.members.push({
    path,
    kind: kind === 'link' ? 'link' : 'file',
    executable: kind === 'executable',
    sha256: sha256(read.bytes),
  });
  if (kind === 'link') {
    await put(walk, tarEntry({ kind, path: at, target: linkTarget(read.bytes, path) }, walk.seconds));
    return;
  }
  if (isPointer(read.bytes)) walk.pointers.push(path);
  await put(walk, tarEntry({ kind, path: at, bytes: read.bytes }, walk.seconds));
}

function linkTarget(bytes: Uint8Array, path: string): string {
  try {
    const target = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex
    if (target !== '' && target.length <= 4095 && !/[\u0000\n]/.test(target)) return target;
  } catch {
    // Told below.
  }
  throw invalid(`${JSON.stringify(path)} is a link to what is no path`);
}

/** Git LFS, "The Pointer": a file whose content lies on another server. */
function isPointer(bytes: Uint8Array): boolean {
  const start = 'version https://git-lfs.github.com/spec/';
  return bytes.length < 1024 && Buffer.from(bytes).toString('latin1', 0, start.length) === start;
}

async function put(walk: Walk, bytes: Uint8Array): Promise<void> {
  walk.written += bytes.length;
  if (walk.written > walk.limits.totalBytes)
    throw invalid(`it is larger than ${walk.limits.totalBytes} bytes`);
  await walk.write(bytes);
}

function tooMany({ entries }: MirrorLimits): AssayError {
  return invalid(`it has more than ${entries} files and folders`);
}

// ---- archives ----

const maxArchiveBytes = 1024 ** 3;

/** From the blobs when they have it, else from its URL. Throws SOURCE_UNREADABLE, SOURCE_INVALID, UPSTREAM_*, STORAGE_*. */
export async function mirrorArchive(
  { blobs, files }: { readonly blobs: SourceBlobs; readonly files: SourceFiles },
  { url, sha256: digest }: { readonly url: string; readonly sha256: Sha256 },
): Promise<SourceMirror> {
  const rest = { uri: url, history: undefined, committedAt: undefined, submodules: [], pointers: [] };
  const place = URL.parse(url);
  if (place === null || !/^https?:$/.test(place.protocol) || place.username !== '' || place.password !== '')
    throw new AssayError('SOURCE_UNREADABLE', 'the address of the archive is none that is fetched');
  // Plain http is enough for bytes whose digest is known.
  const kept = await blobs.path(digest);
  if (kept !== undefined) return { archive: digest, sizeBytes: (await stat(kept)).size, ...rest };
  const bytes = await files.read(place, maxArchiveBytes);
  if (bytes === undefined) throw new AssayError('SOURCE_UNREADABLE', `${place.host} has no such archive`);
  if (sha256(bytes) !== digest)
    throw new AssayError(
      'SOURCE_INVALID',
      `${place.host} gave other bytes than those of the archive's SHA-256`,
    );
  const writer = await blobs.create();
  try {
    await writer.write(bytes);
    const made = await writer.commit();
    return { archive: made.sha256, sizeBytes: made.sizeBytes, ...rest };
  } finally {
    await writer.abort();
  }
}
