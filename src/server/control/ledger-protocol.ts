/**
 * The ledger's routes of the control socket (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /ledger` | | `LedgerStatus` |
 * | `POST /ledger/disclose` | `discloseRequest` | `DiscloseAnswer`; 404 LEDGER_INDEX_UNKNOWN, EXPLAIN_NOTHING_FOUND |
 * | `POST /ledger/summary` | `summaryRequest` | `SummaryAnswer`; 404 LEDGER_INDEX_UNKNOWN, EXPLAIN_NOTHING_FOUND |
 * | `POST /ledger/erase` | `eraseRequest` | `EraseAnswer`; 404 LEDGER_ERASE_NOTHING |
 * | `POST /ledger/rotate-key` | `rotateKeyRequest` | `RotateKeyAnswer`; 409 LEDGER_ROTATION_REFUSED |
 * | `GET /ledger/registry-keys` | | `RegistryKeysAnswer` |
 * | `POST /ledger/rotate-registry-key` | | `RegistryKeysAnswer` |
 * | `GET /ledger/builder-keys` | | `BuilderKeysAnswer` |
 * | `POST /ledger/rotate-builder-key` | | `BuilderKeysAnswer`, when the new key signs; 503 LEDGER_SIGNER_UNAVAILABLE |
 */
import { leafFields } from '../../ledger/verify/leaf.ts';
import { z } from '../zod.ts';

/** What can be disclosed of an entry, and erased. */
export const entryFields = leafFields;

const text = z.string().max(20_000);
const count = z.number().int().min(0);

export const ledgerStatus = z.object({
  /** `waits`: for what passes by itself (the signer, witnesses, the clock). `stopped`: until a restart. */
  state: z.enum(['starting', 'running', 'waits', 'stopped']),
  /** The log's name; empty before it has one. */
  origin: text,
  size: count,
  /** Hex. */
  root: z.string().max(64),
  checkpointAt: z.string().max(40).optional(),
  /** Entries that are recorded and not in the log yet. */
  waiting: count,
  problem: z.object({ code: text, message: text }).optional(),
  /** Keys in force, newest first; empty when the signer does not answer. */
  vkeys: z.array(text),
  /** Of the policy that `ledger.witnesses` names; `cosigned` is the largest size since the start. */
  witnesses: z.array(
    z.object({
      name: text,
      url: text.optional(),
      cosigned: count.optional(),
      problem: text.optional(),
    }),
  ),
});
export type LedgerStatus = z.infer<typeof ledgerStatus>;

/** `query`: an index, an event id, the SHA-256 of an artifact, the log's name (its key changes), or what `explain` takes. */
export const discloseRequest = z.object({
  query: z.string().min(1).max(2048),
  fields: z.array(z.enum(leafFields)).max(leafFields.length),
});

/** `disclosure` is the text of a file for auditors (`ledger/verify/disclosure.ts`). */
export const discloseAnswer = z.object({
  disclosure: z.string(),
  /** Recorded, but not under the published checkpoint yet. */
  waiting: count,
});
export type DiscloseAnswer = z.infer<typeof discloseAnswer>;

/** `query` as for `discloseRequest`. */
export const summaryRequest = z.object({ query: z.string().min(1).max(2048) });

/** Oldest first. `digest` is what the entry's statement names; `envelope` the JSON text of the DSSE envelope. */
export const summaryAnswer = z.object({
  summaries: z.array(
    z.object({
      eventId: z.string().max(80),
      index: count.optional(),
      digest: z.string().max(64),
      envelope: z.string(),
    }),
  ),
  /** Recorded, and not signed yet. */
  waiting: count,
});
export type SummaryAnswer = z.infer<typeof summaryAnswer>;

/** The key that signs releases first, then those it replaced; `expires` is null while a key signs. */
export const registryKeysAnswer = z.object({
  keys: z.array(z.object({ keyid: text, spki: text, expires: z.string().max(40).nullable() })),
});
export type RegistryKeysAnswer = z.infer<typeof registryKeysAnswer>;

/** Every key that the builder ever had, newest first; builds are signed by the one in force. */
export const builderKeysAnswer = z.object({
  keys: z.array(
    z.object({ vkey: text, recordedAs: z.string().max(80), at: z.string().max(40), inForce: z.boolean() }),
  ),
});
export type BuilderKeysAnswer = z.infer<typeof builderKeysAnswer>;

export const eraseRequest = z.object({
  eventId: z.string().min(1).max(80),
  field: z.enum(leafFields),
  reason: z.string().min(1).max(500),
});

/** Id of the entry that records the erasure. */
export const eraseAnswer = z.object({ recordedAs: z.string().max(80) });
export type EraseAnswer = z.infer<typeof eraseAnswer>;

/** As `RotationStep` of ledger/signing says. */
export const rotationSteps = ['begin', 'retire'] as const;
export const rotateKeyRequest = z.object({ step: z.enum(rotationSteps) });

export const rotateKeyAnswer = z.object({
  /** Keys in force before and after the step, newest first; the same when it was done before. */
  before: z.array(text),
  after: z.array(text),
  /** Id of the entry that records the step. */
  recordedAs: z.string().max(80),
});
export type RotateKeyAnswer = z.infer<typeof rotateKeyAnswer>;
