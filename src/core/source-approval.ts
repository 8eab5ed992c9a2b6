/** What a person said of whose source a package is built from. First sight, or a changed identity, counts only after that. */
import type { Sha256 } from './digest.ts';
import type { Ecosystem } from './purl.ts';
import type { SourceIdentity } from './rebuild.ts';
import type { Principal } from './subject.ts';

export interface SourceApproval {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly action: 'approve' | 'revoke';
  readonly identity: SourceIdentity;
  readonly reason: string;
  readonly principal: Principal;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Of its ledger entry. */
  readonly eventId: string;
}

/** Somebody other than its author looked at what was corrected of a recipe: only then does it make anything Secure. */
export interface RecipeReview {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly action: 'approve' | 'revoke';
  /** `RecipeCorrection.digest`. */
  readonly correction: Sha256;
  readonly author: string;
  readonly reviewer: string;
  readonly reason: string;
  readonly principal: Principal;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Of its ledger entry. */
  readonly eventId: string;
}

/** A tag of a repository as it was seen, beside the commit it was first seen at. */
export interface TagSight {
  readonly tag: string;
  readonly commit: string;
  readonly firstCommit: string;
  /** RFC 3339 UTC. */
  readonly firstAt: string;
}
