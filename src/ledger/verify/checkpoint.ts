/** Checkpoints (C2SP tlog-checkpoint): the signed size and root of a log at one moment. */
import { fromBase64, isCount, isPlainText, parseDecimal, toBase64 } from './bytes.ts';
import {
  openNote,
  type Note,
  type NoteProblem,
  type VerifiedSignature,
  type VerifySignature,
} from './note.ts';
import { hashBytes } from './rfc6962.ts';
import type { VerifierKey } from './vkey.ts';

export interface TreeHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

export interface Checkpoint extends TreeHead {
  /** Names the log. */
  readonly origin: string;
  /** Lines after the root: signed by the log, without meaning here. */
  readonly extensions: readonly string[];
}

/** The text of a checkpoint's note. Undefined for anything else. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith('\n') || !isPlainText(text)) return undefined;
  const lines = text.slice(0, -1).split('\n');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines;
  const size = parseDecimal(sizeText);
  const root = fromBase64(rootText);
  if (lines.includes('') || size === undefined || root?.length !== hashBytes) return undefined;
  return { origin, size, root, extensions };
}

/** Throws RangeError for what is no checkpoint. */
export function formatCheckpoint(checkpoint: Omit<Checkpoint, 'extensions'> & Partial<Checkpoint>): string {
  const { origin, size, root, extensions = [] } = checkpoint;
  const lines = [origin, String(size), toBase64(root), ...extensions];
  const isOneLineEach = lines.every((line) => line !== '' && isPlainText(line) && !line.includes('\n'));
  if (!isCount(size) || root.length !== hashBytes || !isOneLineEach) throw new RangeError('no checkpoint');
  return `${lines.join('\n')}\n`;
}

/** What a reader of one log relies on. */
export interface LogTrust {
  readonly origin: string;
  /** One good signature by any of them is enough, so that keys can be changed with overlap. */
  readonly logKeys: readonly VerifierKey[];
  /** Their cosignatures are verified and listed; none is needed here (see `policy.ts`). */
  readonly witnessKeys?: readonly VerifierKey[];
}

/** A witness had seen this tree, and no larger one, at `time` (POSIX seconds). */
export interface Cosignature {
  readonly key: VerifierKey;
  readonly time: number;
}

export type CheckpointOpening =
  | {
      readonly ok: true;
      readonly checkpoint: Checkpoint;
      readonly note: Note;
      /** By log keys. */
      readonly signatures: readonly VerifiedSignature[];
      readonly cosignatures: readonly Cosignature[];
    }
  | { readonly ok: false; readonly problem: NoteProblem | 'wrong-origin' };

/** The checkpoint in a signed note, if it is one of this log and a log key signed it. */
export function openCheckpoint(
  raw: Uint8Array | string,
  trust: LogTrust,
  verify: VerifySignature,
): CheckpointOpening {
  const { origin, logKeys, witnessKeys = [] } = trust;
  const opening = openNote(raw, [...logKeys, ...witnessKeys], verify);
  if (!opening.ok) return opening;
  const checkpoint = parseCheckpoint(opening.note.text);
  if (checkpoint === undefined) return { ok: false, problem: 'malformed' };
  if (checkpoint.origin !== origin) return { ok: false, problem: 'wrong-origin' };
  const signatures = opening.verified.filter(({ key }) => logKeys.includes(key));
  if (signatures.length === 0) return { ok: false, problem: 'unsigned' };
  const cosignatures = opening.verified.flatMap(({ key, time }) =>
    time !== undefined && witnessKeys.includes(key) ? [{ key, time }] : [],
  );
  return { ok: true, checkpoint, note: opening.note, signatures, cosignatures };
}
