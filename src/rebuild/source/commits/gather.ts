/** What came since the version before: git is asked in the sandbox, the forge outside of it. Start here. */
import type { CommitsListed, CommitsSince } from '../../../core/commits.ts';
import { isAssayError, messageOf } from '../../../core/errors.ts';
import type { SourceDeps } from '../deps.ts';
import type { GitCopy } from '../git/copy.ts';
import { lookAt } from '../look.ts';
import { isFolderPath } from '../repository-url.ts';
import { seenTags } from '../tags.ts';
import type { ReleaseFacts } from '../types.ts';
import { lineageOf } from './lineage.ts';
import { readEarlierPeople, readPeople, type EarlierPeople } from './people.ts';
import { isByNewcomer, reportOf, type LookedAt, type SensitiveTouch } from './report.ts';
import { askReviews, type ReviewsTold } from './reviews.ts';
import { filesRunAtInstall, isManifest, isRunAtInstall, scriptsChanged, sensitivePath } from './sensitive.ts';
import { readTouched, type Touched } from './touched.ts';
import { sameButVersion, toCompare } from './version-only.ts';

/** The version to compare with. */
export interface EarlierSource {
  readonly version: string;
  readonly admitted: boolean;
  /** Where its source was found; undefined: it was not looked for here, and its tag may tell. */
  readonly found:
    | {
        readonly repository: string;
        readonly commit: string;
        /** Branches that led to it then; undefined: nobody wrote that down. */
        readonly branches: readonly string[] | undefined;
      }
    | undefined;
}

export interface SinceRequest {
  readonly release: ReleaseFacts;
  /** URL of the repository, and whether a forge may be asked about it. */
  readonly repository: string;
  readonly isWeb: boolean;
  readonly commit: string;
  /** Of the package in it. */
  readonly directory: string;
  readonly earlier: EarlierSource;
}

type Deps = Pick<SourceDeps, 'tags' | 'forge'>;

const maxCommitBytes = 1024 * 1024;
/** Manifests whose scripts are compared, of newcomers' commits. */
const manifestsCompared = 400;
const manifestsOfOne = 10;

/** Throws SANDBOX_* and STORAGE_*; what git and the repository do is the answer. */
export async function commitsSince(deps: Deps, copy: GitCopy, request: SinceRequest): Promise<CommitsSince> {
  const { version } = request.earlier;
  try {
    return await list(deps, copy, request);
  } catch (error) {
    if (!isAssayError(error) || !error.code.startsWith('SOURCE_')) throw error;
    return notListed(version, messageOf(error).slice(0, 300).toWellFormed());
  }
}

function notListed(version: string, why: string): CommitsSince {
  return { schema: 1, state: 'not-listed', version, why };
}

async function list(deps: Deps, copy: GitCopy, request: SinceRequest): Promise<CommitsSince> {
  const { earlier, commit, repository } = request;
  const { version, admitted, found } = earlier;
  const isHere = found !== undefined && found.repository.toLowerCase() === repository.toLowerCase();
  const from = isHere ? found.commit : await taggedCommit(deps, copy, request);
  if (from === undefined)
    return notListed(
      version,
      found === undefined
        ? 'its source was not looked for here, and no tag names it'
        : 'its source was found in another repository, and no tag of this one names it',
    );
  const since: CommitsListed['since'] = { version, commit: from, admitted, by: isHere ? 'built' : 'tag' };
  const nothing = {
    since,
    total: 0,
    commits: [],
    earlier: { ids: new Set<string>(), names: new Set<string>() },
    earlierWhole: true,
    sensitive: new Map(),
    touchedWhole: true,
    reviews: { kinds: new Map(), why: undefined },
  };
  if (from === commit) return reportOf({ ...nothing, lineage: { lineage: 'same', why: undefined } });
  if ((await copy.commit(from)) === undefined) await copy.bring([from]);
  if ((await copy.commit(from)) === undefined)
    return reportOf({ ...nothing, lineage: { lineage: 'rewritten', why: 'the repository has it no more' } });
  const then = isHere ? found.branches : undefined;
  const said = await copy.since(from, commit, then ?? []);
  const lineage = lineageOf({
    descends: said.descends,
    related: said.related,
    refs: [...new Set([...said.branches, ...(await copy.refsReaching(from))])],
    branchesThen: then,
    branchesThere: (then ?? []).filter((branch) => copy.refs.branches.has(branch)),
    defaultBranch: copy.refs.defaultBranch,
  });
  const commits = await lookedAt(copy, said.commits);
  const before = readEarlierPeople(said.earlierPeople);
  const touched = readTouched(said.touched);
  return reportOf({
    since,
    lineage,
    total: Math.max(said.total, commits.length),
    commits,
    earlier: before,
    earlierWhole: said.earlierWhole,
    ...(await sensitiveOf(copy, request, commits, before, touched)),
    reviews: await reviewsOf(deps, copy, request, commits, touched),
  });
}

