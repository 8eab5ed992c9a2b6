/** Which of several findings is the source, how sure that is, and what speaks against it. Pure. */
import type { NotChecked, CommitAnswer, RepositoryAnswer } from '../../core/forge.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import type { Seen } from './look.ts';
import type { MovedTag, ProvenanceFacts } from './types.ts';

type Confidence = FoundSource['confidence'];
type Reachable = FoundSource['reachable'];

/** The best in the order of the issue: of those that hold the version, `gitHead` only where a branch or tag leads to it. */
export function choose(seen: readonly Seen[]): Seen | undefined {
  const fit = seen.filter(({ holds, grade, refs }) => holds && (grade !== 'git-head' || refs.length > 0));
  const order = ['provenance', 'git-head', 'tag', 'first-commit'] as const;
  return order.flatMap((grade) => fit.filter((one) => one.grade === grade))[0];
}

/** Sentences: where the findings name different commits, and tags that were moved. */
export function disagreementsOf(seen: readonly Seen[], moved: readonly MovedTag[]): readonly string[] {
  const found: string[] = [];
  const [best] = seen;
  for (const one of seen.slice(1)) {
    if (best !== undefined && one.commit !== best.commit)
      found.push(`${wordOf(best)} and ${wordOf(one)} name different commits.`);
  }
  for (const { grade, holds, refs, commit } of seen) {
    if (grade === 'git-head' && holds && refs.length === 0)
      found.push(`gitHead ${commit.slice(0, 12)} is reached from no branch and no tag.`);
    if (grade === 'provenance' && holds && refs.length === 0)
      found.push(
        `The commit that provenance names (${commit.slice(0, 12)}) is reached from no branch and no tag of the repository.`,
      );
    if ((grade === 'provenance' || grade === 'git-head') && !holds)
      found.push(`The commit that ${wordOf({ grade, commit })} does not hold this version.`);
  }
  for (const { holds, directory, likelier } of seen) {
    if (holds && likelier !== undefined)
      found.push(
        `A package of this name lies in ${folderWords(likelier)} too, where it is likelier to be than in ${folderWords(directory ?? '')}.`,
      );
  }
  for (const { tag, firstCommit, firstSeenAt, commit } of moved)
    found.push(
      `Tag ${JSON.stringify(tag)} was moved: at ${firstSeenAt} it was ${firstCommit.slice(0, 12)}, now it is ${commit.slice(0, 12)}.`,
    );
  return [...new Set(found)];
}

function folderWords(directory: string): string {
  return directory === '' ? 'the top folder' : JSON.stringify(directory.slice(0, 200).toWellFormed());
}

function wordOf({
  grade,
  commit,
  ref,
}: Pick<Seen, 'grade' | 'commit'> & { readonly ref?: string | undefined }): string {
  const at = commit.slice(0, 12);
  if (grade === 'provenance') return `provenance (${at})`;
  if (grade === 'git-head') return `gitHead (${at})`;
  return `tag ${JSON.stringify(ref?.replace(/^refs\/tags\//, '') ?? '')} (${at})`;
}

const lower: Readonly<Record<Confidence, Confidence>> = { high: 'medium', medium: 'low', low: 'low' };

/**
 * `high`: verified provenance, or `gitHead` and a tag that agree. `medium`: one of these alone. `low`: a search of the log,
 * a moved tag, a commit nothing leads to, a folder that is not the likeliest one. Whatever disagrees takes one step.
 */
export function confidenceOf(
  chosen: Seen,
  seen: readonly Seen[],
  disagreements: readonly string[],
  moved: readonly MovedTag[],
  reachable: Reachable,
): Confidence {
  if (chosen.grade === 'first-commit' || moved.length > 0 || reachable === 'no') return 'low';
  if (chosen.likelier !== undefined) return 'low';
  const agrees = seen.some((one) => one.grade !== chosen.grade && one.commit === chosen.commit && one.holds);
  const own: Confidence = chosen.grade === 'provenance' || agrees ? 'high' : 'medium';
  return disagreements.length === 0 ? own : lower[own];
}

