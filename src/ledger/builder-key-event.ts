/** The entry that brings a key of the builder: it commits to the statement that the signer wrote (docs/leaf-v1.md, section 4). */
import type { OutboxEvent } from '../admission/deps.ts';
import { builderKeyName } from '../core/build-attestation.ts';
import { ownObject, ownString, type JsonObject } from '../core/json.ts';
import type { Principal } from '../core/subject.ts';
import { makeEvent } from './leaf.ts';
import { builderKeyPredicateType } from './signing/builder-key.ts';

export interface BuilderKeyEventInput {
  readonly eventId: string;
  /** The payload of the envelope that the signer gave, parsed. */
  readonly statement: JsonObject;
  /** Id of the entry about the key before; undefined for the first. */
  readonly previousEventId: string | undefined;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Throws RangeError for any other statement. */
export function makeBuilderKeyEvent(input: BuilderKeyEventInput): OutboxEvent {
  const predicate = ownObject(input.statement, 'predicate') ?? {};
  const principal = ownObject(predicate, 'principal') ?? {};
  const [origin, time] = [ownString(predicate, 'origin'), ownString(predicate, 'time')];
  const [kind, name] = [ownString(principal, 'kind'), ownString(principal, 'name')];
  const brings = ownString(input.statement, 'predicateType') === builderKeyPredicateType;
  if (!brings || origin === undefined || time === undefined || kind === undefined || name === undefined)
    throw new RangeError('this is no statement of a key of the builder');
  return makeEvent({
    ...input,
    type: 'builder-key/v1',
    time,
    subject: { builder: builderKeyName(origin) },
    actor: { kind, name } as Principal,
    evidence: [],
  });
}
