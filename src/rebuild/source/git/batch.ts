/** What `git cat-file --batch` writes, read object by object from a file. The names it gives are compared, not believed. */
import type { FileHandle } from 'node:fs/promises';
import { isWhatItIsNamed, invalid, objectKinds, type GitObject } from './objects.ts';

/** `missing`: git has no such object; it says so in the order in which they were asked for. */
type BatchAnswer = GitObject | 'missing' | 'too-large';

const maxHeader = 4096;

/** A cursor over the file. Throws SOURCE_INVALID for what is out of form, and for an object that is not what it is named. */
export interface BatchReader {
  /** Undefined at the end. */
  readonly next: (maxBytes: number) => Promise<BatchAnswer | undefined>;
  readonly offset: () => number;
  readonly seek: (offset: number) => void;
}

export function batchReader(file: FileHandle, sizeBytes: number): BatchReader {
  let at = 0;
  return {
    offset: () => at,
    seek: (offset) => (at = offset),
    next: async (maxBytes) => {
      if (at >= sizeBytes) return undefined;
      const head = await readAt(file, at, Math.min(maxHeader, sizeBytes - at));
      const end = head.indexOf(0x0a);
      if (end === -1) throw invalid('git answered out of form');
      const header = readHeader(head.toString('utf8', 0, end));
      if (header === 'missing') {
        at += end + 1;
        return 'missing';
      }
      const from = at + end + 1;
      if (from + header.sizeBytes + 1 > sizeBytes) throw invalid('git answered only in part');
      if (header.sizeBytes > maxBytes) {
        at = from + header.sizeBytes + 1;
        return 'too-large';
      }
      const bytes = await readAt(file, from, header.sizeBytes);
      at = from + header.sizeBytes + 1;
      const object: GitObject = { name: header.name, kind: header.kind, bytes };
      if (!isWhatItIsNamed(object)) throw invalid(`git gave other bytes for ${header.name}`);
      return object;
    },
  };
}

/** `<name> <kind> <size>`, or `<what was asked> missing`. Throws SOURCE_INVALID. */
export function readHeader(
  line: string,
): { readonly name: string; readonly kind: GitObject['kind']; readonly sizeBytes: number } | 'missing' {
  const [, name, kindGiven, size] =
    /^([0-9a-f]{40}|[0-9a-f]{64}) (commit|tree|blob|tag) (\d{1,12})$/.exec(line) ?? [];
  const kind = objectKinds.find((known) => known === kindGiven);
  if (name !== undefined && kind !== undefined) return { name, kind, sizeBytes: Number(size) };
  if (/ (?:missing|ambiguous)$/.test(line)) return 'missing';
  throw invalid('git answered out of form');
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) throw invalid('git answered only in part');
    at += bytesRead;
  }
  return bytes;
}
