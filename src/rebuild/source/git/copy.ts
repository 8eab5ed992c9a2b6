/**
 * A copy of one repository, in the sandbox: its refs, its commits, single files of them. What git says of names, reach and
 * paths leads to candidates; what is kept of a source is hashed again (`mirror.ts`, `history.ts`).
 */
import { constants } from 'node:fs';
import { chmod, copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '../../../core/errors.ts';
import type { GitAccess, GitEnd, GitFolder, GitRemote, GitStep } from '../deps.ts';
import type { SourceMember } from '../archive-check.ts';
import { isFolderPath } from '../repository-url.ts';
import { isObjectName } from '../tag-names.ts';
import { readMembers } from './archive-members.ts';
import { batchReader, type BatchReader } from './batch.ts';
import { readCommit, type CommitFields } from './objects.ts';
import { openOutput, readOutput } from './output-file.ts';
import { readRemoteRefs, type RemoteRefs } from './refs.ts';
import * as scripts from './scripts.ts';

export interface GitCopy {
  readonly refs: RemoteRefs;
  /** Brings commits that no ref leads to, as far as the host gives them. */
  readonly bring: (commits: readonly string[]) => Promise<void>;
  /** Undefined: it is not in the copy. */
  readonly commit: (commit: string) => Promise<CommitFields | undefined>;
  /** Full names of the branches and tags that reach the commit. */
  readonly refsReaching: (commit: string) => Promise<readonly string[]>;
  /** Paths of the commit's `package.json` files. */
  readonly manifests: (commit: string) => Promise<readonly string[]>;
  /** One file of several commits; undefined where a commit has none, or it is larger than a manifest is. */
  readonly files: (
    places: readonly { readonly commit: string; readonly path: string }[],
  ) => Promise<readonly (Uint8Array | undefined)[]>;
  /** Commits of branches that touched the file, newest first. */
  readonly commitsOf: (path: string) => Promise<readonly string[]>;
  /** `<commit> <parent>…` lines between a ref's tip and a commit, newest first. */
  readonly between: (tip: string, commit: string) => Promise<string>;
  /** What came with `commit` since `from`, and how the two are related; `branches`: those asked whether they have `from`. */
  readonly since: (from: string, commit: string, branches: readonly string[]) => Promise<Since>;
  /** What lies in an archive: a file of this machine, which is copied in and unpacked there. */
  readonly archive: (path: string) => Promise<readonly SourceMember[]>;
  /** All objects of these names, or of one commit: hashed on the way. `work` gets a reader of them. */
  readonly objects: <T>(
    of: { readonly names: readonly string[] } | { readonly commit: string },
    work: (reader: BatchReader) => Promise<T>,
  ) => Promise<T>;
}

export interface Since {
  /** At most 2,000, newest first; `total` counts all. */
  readonly commits: readonly string[];
  readonly total: number;
  /** What each touched, for `readTouched`. */
  readonly touched: string;
  /** Who wrote and put in what `from` has, for `readEarlierPeople`. */
  readonly earlierPeople: string;
  /** False: the history of `from` is longer than was read. */
  readonly earlierWhole: boolean;
  /** Whether `from` is one of the commit's forebears; whether the two have one in common. */
  readonly descends: boolean;
  readonly related: boolean;
  readonly branches: readonly string[];
}

export interface CopyLimits {
  /** Of a file with all objects of a commit. */
  readonly exportBytes: number;
}

const maxManifestBytes = 1024 * 1024;
const maxAnswerBytes = 64 * 1024 * 1024;

/** Lists the remote's refs and fetches all of them. Throws SOURCE_UNREADABLE, SOURCE_INVALID, SANDBOX_*, BASE_UNAVAILABLE. */
export async function withCopy<T>(
  git: GitAccess,
  remote: GitRemote,
  limits: CopyLimits,
  signal: AbortSignal | undefined,
  work: (copy: GitCopy) => Promise<T>,
): Promise<T> {
  const folder = await git.open(remote, signal);
  try {
    await run(folder, { script: scripts.listRefs, args: [folder.url], remote: true });
    const refs = readRemoteRefs(await textOf(folder, 'refs'));
    if (refs.branches.size + refs.tags.size === 0)
      throw new AssayError(
        'SOURCE_UNREADABLE',
        'the repository has no branches and no tags, or cannot be read',
      );
    await run(folder, { script: scripts.fetchAll, args: [folder.url], remote: true });
    return await work(copyOf(folder, refs, limits));
  } finally {
    await folder.remove();
  }
}

function copyOf(folder: GitFolder, refs: RemoteRefs, limits: CopyLimits): GitCopy {
  async function objects<T>(
    of: { readonly names: readonly string[] } | { readonly commit: string },
    maxBytes: number,
    work: (reader: BatchReader) => Promise<T>,
  ): Promise<T> {
    if ('commit' in of) {
      await run(folder, { script: scripts.exportCommit, args: [commitName(of.commit)], remote: false });
    } else {
      await ask(folder, of.names);
      await run(folder, { script: scripts.readObjects, args: [], remote: false });
    }
    const { file, sizeBytes } = await openOutput(folder.path, 'objects', maxBytes);
    try {
      return await work(batchReader(file, sizeBytes));
    } finally {
      await file.close();
    }
  }

  return {
    refs,
    bring: async (commits) => {
      const args = [folder.url, ...commits.map(commitName)];
      if (commits.length > 0) await run(folder, { script: scripts.fetchCommits, args, remote: true });
    },
    commit: (commit) =>
      objects({ names: [commitName(commit)] }, maxAnswerBytes, async (reader) => {
        const read = await reader.next(maxManifestBytes);
        return typeof read !== 'object' || read.kind !== 'commit' || read.name !== commit
          ? undefined
          : readCommit(read.bytes);
      }),
    refsReaching: async (commit) => {
      const args = [refs.defaultBranch ?? '', commitName(commit)];
      await run(folder, { script: scripts.refsWith, args, remote: false });
      const lines = (await textOf(folder, 'reach')).split('\n');
      return [...new Set(lines)].filter((line) => line.startsWith('refs/'));
    },
    manifests: async (commit) => {
      await run(folder, { script: scripts.listManifests, args: [commitName(commit)], remote: false });
      const paths = (await textOf(folder, 'manifests')).split('\0');
      return paths.filter((path) => path !== '' && isFolderPath(path) && path.endsWith('package.json'));
    },
    files: async (places) => {
      if (places.length === 0) return [];
      const names = places.map(({ commit, path }) => {
        if (!isFolderPath(path)) throw new AssayError('SOURCE_INVALID', 'a path in it cannot be asked for');
        return `${commitName(commit)}:${path}`;
      });
      return objects({ names }, maxAnswerBytes, async (reader) => {
        const found: (Uint8Array | undefined)[] = [];
        for (const _ of places) {
          const read = await reader.next(maxManifestBytes);
          found.push(typeof read === 'object' && read.kind === 'blob' ? read.bytes : undefined);
        }
        return found;
      });
    },
    commitsOf: async (path) => {
      if (!isFolderPath(path) || path === '') return [];
      await run(folder, { script: scripts.commitsOf, args: [path], remote: false });
      return (await textOf(folder, 'commits')).split('\n').filter(isObjectName);
    },
    between: async (tip, commit) => {
      const args = [commitName(tip), commitName(commit)];
      await run(folder, { script: scripts.commitsBetween, args, remote: false });
      return textOf(folder, 'between');
    },
    since: async (from, commit, branches) => {
      const args = [
        commitName(from),
        commitName(commit),
        ...branches.filter((one) => refs.branches.has(one)),
      ];
      await run(folder, { script: scripts.commitsSince, args, remote: false });
      const text = (name: string): Promise<string> => textOf(folder, name);
      const related = (await text('related')).split('\n');
      return {
        commits: (await text('since')).split('\n').filter(isObjectName),
        total: countIn(await text('count')),
        touched: await text('touched'),
        earlierPeople: await text('people'),
        earlierWhole: countIn(await text('earlier-count')) <= scripts.earlierShown,
        descends: related.includes('descends'),
        related: related.includes('related'),
        branches: (await text('has')).split('\n').filter((one) => refs.branches.has(one)),
      };
    },
    archive: async (path) => {
      const to = join(folder.path, 'archive');
      await rm(to, { recursive: true, force: true });
      await copyFile(path, to, constants.COPYFILE_EXCL);
      await chmod(to, 0o644);
      await run(folder, { script: scripts.listArchive, args: [], remote: false });
      const [hashes, executables, links] = [
        await textOf(folder, 'hashes'),
        await textOf(folder, 'executables'),
        await textOf(folder, 'links'),
      ];
      return readMembers(hashes, executables, links);
    },
    objects: (of, work) => objects(of, 'commit' in of ? limits.exportBytes : maxAnswerBytes, work),
  };
}

/** The folder is the run's to write: a link that it left where the list belongs must not lead this process anywhere. */
async function ask(folder: GitFolder, names: readonly string[]): Promise<void> {
  const path = join(folder.path, 'asked');
  await rm(path, { recursive: true, force: true });
  await writeFile(path, names.map((name) => `${name}\n`).join(''), { flag: 'wx', mode: 0o644 });
}

function commitName(commit: string): string {
  if (!isObjectName(commit)) throw new AssayError('SOURCE_INVALID', 'that is no name of a commit');
  return commit;
}

/** What is no number is as much as can be: nothing is taken for whole then. */
function countIn(text: string): number {
  return /^\d{1,15}\n?$/.test(text) ? Number(text) : Number.MAX_SAFE_INTEGER;
}

async function textOf(folder: GitFolder, name: string): Promise<string> {
  const bytes = await readOutput(folder.path, name, maxAnswerBytes);
  return bytes.toString('utf8').toWellFormed();
}

/** Throws SOURCE_UNREADABLE: git could not, or reached a limit. */
async function run(folder: GitFolder, step: GitStep): Promise<void> {
  const end = await folder.run(step);
  if (end.ended === 'exit' && end.exitCode === 0) return;
  throw new AssayError('SOURCE_UNREADABLE', `git ${wordsOf(end)}`);
}

const limitWords: Readonly<Record<Exclude<GitEnd['ended'], 'exit' | 'signal'>, string>> = {
  timeout: 'took too long',
  memory: 'took too much memory',
  disk: 'took too much of the disk',
  cancelled: 'was cancelled',
};

/** What git adds, whatever the cause was that ssh gave before it. */
const saysNothing =
  /^(?:fatal: Could not read from remote repository\.|Please make sure you have the correct access rights|and the repository exists\.)\s*$/;

function wordsOf({ ended, exitCode, output }: GitEnd): string {
  const said = output
    .toWellFormed()
    .split('\n')
    .filter((line) => line.trim() !== '' && !saysNothing.test(line))
    .at(-1)
    ?.slice(0, 300);
  if (ended === 'signal') return 'was killed';
  if (ended !== 'exit') return limitWords[ended];
  return `failed${exitCode === undefined ? '' : ` with ${exitCode}`}${said === undefined ? '' : `: ${said}`}`;
}
