/**
 * A log's checkpoint (C2SP tlog-checkpoint in a C2SP signed-note): how large the log's tree is and what its root is, signed
 * by the log. Lines of signers that are not the log (witnesses, other keys) say nothing here and are passed over.
 */
import { strictBase64 } from './fields.ts';
import { signatureHolds } from './keys.ts';
import { refuse } from './refused.ts';
import type { Log } from './trusted-root.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Buffer;
}

interface NoteSignature {
  readonly name: string;
  readonly hint: Buffer;
  readonly signature: Buffer;
}

const maxSignatures = 100;
const signatureLine = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** Throws BundleRefused `log-checkpoint` unless `log` itself signed it under its own name. */
export function openCheckpoint(note: string, log: Log): Checkpoint {
  const split = note.indexOf('\n\n');
  const text = note.slice(0, split + 1);
  if (split < 0) refuse('log-checkpoint', 'a checkpoint has no signatures');
  const checkpoint = readCheckpoint(text);
  const signatures = readSignatures(note.slice(split + 2));
  // Rekor 1 adds the number of the tree to its name.
  if (checkpoint.origin !== log.origin && !checkpoint.origin.startsWith(`${log.origin} - `))
    refuse('log-checkpoint', 'a checkpoint is of another log than its entry');
  const own = signatures.filter(
    ({ name, hint }) => name === log.origin && hint.equals(log.id.subarray(0, 4)),
  );
  if (own.length === 0) refuse('log-checkpoint', 'a checkpoint is not signed by the log of its entry');
  const bytes = Buffer.from(text, 'utf8');
  if (!own.some(({ signature }) => signatureHolds(log.key, bytes, signature)))
    refuse('log-checkpoint', 'the signature of the log on its checkpoint is wrong');
  return checkpoint;
}

function readCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = ''] = text.split('\n', 3);
  const rootBytes = strictBase64(root);
  if (origin === '' || !/^(?:0|[1-9][0-9]{0,18})$/.test(size) || rootBytes?.length !== 32)
    refuse('log-checkpoint', 'a checkpoint does not begin with origin, size and root hash');
  return { origin, size: BigInt(size), root: rootBytes };
}

function readSignatures(text: string): readonly NoteSignature[] {
  const lines = text.split('\n', maxSignatures + 2);
  if (lines.pop() !== '' || lines.length === 0)
    refuse('log-checkpoint', 'a checkpoint has no signatures, or too many');
  return lines.map((line) => {
    const [, name, encoded = ''] = signatureLine.exec(line) ?? [];
    const bytes = strictBase64(encoded);
    if (name === undefined || bytes === undefined || bytes.length < 5)
      refuse('log-checkpoint', 'a line of a checkpoint is no signature');
    return { name, hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
  });
}
