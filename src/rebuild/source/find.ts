/**
 * Finds the source of a version, grades the finding, and keeps the source by digest. Start here. Every place that was
 * looked at is told, and where two disagree, that too: the best finding is not made better by keeping quiet about others.
 */
import { commitsSentence } from '../../core/commits.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { NotBuiltCause, SourceGrade } from '../../core/rebuild.ts';
import { commitsSince, type EarlierSource } from './commits/gather.ts';
import type { SourceDeps } from './deps.ts';
import { withCopy, type CopyLimits, type GitCopy } from './git/copy.ts';
import { keepHistory } from './history.ts';
import { archiveIdentity, choose, confidenceOf, disagreementsOf, ownerOf, reachableOf } from './judge.ts';
import { firstCommitWith, lookAt, type Seen, type Wanted } from './look.ts';
import { besideArchive } from './beside-archive.ts';
import { defaultMirrorLimits, mirrorArchive, mirrorCommit, type MirrorLimits } from './mirror.ts';
import {
  repositoryOfOperator,
  repositoryOfPackage,
  repositoryOfUri,
  type Repository,
} from './repository-url.ts';
import { isObjectName } from './tag-names.ts';
import { movedTags, seenTags } from './tags.ts';
import type { MovedTag, NamedSource, ReleaseFacts, SourceSearch } from './types.ts';

export interface FindOptions {
  readonly signal?: AbortSignal;
  readonly limits?: Partial<CopyLimits & MirrorLimits>;
  /** A version before this one: what came since is told. */
  readonly earlier?: EarlierSource;
}

/** What is gathered on the way. */
interface Notes {
  readonly because: string[];
  readonly disagreements: string[];
  seen: readonly Seen[];
  moved: readonly MovedTag[];
}

const branchesKept = 10;

type NotFound = Extract<SourceSearch, { readonly state: 'not-found' }>['cause'];

/** Never throws for what a package, a repository, a host or the sandbox does. Throws STORAGE_*. */
export async function findSource(
  deps: SourceDeps,
  release: ReleaseFacts,
  options: FindOptions = {},
): Promise<SourceSearch> {
  const notes: Notes = { because: [], disagreements: [], seen: [], moved: [] };
  const repository = whereOf(release, notes);
  if (repository === undefined) {
    const message = 'The package names no repository that could be read as one.';
    notes.because.push(message);
    return fromArchives(deps, release, notes, { cause: 'no-source', message });
  }
  const wanted = { name: release.name, version: release.version, directory: repository.directory };
  return inRepository(deps, release, repository, wanted, notes, options, (copy) =>
    gather(deps, copy, release, repository, wanted, notes),
  );
}

/** The source that a recipe of the operator names: looked at alike, and `file:` and `ssh:` are allowed. */
export async function findNamedSource(
  deps: SourceDeps,
  release: ReleaseFacts,
  named: NamedSource,
  options: FindOptions = {},
): Promise<SourceSearch> {
  const notes: Notes = { because: ['The recipe names this source.'], disagreements: [], seen: [], moved: [] };
  if (named.kind === 'archive') {
    const offer = { ...named, because: 'The recipe gives its SHA-256.', keys: [] };
    const none = {
      cause: 'fetch-failed',
      message: 'The archive that the recipe names could not be had.',
    } as const;
    return fromArchives({ ...deps, archives: () => Promise.resolve([offer]) }, release, notes, none);
  }
  const repository = repositoryOfOperator(named.url);
  if (repository === undefined || !isObjectName(named.commit)) {
    const message = 'The recipe names no repository by https, ssh or file, or no full commit.';
    return notFound(notes, 'no-source', message);
  }
  const wanted = { name: release.name, version: release.version, directory: named.directory };
  return inRepository(deps, release, repository, wanted, notes, options, async (copy) => {
    await copy.bring([named.commit]);
    const tags = await seenTags(deps.tags, copy, repository.url, release);
    const tag = tags.find(({ commit }) => commit === named.commit);
    notes.moved = movedTags(tags);
    const ref = tag === undefined ? named.ref : `refs/tags/${tag.name}`;
    const seen = await lookAt(copy, wanted, {
      grade: tag === undefined ? 'git-head' : 'tag',
      commit: named.commit,
      ref,
    });
    // The recipe says where it lies, and somebody else reviews that.
    return [{ ...seen, likelier: undefined, message: `The recipe: ${seen.message}` }];
  });
}

// ---- where ----

function whereOf(release: ReleaseFacts, notes: Notes): Repository | undefined {
  const said = repositoryOfPackage(release.repository);
  const proved =
    release.provenance === undefined ? undefined : repositoryOfUri(release.provenance.repositoryUri);
  if (proved === undefined) return said;
  notes.because.push(`Verified provenance names the repository ${proved.url}.`);
  if (said === undefined) return proved;
  if (said.url.toLowerCase() !== proved.url.toLowerCase())
    notes.disagreements.push(`The package names the repository ${said.url}, its provenance ${proved.url}.`);
  return { ...proved, directory: said.directory };
}

