/** The entry that records a step in changing the log's key: it commits to the statement that both keys signed. */
import type { OutboxEvent } from '../admission/deps.ts';
import { ownObject, ownString, type JsonObject } from '../core/json.ts';
import type { Principal } from '../core/subject.ts';
import { makeEvent } from './leaf.ts';
import { rotationPredicateType } from './signing/rotation.ts';

export interface RotationEventInput {
  readonly eventId: string;
  /** The payload of the envelope that the signer gave, parsed. */
  readonly statement: JsonObject;
  /** Id of the log's entry about the step before; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws RangeError for any other statement. */
export function makeRotationEvent(input: RotationEventInput): OutboxEvent {
  const predicate = ownObject(input.statement, 'predicate') ?? {};
  const principal = ownObject(predicate, 'principal') ?? {};
  const [log, time] = [ownString(predicate, 'origin'), ownString(predicate, 'time')];
  const [kind, name] = [ownString(principal, 'kind'), ownString(principal, 'name')];
  const isRotation = ownString(input.statement, 'predicateType') === rotationPredicateType;
  if (!isRotation || log === undefined || time === undefined || kind === undefined || name === undefined)
    throw new RangeError('this is no statement of a change of key');
  const actor = { kind, name } as Principal;
  return makeEvent({ ...input, type: 'key-rotation/v1', time, subject: { log }, actor, evidence: [] });
}