/** As it was first seen: what a moved tag says now counts for nothing. */
async function taggedCommit(
  { tags }: Deps,
  copy: GitCopy,
  { release: { name }, repository, earlier: { version } }: SinceRequest,
): Promise<string | undefined> {
  for (const { name: tag, commit } of await seenTags(tags, copy, repository, { name, version })) {
    const at = { grade: 'tag', commit, ref: `refs/tags/${tag}` } as const;
    const { holds } = await lookAt(copy, { name, version, directory: undefined }, at);
    if (holds) return commit;
  }
  return undefined;
}

async function lookedAt(copy: GitCopy, names: readonly string[]): Promise<readonly LookedAt[]> {
  if (names.length === 0) return [];
  return copy.objects({ names }, async (reader) => {
    const found: LookedAt[] = [];
    for (const name of names) {
      const read = await reader.next(maxCommitBytes);
      const isIt = typeof read === 'object' && read.kind === 'commit' && read.name === name;
      found.push({ name, people: isIt ? readPeople(read.bytes) : undefined });
    }
    return found;
  });
}

/** Of commits by people who are new: all others may change what they always could. */
async function sensitiveOf(
  copy: GitCopy,
  { commit: release, directory }: SinceRequest,
  commits: readonly LookedAt[],
  earlier: EarlierPeople,
  touched: Touched,
): Promise<Pick<Parameters<typeof reportOf>[0], 'sensitive' | 'touchedWhole'>> {
  const theirs = commits.filter((one) => isByNewcomer(one, earlier));
  if (theirs.length === 0) return { sensitive: new Map(), touchedWhole: true };
  const manifests = theirs.flatMap(({ name, people }) =>
    (touched.byCommit.get(name) ?? [])
      .filter(isManifest)
      .map((path) => ({ commit: name, parent: people?.parents[0], path })),
  );
  // A path that cannot be asked for is a manifest that nobody compared.
  const compared = manifests.filter(({ path }) => isFolderPath(path)).slice(0, manifestsCompared);
  const places = compared.flatMap(({ commit, parent, path }) => [
    { commit, path },
    // A first commit has nothing before it.
    ...(parent === undefined ? [] : [{ commit: parent, path }]),
  ]);
  const manifest = directory === '' ? 'package.json' : `${directory}/package.json`;
  const [own, ...texts] = await copy.files([{ commit: release, path: manifest }, ...places]);
  const named = filesRunAtInstall(own);
  const found = new Map<string, SensitiveTouch[]>();
  const add = (commit: string, touch: SensitiveTouch): void =>
    void found.set(commit, [...(found.get(commit) ?? []), touch]);
  for (const { name } of theirs)
    for (const path of touched.byCommit.get(name) ?? []) {
      const kind = isRunAtInstall(path, directory, named) ? 'install' : sensitivePath(path);
      if (kind !== undefined) add(name, { kind, what: path });
    }
  let at = 0;
  for (const { commit, parent, path } of compared) {
    const after = texts[at];
    const before = parent === undefined ? undefined : texts[at + 1];
    at += parent === undefined ? 1 : 2;
    for (const { kind, name } of scriptsChanged(before, after))
      add(commit, { kind, what: `${path}: ${name}` });
  }
  return { sensitive: found, touchedWhole: touched.whole && compared.length === manifests.length };
}

async function reviewsOf(
  { forge }: Deps,
  copy: GitCopy,
  { isWeb, repository }: SinceRequest,
  commits: readonly LookedAt[],
  touched: Touched,
): Promise<ReviewsTold | { readonly why: string }> {
  if (!isWeb) return { why: 'no forge is asked about it' };
  const names = commits.map(({ name }) => name);
  const { kinds, why } = await askReviews(forge, repository, names);
  const pushed = commits.filter(({ name }) => kinds.get(name) === 'direct');
  const releases = touched.whole ? await versionOnly(copy, pushed, touched) : [];
  return { kinds: new Map([...kinds, ...releases.map((name) => [name, 'version-only'] as const)]), why };
}

/** Which of them change a version and nothing else. */
async function versionOnly(
  copy: GitCopy,
  commits: readonly LookedAt[],
  { byCommit }: Touched,
): Promise<readonly string[]> {
  const likely = commits.flatMap(({ name, people }) => {
    const paths = toCompare(byCommit.get(name) ?? []);
    const [parent] = people?.parents ?? [];
    const isReadable = paths !== undefined && paths.length <= manifestsOfOne && paths.every(isFolderPath);
    return parent !== undefined && isReadable ? [{ name, parent, paths }] : [];
  });
  const places = likely.flatMap(({ name, parent, paths }) =>
    paths.flatMap((path) => [
      { commit: parent, path },
      { commit: name, path },
    ]),
  );
  const texts = await copy.files(places);
  let at = 0;
  return likely.flatMap(({ name, paths }) => {
    const same = paths.map((_, place) => sameButVersion(texts[at + 2 * place], texts[at + 2 * place + 1]));
    at += 2 * paths.length;
    return same.every(Boolean) ? [name] : [];
  });
}