/** Looks at each candidate in its order. Throws SOURCE_*, SANDBOX_*, STORAGE_*. */
async function gather(
  deps: SourceDeps,
  copy: GitCopy,
  release: ReleaseFacts,
  repository: Repository,
  wanted: Wanted,
  notes: Notes,
): Promise<readonly Seen[]> {
  const { provenance, gitHead } = release;
  const tags = await seenTags(deps.tags, copy, repository.url, release);
  notes.moved = movedTags(tags);
  const named: { grade: SourceGrade; commit: string; ref: string | undefined }[] = [];
  if (provenance !== undefined && isObjectName(provenance.commit))
    named.push({ grade: 'provenance', commit: provenance.commit, ref: provenance.ref });
  if (isObjectName(gitHead)) named.push({ grade: 'git-head', commit: gitHead, ref: undefined });
  else if (gitHead !== undefined) notes.because.push('gitHead names no full commit.');
  for (const { name, commit } of tags) named.push({ grade: 'tag', commit, ref: `refs/tags/${name}` });
  if (named.length === 0)
    notes.because.push('No provenance, no gitHead and no tag of this version name a commit.');
  await copy.bring(named.map(({ commit }) => commit));
  const seen: Seen[] = [];
  for (const one of named) seen.push(await lookAt(copy, wanted, one));
  if (choose(seen) !== undefined) return seen;
  const first = await firstCommitWith(copy, wanted);
  if (first === undefined)
    notes.because.push('No commit of its branches has this version in its package.json.');
  return first === undefined
    ? seen
    : [...seen, await lookAt(copy, wanted, { grade: 'first-commit', commit: first, ref: undefined })];
}

// ---- in a repository ----

async function inRepository(
  deps: SourceDeps,
  release: ReleaseFacts,
  repository: Repository,
  wanted: Wanted,
  notes: Notes,
  options: FindOptions,
  look: (copy: GitCopy) => Promise<readonly Seen[]>,
): Promise<SourceSearch> {
  const { git } = deps;
  if (git === undefined) {
    const message = 'There is no sandbox on this machine, and git is run nowhere else.';
    notes.because.push(message);
    return fromArchives(deps, release, notes, { cause: 'sandbox', message });
  }
  const limits = { ...defaultMirrorLimits, exportBytes: 3 * 1024 ** 3, ...options.limits };
  try {
    return await withCopy(git, repository.remote, limits, options.signal, async (copy) => {
      if (copy.refs.unread > 0)
        notes.because.push(`${copy.refs.unread} lines of its list of refs could not be read.`);
      notes.seen = await look(copy);
      notes.because.push(...notes.seen.map(({ message }) => message));
      notes.disagreements.push(...disagreementsOf(notes.seen, notes.moved));
      const chosen = choose(notes.seen);
      if (chosen !== undefined)
        return found(deps, copy, release, repository, wanted, chosen, notes, limits, options.earlier);
      const message = `No commit of ${repository.url} was found that holds ${release.name} ${release.version}.`;
      return fromArchives(deps, release, notes, { cause: 'no-commit', message });
    });
  } catch (error) {
    const failed = failureOf(error, options.signal);
    notes.because.push(`${repository.url}: ${failed.message}`);
    return fromArchives(deps, release, notes, failed);
  }
}

async function found(
  deps: SourceDeps,
  copy: GitCopy,
  release: ReleaseFacts,
  repository: Repository,
  wanted: Wanted,
  chosen: Seen,
  notes: Notes,
  limits: MirrorLimits,
  earlier: EarlierSource | undefined,
): Promise<SourceSearch> {
  const { provenance } = release;
  const { url } = repository;
  const { commit, ref, grade, directory = '' } = chosen;
  const isWeb = repository.remote.kind === 'https';
  const unasked = { state: 'not-checked', why: 'no forge is asked about it' } as const;
  const [owner, reach] = isWeb
    ? await Promise.all([deps.forge.repository(url), deps.forge.commit(url, commit)])
    : [unasked, unasked];
  const same = provenance !== undefined && repositoryOfUri(provenance.repositoryUri)?.url === url;
  const { repositoryId, ownerId, disagreements } = ownerOf(owner, same ? provenance : undefined);
  notes.disagreements.push(...disagreements);
  if (wanted.directory !== undefined && wanted.directory !== directory)
    notes.disagreements.push(
      `The package says that it lies in ${JSON.stringify(wanted.directory)}; it lies in ${JSON.stringify(directory)}.`,
    );
  const { reachable, because } = reachableOf(chosen.refs, copy.refs.defaultBranch, notes.moved, reach);
  notes.because.push(because);
  const since = { release, repository: url, isWeb, commit, directory };
  const commits = earlier === undefined ? undefined : await commitsSince(deps, copy, { ...since, earlier });
  if (commits !== undefined) notes.because.push(commitsSentence(commits));
  const uri = `git+${url}@${commit}`;
  const { mirror: kept, members } = await mirrorCommit(copy, deps.blobs, { commit, uri }, limits);
  await besideArchive(deps, copy, release, members, directory, notes);
  const history = await historyOf(deps, copy, chosen, notes);
  for (const path of kept.submodules.slice(0, 20))
    notes.because.push(`Submodule ${JSON.stringify(path)} was left empty.`);
  if (kept.pointers.length > 0)
    notes.because.push(
      `${kept.pointers.length} files are pointers of Git LFS; their content was not fetched.`,
    );
  return {
    state: 'found',
    ...told(notes),
    mirror: { ...kept, history },
    found: {
      source: { kind: 'git', url, commit, ref, directory },
      identity: { repository: url, repositoryId, ownerId, keys: [] },
      grade,
      confidence: confidenceOf(chosen, notes.seen, notes.disagreements, notes.moved, reachable),
      reachable,
      because: [...notes.because],
      disagreements: [...notes.disagreements],
      branches: branchesFirst(chosen.refs, copy.refs.defaultBranch),
      ...(commits === undefined ? {} : { commits }),
    },
  };
}

