/** The entry that records what is known of advisories from then on: an import, an override, VEX (docs/leaf-v1.md, section 4). */
import type { OutboxEvent } from '../admission/deps.ts';
import type { AdvisoryOverride } from '../core/advisory.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256, type Sha256 } from '../core/digest.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Ecosystem } from '../core/purl.ts';
import type { Principal } from '../core/subject.ts';
import type { VexStatement } from '../core/vex.ts';
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
  | { readonly action: 'override' | 'override-ended'; readonly override: AdvisoryOverride }
  | {
      readonly action: 'vex-import' | 'vex-removed';
      readonly signer: string;
      /** SHA-256 of the signer's key (SubjectPublicKeyInfo); undefined where the signer is not named any more. */
      readonly key: Sha256 | undefined;
      /** SHA-256 of the document, with its envelope. */
      readonly document: Sha256;
      /** Of its earlier version, whose place it takes. */
      readonly replaces: Sha256 | undefined;
      /** How many, and when the last of them ends. */
      readonly statements: number;
      readonly until: string;
      readonly source: string;
    }
  | { readonly action: 'vex-stated' | 'vex-withdrawn'; readonly statement: VexStatement };

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
  switch (change.action) {
    case 'import':
      return { name: `advisories ${change.ecosystem}`, digest: { sha256: change.digest } };
    case 'override':
    case 'override-ended':
      return { name: 'override', digest: digestOf(present({ ...change.override })) };
    case 'vex-import':
    case 'vex-removed':
      return { name: 'vex document', digest: { sha256: change.document } };
    case 'vex-stated':
    case 'vex-withdrawn':
      return { name: 'vex statement', digest: digestOf(statementJson(change.statement)) };
    default:
      return change satisfies never;
  }
}

function predicateOf(change: FeedChange): JsonObject {
  if ('override' in change) return { action: change.action, override: present({ ...change.override }) };
  if ('statement' in change) return { action: change.action, statement: statementJson(change.statement) };
  return present(change);
}

function statementJson({ cyclonedx: _cyclonedx, vulnerabilities, ...rest }: VexStatement): JsonObject {
  return { ...present(rest), vulnerabilities: [...vulnerabilities] };
}

function digestOf(value: JsonObject): JsonObject {
  return { sha256: sha256(canonicalJson(value)) };
}

/** Without what is undefined, which no JSON has. */
function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
