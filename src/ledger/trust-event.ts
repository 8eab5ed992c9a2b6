/** The entry that records a change of whom the gate trusts (docs/leaf-v1.md, section 4). */
import type { OutboxEvent } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Principal } from '../core/subject.ts';
import type { TrustSource } from '../core/trust.ts';
import { makeEvent } from './leaf.ts';

export const trustPredicateType = 'urn:assay:predicate:trust-material:v1';

export interface TrustEventInput {
  readonly eventId: string;
  /** Digests of the material before and after. */
  readonly before: Sha256;
  readonly after: Sha256;
  readonly source: TrustSource;
  /** Where it came from: a URL, a file's name. */
  readonly via: string;
  /** One sentence each. */
  readonly changes: readonly string[];
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Id of the newest such entry; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate. */
export function makeTrustEvent(input: TrustEventInput): OutboxEvent {
  const { eventId, time, principal, previousEventId, randomBytes } = input;
  return makeEvent({
    type: 'trust-material/v1',
    eventId,
    time,
    subject: { trust: 'roots and keys' },
    actor: principal,
    statement: trustStatement(input),
    evidence: [],
    previousEventId,
    randomBytes,
  });
}

/** An in-toto Statement v1; its one subject is the material, by the digest that evidence names it by. */
function trustStatement(input: TrustEventInput): JsonObject {
  const { before, after, source, via, changes, principal, time } = input;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'trust material', digest: { sha256: after } }],
    predicateType: trustPredicateType,
    predicate: {
      before,
      after,
      source,
      via,
      changes,
      principal: { kind: principal.kind, name: principal.name },
      time,
    },
  };
}
