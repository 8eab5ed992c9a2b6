/** The whole log, checked from its files and its key alone; and what an outsider learns of it: how many entries of which type. */
import { AssayError } from '../../core/errors.ts';
import { checkLog, type LogCheck } from '../../ledger/log/check.ts';
import { verifyEd25519 } from '../../ledger/signing/ed25519.ts';
import { parseLeaf } from '../../ledger/verify/leaf.ts';
import { formatNote } from '../../ledger/verify/note.ts';
import { openUnderPolicy, type PolicyOpening, type TrustPolicy } from '../../ledger/verify/policy.ts';
import type { LogSource } from './source.ts';

export interface Fsck extends LogCheck {
  readonly origin: string;
  /** Entries by type; `?` for what is no leaf that this version knows. */
  readonly types: ReadonlyMap<string, number>;
  /** Names of witnesses of the policy that cosigned the checkpoint. */
  readonly witnesses: readonly string[];
}

export type SignedCheckpoint = Extract<PolicyOpening, { ok: true }>;

/**
 * The checkpoint, if the policy is met. Throws LEDGER_UNVERIFIED when it is not there, or not signed as the policy asks.
 */
export async function readCheckpoint(source: LogSource, policy: TrustPolicy): Promise<SignedCheckpoint> {
  const raw = await source.read('checkpoint');
  if (raw === undefined) throw new AssayError('LEDGER_UNVERIFIED', `${source.name} has no checkpoint`);
  const opening = openUnderPolicy(raw, policy, verifyEd25519);
  if (opening.ok) return opening;
  throw new AssayError('LEDGER_UNVERIFIED', `the checkpoint of ${source.name}: ${words[opening.problem]}`);
}

const words: Readonly<Record<Extract<PolicyOpening, { ok: false }>['problem'], string>> = {
  malformed: 'it is no signed checkpoint',
  'wrong-signature': 'a signature under it does not verify: it was altered',
  unsigned: 'no key that was given signed it',
  'unknown-log': 'it is of a log that no given key is of',
  'no-quorum': 'too few witnesses of the policy cosigned it',
};

/** Throws LEDGER_UNVERIFIED, and what the source throws. */
export async function fsckLog(
  source: LogSource,
  policy: TrustPolicy,
  onProgress: (checked: number, size: number) => void = () => undefined,
): Promise<Fsck> {
  const signed = await readCheckpoint(source, policy);
  const { origin, size } = signed.checkpoint;
  const types = new Map<string, number>();
  const check = await checkLog({
    // One checkpoint for the whole check: the log may grow meanwhile.
    read: onceRead(source, signed),
    trust: { origin, logKeys: policy.logs.map(({ key }) => key).filter((key) => key.name === origin) },
    verify: verifyEd25519,
    onEntry: (entry) => {
      const parsed = parseLeaf(Buffer.from(entry).toString('latin1'));
      const type = parsed.ok ? parsed.leaf.type : '?';
      types.set(type, (types.get(type) ?? 0) + 1);
    },
    onProgress: (checked) => onProgress(checked, size),
  });
  const cosigners = signed.cosignatures.map(({ key }) => key);
  const witnesses = policy.witnesses.filter(({ key }) => cosigners.includes(key)).map(({ name }) => name);
  return { ...check, origin, types, witnesses };
}

function onceRead(source: LogSource, { note }: SignedCheckpoint): LogSource['read'] {
  const raw = Buffer.from(formatNote(note), 'utf8');
  return async (path) => (path === 'checkpoint' ? raw : source.read(path));
}
