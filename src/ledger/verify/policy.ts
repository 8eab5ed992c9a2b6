/**
 * What a checkpoint needs to be believed (C2SP tlog-policy): signed by one of these logs, and cosigned by enough of
 * these witnesses. `policy-file.ts` reads the text form.
 */
import { openCheckpoint, parseCheckpoint, type Checkpoint, type Cosignature } from './checkpoint.ts';
import { parseNote, type Note, type NoteProblem, type VerifySignature } from './note.ts';
import type { VerifierKey } from './vkey.ts';

export interface PolicyLog {
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

export interface PolicyWitness {
  /** Means something within the policy only. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** At least `threshold` members must have witnessed the checkpoint. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly (PolicyWitness | PolicyGroup)[];
}

export interface TrustPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: PolicyWitness | PolicyGroup | 'none';
}

/** Any of these keys, and no witness: for whoever has nothing but the log's vkeys. */
export function logOnlyPolicy(keys: readonly VerifierKey[]): TrustPolicy {
  return { logs: keys.map((key) => ({ key, url: undefined })), witnesses: [], quorum: 'none' };
}

/** Whether these witnesses are enough. */
export function isQuorum(
  quorum: TrustPolicy['quorum'],
  hasWitnessed: (witness: PolicyWitness) => boolean,
): boolean {
  if (quorum === 'none') return true;
  if ('key' in quorum) return hasWitnessed(quorum);
  return quorum.members.filter((member) => isQuorum(member, hasWitnessed)).length >= quorum.threshold;
}

export type PolicyOpening =
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      readonly note: Note;
      readonly log: PolicyLog;
      /** By witnesses of the policy. */
      readonly cosignatures: readonly Cosignature[];
    }
  | { readonly ok: false; readonly problem: NoteProblem | 'unknown-log' | 'no-quorum' };

/** The checkpoint in a signed note, if the policy is met. */
export function openUnderPolicy(
  raw: Uint8Array | string,
  policy: TrustPolicy,
  verify: VerifySignature,
): PolicyOpening {
  // Not believed yet: it only says which keys to verify with.
  const { origin } = parseCheckpoint(parseNote(raw)?.text ?? '') ?? {};
  if (origin === undefined) return { ok: false, problem: 'malformed' };
  const logs = policy.logs.filter(({ key }) => key.name === origin);
  if (logs.length === 0) return { ok: false, problem: 'unknown-log' };
  const logKeys = logs.map(({ key }) => key);
  const witnessKeys = policy.witnesses.map(({ key }) => key);
  const opening = openCheckpoint(raw, { origin, logKeys, witnessKeys }, verify);
  if (!opening.ok)
    return { ok: false, problem: opening.problem === 'wrong-origin' ? 'malformed' : opening.problem };
  const { checkpoint, note, cosignatures, signatures } = opening;
  const log = logs.find(({ key }) => signatures.some((signature) => signature.key === key));
  if (log === undefined) return { ok: false, problem: 'unsigned' };
  const isMet = isQuorum(policy.quorum, (witness) => cosignatures.some(({ key }) => key === witness.key));
  return isMet ? { ok: true, checkpoint, note, log, cosignatures } : { ok: false, problem: 'no-quorum' };
}
