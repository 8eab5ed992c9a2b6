/** The independent reader: node-tar's parser, strict, fed the packed bytes themselves. It lists and hashes; nothing is extracted. */
import { createHash } from 'node:crypto';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import type { ArchiveLimits, ArchiveMember } from '../core/archive-reading.ts';
import type { Sha256 } from '../core/digest.ts';
import { messageOf } from '../core/errors.ts';
import type { ReadAt } from './gunzip.ts';
import { metaBytes } from './limits.ts';
import { withoutInnerDots } from './member-path.ts';

/** Types are the library's own names where they are neither file nor directory. */
export type LibraryMember = Omit<ArchiveMember, 'type'> & { readonly type: string };

export interface LibraryListing {
  readonly members: readonly LibraryMember[];
  /** What made the library stop, or what it left out; undefined when it read all to the end. */
  readonly error: string | undefined;
}

interface Progress {
  readonly members: LibraryMember[];
  error: string | undefined;
  ended: boolean;
}

const inputBytes = 64 * 1024;

/**
 * Only for archives that our own reader accepted: their size and number of members are bounded already. Entries are
 * consumed as they come, so the parser works synchronously and never asks to wait.
 */
export async function readWithLibrary(
  read: ReadAt,
  limits: Pick<ArchiveLimits, 'entries'>,
): Promise<LibraryListing> {
  const progress: Progress = { members: [], error: undefined, ended: false };
  const parser = libraryParser(progress, limits.entries);
  for (let at = 0; ;) {
    const chunk = read(at, inputBytes);
    if (chunk.length === 0 || progress.error !== undefined) break;
    at += chunk.length;
    parser.write(Buffer.from(chunk));
  }
  parser.end();
  await new Promise((resolve) => setImmediate(resolve));
  const { members, error, ended } = progress;
  return { members, error: error ?? (ended ? undefined : 'it did not reach the end') };
}

function libraryParser(progress: Progress, entries: number): Parser {
  const fail = (message: string): void => void (progress.error ??= message);
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: metaBytes,
    // Our own limit was asked first; the library's counts small archives too.
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
    onReadEntry: (entry) => {
      if (progress.members.length < entries) return takeEntry(entry, progress.members);
      fail('it sees more members than ours');
      entry.resume();
    },
  });
  parser.on('error', (cause: unknown) => fail(messageOf(cause)));
  parser.on('ignoredEntry', (entry: ReadEntry) => fail(`it ignores ${entry.type} ${entry.path}`));
  parser.on('end', () => (progress.ended = true));
  return parser;
}

function takeEntry(entry: ReadEntry, members: LibraryMember[]): void {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const at = members.length;
  const plain = entry.path.length > 1 && entry.path.endsWith('/') ? entry.path.slice(0, -1) : entry.path;
  const path = withoutInnerDots(plain);
  const base = { path, type: typeNames[entry.type] ?? entry.type, mode: (entry.mode ?? 0) & 0o7777 };
  // Stands for a member whose end never comes: no real one has this size.
  members.push({ ...base, sizeBytes: -1, sha256: '' as Sha256 });
  entry.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    hash.update(chunk);
  });
  entry.on('end', () => {
    members[at] = { ...base, sizeBytes, sha256: hash.digest('hex') as Sha256 };
  });
}

const typeNames: Readonly<Record<string, string>> = { File: 'file', OldFile: 'file', Directory: 'directory' };
