/**
 * The builder's key: its entry is in the log before it signs anything. The signer makes the key, the log takes its entry in,
 * and with the proof of that the signer puts it in force. A gate that dies in between goes on where it was.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { localOperator, type Principal } from '../../core/subject.ts';
import { makeBuilderKeyEvent } from '../../ledger/builder-key-event.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import type { Log } from '../../ledger/log/sequencer.ts';
import type { BuilderKeys, BuilderKeyUse, NewBuilderKey } from '../../ledger/signing/requests.ts';
import { fromBase64 } from '../../ledger/verify/bytes.ts';
import type { LedgerEvent } from '../../storage/events.ts';
import type { Storage } from '../../storage/open.ts';
import { z } from '../zod.ts';
import { keepEnvelope } from './statements.ts';

export interface BuilderKeyDeps {
  readonly storage: Pick<Storage, 'events' | 'blobs' | 'settings'>;
  readonly signer: {
    readonly builderKeys: (origin: string) => Promise<BuilderKeys>;
    readonly beginBuilderKey: (origin: string, principal: Principal) => Promise<NewBuilderKey>;
    readonly applyBuilderKey: (origin: string, use: BuilderKeyUse) => Promise<string>;
  };
  readonly log: Pick<Log, 'prove' | 'state'>;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Ends the waiting for the log. */
  readonly signal: AbortSignal;
}

const recordedKey = z.object({ vkey: z.string(), recordedAs: z.string(), at: z.string() });
/** A key of the builder, and the id of the entry that brought it. */
export type RecordedBuilderKey = z.infer<typeof recordedKey>;

/** Setting: all keys that were ever recorded, newest first. */
const settingKey = 'builder-keys';
const chain = JSON.stringify(['builder-key']);
/** The log takes an entry in within a second or two, when it is well. */
const patienceMs = 30_000;
const lookMs = 100;

export async function recordedBuilderKeys({
  settings,
}: Pick<Storage, 'settings'>): Promise<readonly RecordedBuilderKey[]> {
  const text = await settings.setting(settingKey);
  return text === undefined ? [] : z.array(recordedKey).parse(JSON.parse(text));
}

/**
 * The key that signs builds; the first one is made and recorded now, and so is another in the place of one that no entry
 * brought. Throws LEDGER_SIGNER_*, STORAGE_*. One at a time.
 */
export async function builderKeyInForce(deps: BuilderKeyDeps, origin: string): Promise<string> {
  const { inForce } = await deps.signer.builderKeys(origin);
  const recorded = await recordedBuilderKeys(deps.storage);
  const isKnown = recorded.some(({ vkey }) => vkey === inForce);
  if (inForce !== undefined && isKnown) return inForce;
  return rotateBuilderKey(deps, origin, localOperator);
}

/** Goes on with a change that a gate which died had begun. Throws LEDGER_SIGNER_*, STORAGE_*. */
export async function completeBuilderKey(deps: BuilderKeyDeps, origin: string): Promise<void> {
  const { next } = await deps.signer.builderKeys(origin);
  if (next !== undefined) await rotateBuilderKey(deps, origin, localOperator);
}

/** The key that signs builds from now on. Throws LEDGER_SIGNER_*, STORAGE_*. One at a time. */
export async function rotateBuilderKey(
  deps: BuilderKeyDeps,
  origin: string,
  principal: Principal,
): Promise<string> {
  const made = await deps.signer.beginBuilderKey(origin, principal);
  const eventId = await recordKey(deps, made);
  const until = performance.now() + patienceMs;
  for (;;) {
    const event = await deps.storage.events.byId(eventId);
    const used = event === undefined ? undefined : await applied(deps, origin, event);
    if (used !== undefined) return used;
    if (deps.signal.aborted || performance.now() > until)
      throw new AssayError(
        'LEDGER_SIGNER_UNAVAILABLE',
        "the builder's new key waits for its entry, which the ledger did not take in yet",
      );
    await wait(lookMs, undefined, { signal: deps.signal }).catch(() => undefined);
  }
}

/** Undefined while the entry is not under the checkpoint that was signed last. */
async function applied(
  { signer, log }: BuilderKeyDeps,
  origin: string,
  { index, statement, salts }: LedgerEvent,
): Promise<string | undefined> {
  if (index === undefined || index >= log.state().size) return undefined;
  const { entry, proof, size } = await log.prove(index);
  const use = { index, entry: Buffer.from(entry).toString('utf8'), proof, statement };
  try {
    return await signer.applyBuilderKey(origin, { ...use, salt: salts['statement'] ?? '' });
  } catch (error) {
    // Another checkpoint was signed meanwhile, and is published in a moment.
    if (isAssayError(error, 'LEDGER_SIGNER_REFUSED') && log.state().size !== size) return undefined;
    throw error;
  }
}

/** Id of the entry: made now, or before. */
async function recordKey({ storage, randomBytes }: BuilderKeyDeps, made: NewBuilderKey): Promise<string> {
  const recorded = await recordedBuilderKeys(storage);
  const known = recorded.find(({ vkey }) => vkey === made.vkey);
  if (known !== undefined) return known.recordedAs;
  const event = makeBuilderKeyEvent({
    eventId: newEventId(randomBytes),
    statement: statementIn(made.envelope.payload),
    previousEventId: await storage.events.newestOfChain(chain),
    randomBytes,
  });
  const value = JSON.stringify([{ vkey: made.vkey, recordedAs: event.eventId, at: event.time }, ...recorded]);
  const envelope = await keepEnvelope(storage.blobs, made.envelope);
  await storage.events.recordInChain(chain, event, { key: settingKey, value }, envelope);
  return event.eventId;
}

function statementIn(payload: string): JsonObject {
  const value: unknown = JSON.parse(Buffer.from(fromBase64(payload) ?? []).toString('utf8'));
  if (isJsonObject(value)) return value;
  throw new AssayError('LEDGER_SIGNER_UNAVAILABLE', "the signer gave no statement of the builder's key");
}
