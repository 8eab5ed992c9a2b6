/** The in-toto statement of a step in changing a log's key. The signer writes it; the log keeps it as an entry. */
import type { JsonObject } from '../../core/json.ts';
import { sha256 } from '../../core/digest.ts';
import type { Principal } from '../../core/subject.ts';
import type { VerifierKey } from '../verify/vkey.ts';
import { formatVkey } from '../verify/vkey.ts';
import type { RotationStep } from './requests.ts';

export const rotationPredicateType = 'urn:assay:predicate:key-rotation:v1';

export interface RotationFacts {
  readonly origin: string;
  readonly step: RotationStep;
  readonly older: VerifierKey;
  readonly newer: VerifierKey;
  /** Size of the log signed last before the step. */
  readonly size: number;
  readonly principal: Principal;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
}

/** The subject is the key that the step brings or removes, by the SHA-256 of its 32 bytes. */
export function rotationStatement(facts: RotationFacts): JsonObject {
  const { origin, step, older, newer, size, principal, time } = facts;
  const subject = step === 'begin' ? newer : older;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: formatVkey(subject), digest: { sha256: sha256(subject.publicKey) } }],
    predicateType: rotationPredicateType,
    predicate: {
      origin,
      step,
      older: formatVkey(older),
      newer: formatVkey(newer),
      inForce: step === 'begin' ? [formatVkey(newer), formatVkey(older)] : [formatVkey(newer)],
      size,
      principal: { kind: principal.kind, name: principal.name },
      time,
    },
  };
}
