/**
 * That a commit is reached from the tip of a ref: the commits from one to the other, each by its bytes, so that anybody can
 * see again that each names the next. In the form of `git cat-file --batch`, tip first.
 */
import type { Sha256 } from '../../core/digest.ts';
import type { SourceBlobs } from './deps.ts';
import type { GitCopy } from './git/copy.ts';
import { invalid, isWhatItIsNamed, readCommit } from './git/objects.ts';

const maxCommits = 20_000;
const maxCommitBytes = 1024 * 1024;

/** Undefined: there is no way that git knows, or it is longer than is kept. Throws SOURCE_*, STORAGE_*. */
export async function keepHistory(
  copy: GitCopy,
  blobs: SourceBlobs,
  tip: string,
  commit: string,
): Promise<Sha256 | undefined> {
  const path = tip === commit ? [commit] : pathBetween(await copy.between(tip, commit), tip, commit);
  if (path === undefined || path.length > maxCommits) return undefined;
  return copy.objects({ names: path }, async (reader) => {
    const writer = await blobs.create();
    try {
      for (const name of path) {
        const read = await reader.next(maxCommitBytes);
        if (typeof read !== 'object' || read.kind !== 'commit' || read.name !== name)
          throw invalid('a commit of its history is missing');
        await writer.write(Buffer.from(`${name} commit ${read.bytes.length}\n`));
        await writer.write(read.bytes);
        await writer.write(Buffer.from('\n'));
      }
      return (await writer.commit()).sha256;
    } finally {
      await writer.abort();
    }
  });
}

/** The shortest way down the parents, from `<commit> <parent>…` lines. */
export function pathBetween(text: string, tip: string, commit: string): readonly string[] | undefined {
  const parents = new Map(
    text.split('\n').map((line) => {
      const [name = '', ...rest] = line.split(' ');
      return [name, rest] as const;
    }),
  );
  const from = new Map<string, string>([[tip, '']]);
  let level = [tip];
  while (level.length > 0) {
    const next: string[] = [];
    for (const name of level) {
      if (name === commit) return wayTo(from, name);
      for (const parent of parents.get(name) ?? []) {
        if (from.has(parent)) continue;
        from.set(parent, name);
        next.push(parent);
      }
    }
    level = next;
  }
  return undefined;
}

function wayTo(from: ReadonlyMap<string, string>, commit: string): readonly string[] {
  const path: string[] = [];
  for (let name = commit; name !== ''; name = from.get(name) ?? '') path.push(name);
  return path.reverse();
}

/** Whether the bytes of a kept history lead from the tip to the commit. Pure: nothing but hashes is believed. */
export function leadsTo(bytes: Uint8Array, tip: string, commit: string): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let expected: readonly string[] = [tip];
  let last: string | undefined;
  for (let at = 0; at < buffer.length;) {
    const end = buffer.indexOf(0x0a, at);
    if (end === -1 || end - at > 100) return false;
    const [, name = '', size = ''] =
      /^([0-9a-f]{40}|[0-9a-f]{64}) commit (\d{1,7})$/.exec(buffer.toString('latin1', at, end)) ?? [];
    const object = buffer.subarray(end + 1, end + 1 + Number(size));
    const fields = readCommit(object);
    const isNext = expected.includes(name) && object.length === Number(size) && fields !== undefined;
    if (!isNext || !isWhatItIsNamed({ name, kind: 'commit', bytes: object })) return false;
    expected = fields.parents;
    last = name;
    at = end + 1 + object.length + 1;
  }
  return last === commit;
}
