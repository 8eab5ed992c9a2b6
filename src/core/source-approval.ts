/** What a person said of whose source a package is built from. First sight, or a changed identity, counts only after that. */
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

/** A tag of a repository as it was seen, beside the commit it was first seen at. */
export interface TagSight {
  readonly tag: string;
  readonly commit: string;
  readonly firstCommit: string;
  /** RFC 3339 UTC. */
  readonly firstAt: string;
}
