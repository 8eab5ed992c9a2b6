/**
 * The entry that records what came of building a version from source, whatever it was (docs/leaf-v1.md, section 4). It
 * names the builder's key and, by digest, the attestations that key signed; those lie beside the log, not in it.
 */
import type { OutboxEvent } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { Purl } from '../core/purl.ts';
import type { ComparisonVerdict, Isolation, NotBuiltCause } from '../core/rebuild.ts';
import type { Principal } from '../core/subject.ts';
import { makeEvent } from './leaf.ts';

export const rebuildPredicateType = 'urn:assay:predicate:rebuild:v1';

export interface RebuildEventInput {
  readonly eventId: string;
  /** Id of the build. */
  readonly build: string;
  /** With its version. */
  readonly purl: Purl;
  /** Of upstream's bytes. */
  readonly artifact: Sha256;
  readonly verdict: ComparisonVerdict;
  readonly cause: NotBuiltCause | undefined;
  readonly isolation: Isolation;
  /** Of the canonical JSON of the record, and of the statements whose envelopes the builder's key signed. */
  readonly record: Sha256;
  readonly comparison: Sha256;
  readonly provenance: Sha256 | undefined;
  /** Verifier key of the builder. */
  readonly builder: string;
  /** Who asked for it. */
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** Id of the newest entry about builds of the same version; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws CANONICAL_JSON_UNREPRESENTABLE for a text with a lone surrogate. */
export function makeRebuildEvent(input: RebuildEventInput): OutboxEvent {
  const { eventId, time, purl, principal, previousEventId, randomBytes } = input;
  return makeEvent({
    type: 'rebuild/v1',
    eventId,
    time,
    subject: { rebuild: purl },
    actor: principal,
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: purl, digest: { sha256: input.artifact } }],
      predicateType: rebuildPredicateType,
      predicate: predicateOf(input),
    },
    evidence: [],
    previousEventId,
    randomBytes,
  });
}

/** Named field by field: a field added to the input must not change these bytes unnoticed. */
function predicateOf(input: RebuildEventInput): JsonObject {
  const { build, purl, artifact, verdict, cause, isolation, builder, principal, time } = input;
  return {
    build,
    package: purl,
    artifact,
    verdict,
    ...(cause === undefined ? {} : { cause }),
    isolation,
    record: { sha256: input.record },
    comparison: { sha256: input.comparison },
    ...(input.provenance === undefined ? {} : { provenance: { sha256: input.provenance } }),
    builder,
    principal: { kind: principal.kind, name: principal.name },
    time,
  };
}
