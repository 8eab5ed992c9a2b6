/**
 * Changing the log's key: the signer takes the step, and an entry of the log records it, with the statement that both keys
 * signed. The step comes first and its entry after it, so a gate that dies in between makes up for the entry when it
 * starts again: the signer gives the statement once more.
 */
import { AssayError } from '../../core/errors.ts';
import { isJsonObject, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { localOperator, type Principal } from '../../core/subject.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeRotationEvent } from '../../ledger/rotation-event.ts';
import type { KeyRotation, RotationStep } from '../../ledger/signing/requests.ts';
import { fromBase64 } from '../../ledger/verify/bytes.ts';
import type { LedgerEvent } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';
import { keepEnvelope } from './statements.ts';

export interface RotationDeps {
  readonly storage: Pick<Storage, 'events' | 'blobs'>;
  readonly signer: {
    /** Keys in force, newest first. */
    readonly vkeys: (origin: string) => Promise<readonly string[]>;
    /** Asked again for the step taken last, it gives a statement of it again and changes nothing. */
    readonly rotateKey: (origin: string, step: RotationStep, principal: Principal) => Promise<KeyRotation>;
  };
  readonly randomBytes: (count: number) => Uint8Array;
}

export interface RotationRequest {
  readonly origin: string;
  readonly step: RotationStep;
  /** Entries under the published checkpoint. */
  readonly size: number;
  readonly principal: Principal;
}

export interface Rotated {
  /** Keys in force before and after, newest first; the same when the step was taken before. */
  readonly before: string[];
  readonly after: string[];
  /** Id of the entry that records the step. */
  readonly recordedAs: string;
}

/** Throws LEDGER_ROTATION_REFUSED, LEDGER_SIGNER_*, STORAGE_*. One at a time. */
export async function rotateKey(deps: RotationDeps, request: RotationRequest): Promise<Rotated> {
  const { origin, step, size, principal } = request;
  await recordMissedStep(deps, origin);
  const before = await deps.signer.vkeys(origin);
  if (step === 'retire') demandRetirable(await newestStep(deps), before.length, size);
  const rotation = await deps.signer.rotateKey(origin, step, principal);
  return {
    before: [...before],
    after: [...rotation.vkeys],
    recordedAs: await recordStep(deps, rotation),
  };
}

/** Records the step that the signer took last, if no entry does. Throws LEDGER_SIGNER_*, STORAGE_*. */
export async function recordMissedStep(deps: RotationDeps, origin: string): Promise<void> {
  const vkeys = await deps.signer.vkeys(origin);
  const newest = stepOf((await newestStep(deps))?.statement);
  const hasBegun = newest?.step === 'begin';
  const taken = vkeys.length > 1 ? 'begin' : 'retire';
  const isRecorded = taken === 'begin' ? hasBegun && newest.newer === vkeys[0] : !hasBegun;
  if (!isRecorded) await recordStep(deps, await deps.signer.rotateKey(origin, taken, localOperator));
}

/** The key that went was the only one for some verifiers until an entry, under both signatures, told them of the next. */
function demandRetirable(newest: LedgerEvent | undefined, keys: number, size: number): void {
  const step = stepOf(newest?.statement)?.step;
  if (keys === 1 && step !== 'retire') throw refused('the log has one key; there is none to retire');
  if (step === 'begin' && (newest?.index === undefined || newest.index >= size))
    throw refused('the entry that names the new key is not under a published checkpoint yet');
}

function refused(why: string): AssayError {
  return new AssayError('LEDGER_ROTATION_REFUSED', why);
}

async function newestStep({ storage }: RotationDeps): Promise<LedgerEvent | undefined> {
  return (await storage.events.ofLog()).at(-1);
}

/** Id of the step's entry: made now, or before. */
async function recordStep(deps: RotationDeps, { envelope }: KeyRotation): Promise<string> {
  const { storage, randomBytes } = deps;
  const statement = statementIn(envelope.payload);
  const newest = await newestStep(deps);
  if (newest !== undefined && isSameStep(newest.statement, statement)) return newest.eventId;
  const previousEventId = newest?.eventId;
  const event = makeRotationEvent({
    eventId: newEventId(randomBytes),
    statement,
    previousEventId,
    randomBytes,
  });
  await storage.events.recordOfLog(event, await keepEnvelope(storage.blobs, envelope));
  return event.eventId;
}

function statementIn(payload: string): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(fromBase64(payload) ?? []).toString('utf8'));
  if (isJsonObject(value)) return value;
  throw new AssayError('LEDGER_SIGNER_UNAVAILABLE', 'the signer gave no statement of its step');
}

interface Step {
  readonly step: string | undefined;
  readonly older: string | undefined;
  readonly newer: string | undefined;
}

function stepOf(statement: JsonObject | undefined): Step | undefined {
  const predicate = statement && ownObject(statement, 'predicate');
  if (predicate === undefined) return undefined;
  const [step, older, newer] = ['step', 'older', 'newer'].map((key) => ownString(predicate, key));
  return { step, older, newer };
}

/** Each begins and ends one pair of keys, once. */
function isSameStep(a: JsonObject, b: JsonObject): boolean {
  const [one, other] = [stepOf(a), stepOf(b)];
  return one?.step === other?.step && one?.older === other?.older && one?.newer === other?.newer;
}