/**
 * Whether a protected branch or a release tag leads to it. Git alone tells of the default branch and of tags; of other
 * branches nobody knows who may push, unless the forge says. A tag that was moved leads nowhere.
 */
export function reachableOf(
  refs: readonly string[],
  defaultBranch: string | undefined,
  moved: readonly MovedTag[],
  forge: CommitAnswer | NotChecked,
): { readonly reachable: Reachable; readonly because: string } {
  const movedNames = new Set(moved.map(({ tag }) => `refs/tags/${tag}`));
  const still = refs.filter((ref) => !movedNames.has(ref));
  if (forge.state === 'known' && (forge.reachable === 'no' || !forge.exists))
    return {
      reachable: 'no',
      because: 'The forge says that no protected branch and no tag leads to the commit.',
    };
  const main = defaultBranch !== undefined && still.includes(defaultBranch) ? defaultBranch : undefined;
  const by = main ?? still.find((ref) => ref.startsWith('refs/tags/'));
  if (by !== undefined) return { reachable: 'yes', because: `The commit is reached from ${by}.` };
  if (forge.state === 'known' && forge.reachable === 'yes' && still.length > 0)
    return { reachable: 'yes', because: 'The forge says that a protected branch leads to the commit.' };
  if (still.length === 0)
    return { reachable: 'no', because: 'No branch and no tag that stayed where it was leads to the commit.' };
  return {
    reachable: 'not-checked',
    because: `The commit is reached from ${still[0] ?? ''} alone, and nobody told whether that branch is protected.`,
  };
}

/** Ids of the forge where it tells them, else of verified provenance about the same repository; and what is odd. */
export function ownerOf(
  answer: RepositoryAnswer | NotChecked,
  provenance: ProvenanceFacts | undefined,
): {
  readonly repositoryId: string | undefined;
  readonly ownerId: string | undefined;
  readonly disagreements: readonly string[];
} {
  const known = answer.state === 'known' ? answer : undefined;
  const repositoryId = known?.id ?? provenance?.repositoryId;
  const ownerId = known?.ownerId ?? provenance?.ownerId;
  const disagreements: string[] = [];
  if (known?.forkOf !== undefined)
    disagreements.push(`The repository is a fork of ${known.forkOf.slice(0, 200).toWellFormed()}.`);
  const differs = (ours: string | undefined, theirs: string | undefined): boolean =>
    ours !== undefined && theirs !== undefined && ours !== theirs;
  if (differs(known?.id, provenance?.repositoryId))
    disagreements.push(
      'The repository of that name is another now than the one that provenance was made in.',
    );
  if (differs(known?.ownerId, provenance?.ownerId))
    disagreements.push('The repository has another owner now than when provenance was made.');
  return { repositoryId, ownerId, disagreements };
}

/**
 * Distributions make some of their upstream archives from what was published: built from that, the published file is compared
 * with itself. A package in git is what its commits say, whatever its folders are called.
 */
export function doubtPacked(found: FoundSource): FoundSource {
  if (found.source.kind !== 'archive') return found;
  const sentence =
    'The archive is made as npm packs what is published: it may be the published file itself, and not its source.';
  return { ...found, confidence: 'low', disagreements: [...found.disagreements, sentence] };
}

/**
 * An archive's URL with each mention of the version in its path left open: the same archive of the next version has the
 * same. What stands beside digits is no mention.
 */
export function archiveIdentity(url: string, version: string): string {
  const [, origin = '', path = ''] = /^([a-z]+:\/\/[^/]*)([^?#]*)/.exec(url) ?? ['', '', url];
  const forms = [version, version.replace(/[+~-].*$/s, '')].filter((form) => form !== '');
  const open = forms.reduce((text, form) => {
    const literal = form.replace(/[^A-Za-z0-9]/g, String.raw`\$&`);
    return text.replace(
      new RegExp(String.raw`(?<![0-9])(?<![0-9]\.)${literal}(?![0-9])(?!\.[0-9])`, 'g'),
      '{version}',
    );
  }, path);
  return `${origin}${open}`;
}
