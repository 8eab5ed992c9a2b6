/** The independent reader: node-tar's parser, strict, fed the packed bytes themselves. It lists and hashes; nothing is extracted. */
import { createHash } from 'node:crypto';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import type { ArchiveLimits, ArchiveMember } from '../core/archive-reading.ts';
import type { Sha256 } from '../core/digest.ts';
import { messageOf } from '../core/errors.ts';
import type { ReadAt } from './gunzip.ts';
import { metaBytes } from './limits.ts';

export interface LibraryListing {
  /** Types are the library's own names where they are neither file nor directory. */
  readonly members: readonly (Omit<ArchiveMember, 'type'> & { readonly type: string })[];
  /** What made the library stop; undefined when it read to the end. */
  readonly error: string | undefined;
}

const inputBytes = 64 * 1024;

/** Only for archives that our own reader accepted: their size and number of members are bounded already. */
export async function readWithLibrary(
  read: ReadAt,
  limits: Pick<ArchiveLimits, 'entries'>,
): Promise<LibraryListing> {
  const members: LibraryListing['members'][number][] = [];
  let error: string | undefined;
  let ended = false;
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: metaBytes,
    // Our own limit was asked first; the library's would count otherwise at small sizes.
    maxDecompressionRatio: Number.POSITIVE_INFINITY,
    onReadEntry: (entry) => {
      if (members.length < limits.entries) readEntry(entry, members);
      else {
        error ??= 'more members than ours';
        entry.resume();
      }
    },
  });
  parser.on('error', (cause: unknown) => (error ??= messageOf(cause)));
  parser.on('ignoredEntry', (entry: ReadEntry) => (error ??= `ignored ${entry.type} ${entry.path}`));
  parser.on('end', () => (ended = true));
  for (let at = 0; error === undefined;) {
    const chunk = read(at, inputBytes);
    if (chunk.length === 0) break;
    at += chunk.length;
    if (!parser.write(Buffer.from(chunk)) && error === undefined) await drained(parser);
  }
  parser.end();
  await new Promise((resolve) => setImmediate(resolve));
  return { members, error: error ?? (ended ? undefined : 'the library did not reach the end') };
}

function drained(parser: Parser): Promise<void> {
  return new Promise((resolve) => {
    parser.once('drain', () => resolve());
    parser.once('error', () => resolve());
    // Entries flow at once here, so a refused write means only that the queue is being worked off.
    setImmediate(() => resolve());
  });
}

function readEntry(entry: ReadEntry, members: LibraryListing['members'][number][]): void {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const at = members.length;
  const path = entry.path.length > 1 && entry.path.endsWith('/') ? entry.path.slice(0, -1) : entry.path;
  const base = { path, type: typeNames[entry.type] ?? entry.type, mode: (entry.mode ?? 0) & 0o7777 };
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
