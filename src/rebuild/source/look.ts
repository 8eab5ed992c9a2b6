/** Looking at one commit: does it hold the package at that version, and from which refs is it reached? */
import type { SourceGrade } from '../../core/rebuild.ts';
import type { GitCopy } from './git/copy.ts';
import { folderOf, isVersion, manifestOrder, readManifestName, type ManifestName } from './package-folder.ts';
import type { Candidate } from './types.ts';

export interface Wanted {
  readonly name: string;
  readonly version: string;
  /** Where the package says it lies. */
  readonly directory: string | undefined;
}

export interface Seen extends Candidate {
  readonly commit: string;
  /** Full names; empty: no branch and no tag leads to it. */
  readonly refs: readonly string[];
  /** Another folder that the package of this name is likelier to lie in; undefined: none. */
  readonly likelier?: string | undefined;
}

/** More `package.json` files than are read, where none of the likely ones is the package's. */
const manifestsRead = 300;
const short = (commit: string): string => commit.slice(0, 12);

/** Throws SOURCE_*, SANDBOX_*. */
export async function lookAt(
  copy: GitCopy,
  wanted: Wanted,
  at: { readonly grade: SourceGrade; readonly commit: string; readonly ref: string | undefined },
): Promise<Seen> {
  const { commit } = at;
  const named = `${nameOf(at.grade, at.ref)} ${short(commit)}`;
  const seen = { ...at, holds: false, directory: undefined, refs: [] };
  if ((await copy.commit(commit)) === undefined)
    return { ...seen, message: `${named}: the repository does not have this commit.` };
  const refs = await copy.refsReaching(commit);
  const held = await holding(copy, wanted, commit);
  if (held.directory === undefined) return { ...seen, refs, message: `${named}: ${held.why}` };
  const { directory, likelier } = held;
  const where = directory === '' ? 'at its top' : `in ${JSON.stringify(directory)}`;
  const reach =
    refs.length === 0 ? 'no branch and no tag leads to it' : `reached from ${refs.slice(0, 3).join(', ')}`;
  return {
    ...seen,
    refs,
    holds: true,
    directory,
    likelier,
    message: `${named}: holds ${wanted.name} ${wanted.version} ${where}; ${reach}.`,
  };
}

const gradeNames: Readonly<Record<SourceGrade, string>> = {
  provenance: 'Verified provenance names commit',
  'git-head': 'gitHead names commit',
  tag: 'Tag',
  'first-commit': 'First commit with this version:',
  archive: 'Archive',
  'debian-source': 'Debian source',
};

function nameOf(grade: SourceGrade, ref: string | undefined): string {
  if (grade !== 'tag') return gradeNames[grade];
  return `Tag ${JSON.stringify(ref?.replace(/^refs\/tags\//, '') ?? '')} at commit`;
}

async function holding(
  copy: GitCopy,
  { name, version, directory }: Wanted,
  commit: string,
): Promise<
  | { readonly directory: string; readonly likelier: string | undefined }
  | { readonly directory: undefined; readonly why: string }
> {
  const paths = manifestOrder(name, directory, await copy.manifests(commit), manifestsRead);
  const files = await copy.files(paths.map((path) => ({ commit, path })));
  const named = paths.flatMap((path, place) => {
    const bytes = files[place];
    const manifest = bytes === undefined ? undefined : readManifestName(bytes);
    return manifest?.name === name ? [{ path, manifest }] : [];
  });
  const other: string[] = [];
  for (const { path, manifest } of named) {
    if (isVersion(manifest.version, version))
      return { directory: folderOf(path), likelier: likelierThan(path, name, named) };
    other.push(JSON.stringify((manifest.version ?? 'none').slice(0, 100)));
  }
  const why =
    other.length > 0
      ? `it holds ${name}, but at version ${[...new Set(other)].slice(0, 3).join(', ')}.`
      : `none of its ${paths.length} package.json files that were read is ${name}'s.`;
  return { directory: undefined, why };
}

/**
 * Whoever publishes says where the package lies: a folder of test data that has its name must not pass for it. So the place is
 * compared with the one where it would be found if nobody said anything.
 */
function likelierThan(
  chosen: string,
  name: string,
  named: readonly { readonly path: string; readonly manifest: ManifestName }[],
): string | undefined {
  const own = named.filter(({ manifest }) => !manifest.isPrivate && manifest.version !== undefined);
  const paths = own.map(({ path }) => path);
  const [first] = manifestOrder(name, undefined, paths, 1);
  return first === undefined || first === chosen ? undefined : folderOf(first);
}

/**
 * The first commit of any branch whose `package.json` has the version. Where nobody tagged or told, the release may have
 * been made from a later one.
 */
export async function firstCommitWith(copy: GitCopy, wanted: Wanted): Promise<string | undefined> {
  const { name, version, directory } = wanted;
  const { defaultBranch, branches } = copy.refs;
  const tip = branches.get(defaultBranch ?? '') ?? [...branches.values()][0];
  if (tip === undefined) return undefined;
  for (const path of await foldersNow(copy, tip, name, directory)) {
    const commits = (await copy.commitsOf(path)).toReversed();
    const files = await copy.files(commits.map((commit) => ({ commit, path })));
    const at = files.findIndex((bytes) => {
      const manifest = bytes === undefined ? undefined : readManifestName(bytes);
      return manifest?.name === name && isVersion(manifest.version, version);
    });
    const found = commits[at];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the package lies at the tip of the default branch; at most three places. */
async function foldersNow(
  copy: GitCopy,
  tip: string,
  name: string,
  directory: string | undefined,
): Promise<readonly string[]> {
  const paths = manifestOrder(name, directory, await copy.manifests(tip), manifestsRead);
  const files = await copy.files(paths.map((path) => ({ commit: tip, path })));
  return paths
    .filter((_, place) => {
      const bytes = files[place];
      return bytes !== undefined && readManifestName(bytes)?.name === name;
    })
    .slice(0, 3);
}
