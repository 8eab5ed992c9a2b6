/**
 * Erasing a field of an entry: its salt is deleted, so that nobody can ever show again what the entry committed to,
 * while the entry and every proof over it stay. That it was done is an entry itself (docs/leaf-v1.md, section 4).
 */
import { sha256 } from '../core/digest.ts';
import { isJsonObject, own, ownObject, type JsonObject } from '../core/json.ts';
import type { Principal, Subject } from '../core/subject.ts';

export const erasurePredicateType = 'urn:assay:predicate:erasure:v1';

export interface Erasure {
  /** The entry that loses a field: its id and exact text. */
  readonly event: string;
  readonly leaf: string;
  readonly field: string;
  readonly reason: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly erasedAt: string;
  readonly principal: Principal;
  readonly subject: Subject;
}

/** An in-toto Statement v1 about the erased entry's bytes. */
export function erasureStatement(erasure: Erasure): JsonObject {
  const { event, leaf, field, reason, erasedAt, principal, subject } = erasure;
  const { upstream, channel, ecosystem, purl, file, claimedIntegrity, artifact } = subject;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `ledger entry ${event}`, digest: { sha256: sha256(leaf) } }],
    predicateType: erasurePredicateType,
    predicate: {
      event,
      field,
      reason,
      erasedAt,
      principal: { kind: principal.kind, name: principal.name },
      release: { upstream, channel, ecosystem, purl, file, claimedIntegrity },
      ...(artifact === undefined ? {} : { artifact }),
    },
  };
}

/**
 * What is kept of a statement whose own field was erased: the parts that open the entry's other fields, and nothing of
 * what was decided or why.
 */
export function statementRemains(statement: JsonObject): JsonObject {
  const predicate = ownObject(statement, 'predicate') ?? {};
  const listed = own(predicate, 'evidence');
  const evidence = (Array.isArray(listed) ? (listed as readonly unknown[]) : []).flatMap((one) => {
    const digest = isJsonObject(one) ? own(one, 'digest') : undefined;
    return digest === undefined ? [] : [{ digest }];
  });
  return {
    ...picked(statement, ['predicateType', 'subject']),
    predicate: { ...picked(predicate, ['release', 'artifact', 'principal']), evidence },
  };
}

function picked(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = own(object, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
