/** Whether what was built before is still part of the history, and if not, whether that is another line of versions. */
import type { CommitLineage } from '../../../core/commits.ts';

export interface LineageFacts {
  /** The earlier commit is a forebear. */
  readonly descends: boolean;
  /** The two have a forebear in common. */
  readonly related: boolean;
  /** Branches and tags that lead to the earlier commit now. */
  readonly refs: readonly string[];
  /** Branches that led to it when it was found; undefined: nobody wrote that down. */
  readonly branchesThen: readonly string[] | undefined;
  /** Those of them that are still there. */
  readonly branchesThere: readonly string[];
  readonly defaultBranch: string | undefined;
}

/** A branch that is gone was deleted, as those of old lines are; one that is there and lost the commit was moved. */
export function lineageOf(facts: LineageFacts): {
  readonly lineage: CommitLineage;
  readonly why: string | undefined;
} {
  const { descends, related, refs, branchesThen, branchesThere, defaultBranch } = facts;
  if (descends) return { lineage: 'descends', why: undefined };
  const rewritten = (why: string) => ({ lineage: 'rewritten', why }) as const;
  if (refs.length === 0) return rewritten('no branch and no tag leads to it any more');
  const lost = branchesThere.filter((branch) => !refs.includes(branch));
  // Side branches are moved every day; the default one is not, whatever else still has the commit.
  const moved = lost.find((branch) => branch === defaultBranch || lost.length === branchesThere.length);
  if (moved !== undefined) return rewritten(`the branch ${nameOf(moved)} led to it, and was moved`);
  if (refs.some((ref) => ref.startsWith('refs/heads/'))) return { lineage: 'other-line', why: undefined };
  if (!related) return rewritten('only a tag leads to it, and the two have no commit in common');
  // Some projects tag commits that never are on a branch: those of the version before were seen not to be.
  if (branchesThen?.length === 0) return { lineage: 'other-line', why: undefined };
  return { lineage: 'off-branch', why: 'only a tag leads to it' };
}

function nameOf(branch: string): string {
  return JSON.stringify(
    branch
      .replace(/^refs\/heads\//, '')
      .slice(0, 100)
      .toWellFormed(),
  );
}
