/**
 * Who wrote what came since the version that was built before: a faithful build of a malicious commit matches, too. Authors are
 * what commits say; somebody whose first commits here these are is named (xz's second maintainer once was).
 */
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { GitCopy } from './git/copy.ts';
import { readAuthor } from './git/objects.ts';

export interface EarlierSource {
  readonly version: string;
  readonly commit: string;
}

const maxCommitBytes = 1024 * 1024;
const namesShown = 10;

/** Sentences to add. Throws what the sandbox throws. */
export async function sinceEarlier(
  copy: GitCopy,
  { version, commit: from }: EarlierSource,
  commit: string,
): Promise<{ readonly because: readonly string[]; readonly disagreements: readonly string[] }> {
  if (from === commit)
    return { because: [`It is the commit that ${version} was built from.`], disagreements: [] };
  try {
    if ((await copy.commit(from)) === undefined) await copy.bring([from]);
    if ((await copy.commit(from)) === undefined)
      return {
        because: [],
        disagreements: [`The commit that ${version} was built from (${from.slice(0, 12)}) is gone.`],
      };
    const { commits, earlierAuthors, descends } = await copy.since(from, commit);
    const written = await authorsOf(copy, commits);
    const fresh = [...written.authors.keys()].filter((author) => !earlierAuthors.has(author));
    const because = [
      `Since ${version} came ${commits.length} commits by ${written.authors.size} authors: ${namesOf(written.authors)}; ${written.signed} carry a signature, which nobody checked.`,
      // Lines of versions part: that alone is no disagreement.
      ...(descends
        ? []
        : [
            `The commit does not descend from the one that ${version} was built from (${from.slice(0, 12)}).`,
          ]),
      ...(fresh.length === 0
        ? []
        : [`First commits here of: ${fresh.slice(0, namesShown).map(clipped).join(', ')}.`]),
    ];
    return { because, disagreements: [] };
  } catch (error) {
    if (!isAssayError(error) || !error.code.startsWith('SOURCE_')) throw error;
    return {
      because: [`What came since ${version} could not be listed: ${messageOf(error)}`],
      disagreements: [],
    };
  }
}

async function authorsOf(
  copy: GitCopy,
  commits: readonly string[],
): Promise<{ readonly authors: ReadonlyMap<string, number>; readonly signed: number }> {
  const authors = new Map<string, number>();
  let signed = 0;
  if (commits.length === 0) return { authors, signed };
  await copy.objects({ names: commits }, async (reader) => {
    for (const _ of commits) {
      const read = await reader.next(maxCommitBytes);
      const said = typeof read === 'object' && read.kind === 'commit' ? readAuthor(read.bytes) : undefined;
      const author = said?.author ?? 'nobody who is named';
      authors.set(author, (authors.get(author) ?? 0) + 1);
      if (said?.signed === true) signed += 1;
    }
  });
  return { authors, signed };
}

function namesOf(authors: ReadonlyMap<string, number>): string {
  const sorted = [...authors].sort(([, a], [, b]) => b - a);
  const names = sorted.slice(0, namesShown).map(([author, count]) => `${clipped(author)} (${count})`);
  const more = sorted.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function clipped(author: string): string {
  return author
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, 120)
    .toWellFormed();
}