function branchesFirst(refs: readonly string[], defaultBranch: string | undefined): readonly string[] {
  const branches = refs.filter((ref) => ref.startsWith('refs/heads/'));
  return [
    ...branches.filter((ref) => ref === defaultBranch),
    ...branches.filter((ref) => ref !== defaultBranch),
  ].slice(0, branchesKept);
}

/** From the release's own tag where that leads to it, else the default branch, else any. */
async function historyOf(deps: SourceDeps, copy: GitCopy, chosen: Seen, notes: Notes) {
  const moved = new Set(notes.moved.map(({ tag }) => `refs/tags/${tag}`));
  const refs = [
    ...(chosen.ref === undefined ? [] : [chosen.ref]),
    copy.refs.defaultBranch ?? '',
    ...chosen.refs,
  ];
  const by = refs.find((ref) => chosen.refs.includes(ref) && !moved.has(ref));
  const tip =
    by === undefined
      ? undefined
      : (copy.refs.branches.get(by) ?? copy.refs.tags.get(by.replace('refs/tags/', '')));
  if (by === undefined || tip === undefined) return undefined;
  const history = await keepHistory(copy, deps.blobs, tip, chosen.commit);
  notes.because.push(
    history === undefined
      ? `The way from ${by} to the commit is too long to be kept.`
      : `The way from ${by} (${tip}) to the commit is kept.`,
  );
  return history;
}

// ---- archives, and nothing ----

async function fromArchives(
  deps: SourceDeps,
  release: ReleaseFacts,
  notes: Notes,
  otherwise: { readonly cause: NotFound; readonly message: string },
): Promise<SourceSearch> {
  if (otherwise.cause === 'cancelled') return notFound(notes, otherwise.cause, otherwise.message);
  for (const { url, sha256, directory, because, keys } of await deps.archives(release)) {
    try {
      const mirror = await mirrorArchive(deps, { url, sha256 });
      notes.because.push(because, 'Whether a branch or tag leads to an archive cannot be told.');
      const repository = archiveIdentity(url, release.version);
      return {
        state: 'found',
        ...told(notes),
        mirror,
        found: {
          source: { kind: 'archive', url, sha256, directory },
          identity: { repository, repositoryId: undefined, ownerId: undefined, keys: [...keys].sort() },
          grade: 'archive',
          confidence: notes.disagreements.length === 0 ? 'medium' : 'low',
          reachable: 'not-available',
          because: [...notes.because],
          disagreements: [...notes.disagreements],
        },
      };
    } catch (error) {
      if (isStorageError(error)) throw error;
      notes.because.push(`An archive was offered and could not be had: ${messageOf(error)}`);
    }
  }
  return notFound(notes, otherwise.cause, otherwise.message);
}

function notFound(notes: Notes, cause: NotFound, message: string): SourceSearch {
  return { state: 'not-found', ...told(notes), cause, message };
}

function told({
  seen,
  because,
  disagreements,
  moved,
}: Notes): Pick<SourceSearch, 'candidates' | 'because' | 'disagreements' | 'movedTags'> {
  const candidates = seen.map(({ grade, commit, ref, holds, directory, message }) => ({
    grade,
    commit,
    ref,
    holds,
    directory,
    message,
  }));
  return { candidates, because: [...because], disagreements: [...disagreements], movedTags: moved };
}

function failureOf(
  error: unknown,
  signal: AbortSignal | undefined,
): { readonly cause: NotFound & NotBuiltCause; readonly message: string } {
  if (signal?.aborted === true) return { cause: 'cancelled', message: 'cancelled' };
  if (!isAssayError(error) || isStorageError(error)) throw error;
  const isSandbox = error.code.startsWith('SANDBOX_') || error.code === 'BASE_UNAVAILABLE';
  return { cause: isSandbox ? 'sandbox' : 'fetch-failed', message: messageOf(error) };
}

function isStorageError(error: unknown): boolean {
  return isAssayError(error) && error.code.startsWith('STORAGE_');
}
