/** The entry that records what is known of advisories from then on: an import, or an override (docs/leaf-v1.md, section 4). */
import type { OutboxEvent } from '../admission/deps.ts';
import type { AdvisoryOverride } from '../core/advisory.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Ecosystem } from '../core/purl.ts';
import type { Principal } from '../core/subject.ts';
import { makeEvent } from './leaf.ts';

export const feedPredicateType = 'urn:assay:predicate:feed:v1';

export type FeedChange =
  | {
      readonly action: 'import';
      readonly ecosystem: Ecosystem;
      /** Of the snapshot; `before` is undefined for the first. */
      readonly before: Sha256 | undefined;
      readonly digest: Sha256;
      readonly records: number;
      readonly newestAt: string;
      readonly source: string;
      readonly canary: string;
      /** Of the files that are joined. */
      readonly epss: Sha256 | undefined;
      readonly kev: Sha256 | undefined;
      readonly popular: Sha256 | undefined;
    }
  | { readonly action: 'override' | 'override-ended'; readonly override: AdvisoryOverride };

export interface FeedEventInput {
  readonly eventId: string;
  readonly change: FeedChange;
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Id of the newest such entry; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate. */
export function makeFeedEvent(input: FeedEventInput): OutboxEvent {
  const { eventId, time, principal, previousEventId, randomBytes, change } = input;
  const who = { principal: { kind: principal.kind, name: principal.name }, time };
  return makeEvent({
    type: 'feed/v1',
    eventId,
    time,
    subject: { feeds: 'advisories' },
    actor: principal,
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [subjectOf(change)],
      predicateType: feedPredicateType,
      predicate: { ...predicateOf(change), ...who },
    },
    evidence: [],
    previousEventId,
    randomBytes,
  });
}

function subjectOf(change: FeedChange): JsonObject {
  return change.action === 'import'
    ? { name: `advisories ${change.ecosystem}`, digest: { sha256: change.digest } }
    : { name: 'override', digest: { sha256: sha256(canonicalJson(overrideJson(change.override))) } };
}

function predicateOf(change: FeedChange): JsonObject {
  if (change.action !== 'import') return { action: change.action, override: overrideJson(change.override) };
  const { before, epss, kev, popular, ...rest } = change;
  return {
    ...rest,
    ...(before !== undefined && { before }),
    ...(epss !== undefined && { epss }),
    ...(kev !== undefined && { kev }),
    ...(popular !== undefined && { popular }),
  };
}

function overrideJson({ version, ...rest }: AdvisoryOverride): JsonObject {
  return { ...rest, ...(version !== undefined && { version }) };
}
