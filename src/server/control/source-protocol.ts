/**
 * Routes of the control socket about the sources of packages (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /sources/find` | `sourceQuery` | `SourceFinding`; looks anew, and builds nothing |
 * | `POST /sources/approve` | `sourceApprove` | `SourceApproved` |
 * | `POST /sources/revoke` | `sourceRevoke` | `SourceRevoked` |
 * | `POST /sources/list` | `sourceList` | `SourceList` |
 */
import { sourceGrades } from '../../core/rebuild.ts';
import { z } from '../zod.ts';

const purl = z.string().min(1).max(1024);
const reason = z.string().trim().min(1).max(500);
const text = z.string().max(10_000);
const texts = z.array(text).max(5000);

export const sourceQuery = z.object({ purl });
export type SourceQuery = z.infer<typeof sourceQuery>;

export const sourceApprove = z.object({
  purl,
  /** The repository that the person means; another one that is found is not approved. */
  repository: text.optional(),
  reason,
});
export type SourceApprove = z.infer<typeof sourceApprove>;

/** Without a repository: all that were approved of the package. */
export const sourceRevoke = sourceApprove.extend({});
export type SourceRevoke = z.infer<typeof sourceRevoke>;

/** Without a package: what is in force of all. */
export const sourceList = z.object({ purl: purl.optional() });
export type SourceListed = z.infer<typeof sourceList>;

const identityShown = z.object({
  repository: text,
  repositoryId: text.optional(),
  ownerId: text.optional(),
  keys: texts,
});
export type IdentityShown = z.infer<typeof identityShown>;

/** `FoundSource` of core/rebuild.ts. */
const foundShown = z.object({
  source: z.string(),
  identity: identityShown,
  grade: z.enum(sourceGrades),
  confidence: z.enum(['high', 'medium', 'low']),
  reachable: z.enum(['yes', 'no', 'not-available', 'not-checked']),
  because: texts,
  disagreements: texts,
});
export type FoundShown = z.infer<typeof foundShown>;

export const sourceFinding = z.object({
  purl: text,
  /** Absent: none was found. */
  found: foundShown.optional(),
  /** SHA-256 of the archive that is kept. */
  archive: text.optional(),
  cause: text.optional(),
  message: text.optional(),
  because: texts,
  disagreements: texts,
  movedTags: z.array(z.object({ tag: text, firstCommit: text, firstSeenAt: text, commit: text })).max(1000),
  /** Whether a person approved exactly this identity. */
  approved: z.boolean(),
});
export type SourceFinding = z.infer<typeof sourceFinding>;

const approvalShown = z.object({
  package: text,
  action: z.enum(['approve', 'revoke']),
  identity: identityShown,
  reason: text,
  principal: z.object({ kind: text, name: text }),
  at: text,
  eventId: text,
});
export type ApprovalShown = z.infer<typeof approvalShown>;

export const sourceApproved = z.object({
  approval: approvalShown,
  /** False: it was approved already. */
  recorded: z.boolean(),
  /** What was approved, as it was found; absent where it comes from an earlier build. */
  found: foundShown,
});
export type SourceApproved = z.infer<typeof sourceApproved>;

export const sourceRevoked = z.object({ revoked: z.array(approvalShown) });
export type SourceRevoked = z.infer<typeof sourceRevoked>;

export const sourceListAnswer = z.object({
  approved: z.array(approvalShown),
  /** Of the one package that was asked about: everything that was said, newest first. */
  history: z.array(approvalShown),
});
export type SourceListAnswer = z.infer<typeof sourceListAnswer>;
