/** In-toto Statement v1 (in-toto/attestation spec/v1/statement.md) about one file. */
import type { Sha256 } from '../../core/digest.ts';
import type { Json, JsonObject } from '../../core/json.ts';

export function statementOf(
  predicateType: string,
  name: string,
  digest: Sha256,
  predicate: JsonObject,
): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: digest } }],
    predicateType,
    predicate,
  };
}

/** Without what is undefined, which no JSON has. */
export function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
