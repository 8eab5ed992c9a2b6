/** The entry that records a new revision of what is expected of a package (docs/leaf-v1.md, section 4). */
import type { OutboxEvent } from '../admission/deps.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { sha256 } from '../core/digest.ts';
import type { ExpectedIdentity, Expectation } from '../core/expectation.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import { makeEvent } from './leaf.ts';

export const expectationPredicateType = 'urn:assay:predicate:expectation:v1';

export interface ExpectationEventInput {
  readonly eventId: string;
  readonly expectation: Expectation;
  /** Of the package, without a version. */
  readonly purl: Purl;
  /** Id of the newest entry about the same package; undefined for its first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate. */
export function makeExpectationEvent(input: ExpectationEventInput): OutboxEvent {
  const { eventId, expectation, purl, previousEventId, randomBytes } = input;
  return makeEvent({
    type: 'expectation/v1',
    eventId,
    time: expectation.at,
    subject: { upstream: expectation.upstream, package: purl },
    actor: expectation.principal,
    statement: expectationStatement(expectation, purl),
    evidence: [],
    previousEventId,
    randomBytes,
  });
}

/** An in-toto Statement v1; its one subject is the expectation itself, by the canonical JSON of the predicate. */
function expectationStatement(expectation: Expectation, purl: Purl): JsonObject {
  const predicate = predicateOf(expectation, purl);
  const { line, revision } = expectation;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: `expectation ${revision} of ${purl} (${line})`,
        digest: { sha256: sha256(canonicalJson(predicate)) },
      },
    ],
    predicateType: expectationPredicateType,
    predicate,
  };
}

/** Named field by field: a field added to Expectation must not change these bytes unnoticed. */
function predicateOf(expectation: Expectation, purl: Purl): JsonObject {
  const { upstream, line, revision, origin, standing, identity, rank, installScripts } = expectation;
  const { publishers, learnedFrom, tagTemplate, intervalMs, reason, principal, at } = expectation;
  return {
    upstream,
    package: purl,
    line,
    revision,
    origin,
    standing,
    ...(identity === undefined ? {} : { identity: identityShown(identity) }),
    rank,
    installScripts,
    publishers,
    learnedFrom,
    ...given({ tagTemplate, intervalMs, reason }),
    principal: { kind: principal.kind, name: principal.name },
    time: at,
  };
}

function identityShown(identity: ExpectedIdentity): JsonObject {
  const { issuer, repositoryUri, repositoryId, ownerUri, ownerId } = identity;
  const { workflows, signers, refs, triggers, runners, predicateTypes } = identity;
  return {
    ...given({ issuer, repositoryUri, repositoryId, ownerUri, ownerId }),
    workflows,
    signers,
    refs,
    triggers,
    runners,
    predicateTypes,
  };
}

function given(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
