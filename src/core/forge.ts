/**
 * What only the forge of a repository can tell. Every answer may be `not-checked`, and then nothing was learned: it is
 * never read as a good one. Texts are hostile.
 */
import type { ReviewKind } from './commits.ts';

export interface NotChecked {
  readonly state: 'not-checked';
  /** One sentence: no forge is configured for the host, it did not answer, it can't tell. */
  readonly why: string;
}

export interface CommitAnswer {
  readonly state: 'known';
  readonly exists: boolean;
  /** Reachable from the default branch, a protected branch or a tag; `unknown` where the forge can't tell. */
  readonly reachable: 'yes' | 'no' | 'unknown';
  /** RFC 3339 UTC. */
  readonly committedAt: string | undefined;
  readonly signature: 'verified' | 'unverified' | 'unknown';
}

export interface RunAnswer {
  readonly state: 'known';
  readonly exists: boolean;
  /** GitHub's words; `running` while it has none. */
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'other' | 'running';
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  readonly headCommit: string | undefined;
}

export interface TagAnswer {
  readonly state: 'known';
  /** Tag name to the commit it points at now, annotated tags peeled. Only those asked for that exist. */
  readonly commits: Readonly<Record<string, string>>;
  /** What a tag pointed at when it was first seen here, of those that were seen before; filled in by whoever remembers. */
  readonly firstSeen?: Readonly<Record<string, { readonly commit: string; readonly at: string }>>;
}

export interface RepositoryAnswer {
  readonly state: 'known';
  readonly exists: boolean;
  readonly id: string | undefined;
  readonly ownerId: string | undefined;
  /** URI of the repository it was forked from. */
  readonly forkOf: string | undefined;
}

/** How a commit came into the repository. */
export interface ReviewAnswer {
  readonly state: 'known';
  readonly exists: boolean;
  readonly kind: ReviewKind;
  /** Number of the merged request; undefined: none. */
  readonly request: string | undefined;
}

export interface Forge {
  readonly repository: (uri: string) => Promise<RepositoryAnswer | NotChecked>;
  readonly commit: (uri: string, commit: string) => Promise<CommitAnswer | NotChecked>;
  /** Who reviewed a commit, by the request it was merged with. */
  readonly review: (uri: string, commit: string) => Promise<ReviewAnswer | NotChecked>;
  /** `invocation`: the run's URI from the certificate (.21). */
  readonly run: (invocation: string) => Promise<RunAnswer | NotChecked>;
  readonly tags: (uri: string, names: readonly string[]) => Promise<TagAnswer | NotChecked>;
}

/** The four questions about one publication, answered: what evidence rests on. */
export interface ForgeAnswers {
  readonly repository: RepositoryAnswer | NotChecked;
  readonly commit: CommitAnswer | NotChecked;
  readonly run: RunAnswer | NotChecked;
  readonly tags: TagAnswer | NotChecked;
}
