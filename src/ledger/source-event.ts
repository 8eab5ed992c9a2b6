/**
 * The entry about the source of a package (docs/leaf-v1.md, section 4): a person approved whose it is or took that back, somebody
 * reviewed what was corrected of its recipe, or a tag was seen for the first time, or at another commit than then.
 */
import type { OutboxEvent } from '../admission/deps.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import type { SourceIdentity } from '../core/rebuild.ts';
import type { TagSight } from '../core/source-approval.ts';
import type { Principal } from '../core/subject.ts';
import { makeEvent } from './leaf.ts';

export const sourcePredicateType = 'urn:assay:predicate:source:v1';

export type SourceChange =
  | { readonly action: 'approve' | 'revoke'; readonly identity: SourceIdentity; readonly reason: string }
  | {
      readonly action: 'approve-recipe' | 'revoke-recipe';
      readonly correction: Sha256;
      readonly author: string;
      readonly reviewer: string;
      readonly reason: string;
    }
  | { readonly action: 'tags'; readonly repository: string; readonly tags: readonly TagSight[] };

export interface SourceEventInput {
  readonly eventId: string;
  /** Of the package, without a version. */
  readonly purl: Purl;
  readonly change: SourceChange;
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Id of the newest such entry about the package; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate. */
export function makeSourceEvent(input: SourceEventInput): OutboxEvent {
  const { eventId, purl, change, principal, time, previousEventId, randomBytes } = input;
  const [what, about] = contentOf(change);
  return makeEvent({
    type: 'source/v1',
    eventId,
    time,
    subject: { rebuild: purl },
    actor: principal,
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `${what} of ${purl}`, digest: { sha256: sha256(canonicalJson(about)) } }],
      predicateType: sourcePredicateType,
      predicate: {
        package: purl,
        action: change.action,
        ...about,
        principal: { kind: principal.kind, name: principal.name },
        time,
      },
    },
    evidence: [],
    previousEventId,
    randomBytes,
  });
}

/** Named field by field: a field added to a type must not change these bytes unnoticed. */
function contentOf(change: SourceChange): readonly [string, JsonObject] {
  if (change.action === 'tags') {
    const tags = change.tags.map(({ tag, commit, firstCommit, firstAt }) => ({
      tag,
      commit,
      firstCommit,
      firstAt,
    }));
    return ['tags', { repository: change.repository, tags }];
  }
  if ('correction' in change) {
    const { correction, author, reviewer, reason } = change;
    return ['recipe', { correction: { sha256: correction }, author, reviewer, reason }];
  }
  const { identity, reason } = change;
  return ['source', { identity: identityShown(identity), reason }];
}

function identityShown({ repository, repositoryId, ownerId, keys }: SourceIdentity): JsonObject {
  return {
    repository,
    ...(repositoryId === undefined ? {} : { repositoryId }),
    ...(ownerId === undefined ? {} : { ownerId }),
    keys: [...new Set(keys)].sort(),
  };
}
