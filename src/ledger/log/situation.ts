/**
 * What a start finds, and what is to be done about it: the head row, the published checkpoint, what the signer signed
 * last, and the staged batches must tell of one log, at the few distances from each other that a crash can leave.
 */
import { AssayError } from '../../core/errors.ts';
import { toHex } from '../verify/bytes.ts';
import { parseCheckpoint } from '../verify/checkpoint.ts';
import { parseNote } from '../verify/note.ts';
import type { LogHead } from './deps.ts';
import type { Tree } from './prove.ts';
import { parseStagedName, stagedName } from './staging.ts';

export interface Situation {
  readonly head: LogHead;
  readonly published: Uint8Array | undefined;
  /** What the signer signed last: size 0 and the empty root before the first. */
  readonly signed: Tree;
  readonly staged: readonly string[];
}

export interface Plan {
  /** The committed batch whose files may not all be there. */
  readonly apply: string | undefined;
  /** The head's checkpoint is not, or may not be, what is published. */
  readonly publish: boolean;
  /** The batch that was signed and not committed: the one way to go on. */
  readonly carryOn: string | undefined;
  /** Batches that were overtaken. */
  readonly drop: readonly string[];
}

/**
 * Throws LEDGER_ROLLED_BACK, LEDGER_FORKED, LEDGER_SIGNER_AHEAD, LEDGER_CORRUPT where no crash of ours can have led:
 * then nothing may be signed, and a person has to look.
 */
export function planRecovery({ head, published, signed, staged }: Situation): Plan {
  checkHead(head);
  const seen = published === undefined ? undefined : checkpointIn(published, 'the published checkpoint');
  if (seen !== undefined) comparePublished(head, seen);
  compareSigned(head, signed, staged);
  const ahead = signed.size > head.size;
  const name = stagedName(head);
  const isPublished = seen?.size === head.size;
  const isBehind = !isPublished && head.size > 0;
  return {
    apply: isBehind && staged.includes(name) ? name : undefined,
    publish: head.checkpoint !== '' && !(isPublished && sameText(published, head.checkpoint)),
    carryOn: ahead ? stagedName(signed) : undefined,
    drop: staged.filter((each) => (parseStagedName(each)?.size ?? 0) <= head.size),
  };
}

interface Seen extends Tree {
  readonly origin: string;
}

/** Throws LEDGER_CORRUPT. */
function checkpointIn(note: Uint8Array | string, what: string): Seen {
  const checkpoint = parseCheckpoint(parseNote(note)?.text ?? '');
  if (checkpoint === undefined) throw new AssayError('LEDGER_CORRUPT', `${what} cannot be read`);
  const { origin, size, root } = checkpoint;
  return { origin, size, root: toHex(root) };
}

/** The row's columns and the note in it are written together. */
function checkHead(head: LogHead): void {
  if (head.checkpoint === '' && head.size === 0) return;
  const signed = checkpointIn(head.checkpoint, 'the checkpoint in the database');
  if (signed.origin !== head.origin || signed.size !== head.size || signed.root !== head.root)
    throw new AssayError('LEDGER_CORRUPT', 'the checkpoint in the database is not that of its row');
}

function comparePublished(head: LogHead, seen: Seen): void {
  if (seen.origin !== head.origin)
    throw new AssayError(
      'LEDGER_FORKED',
      `published is a checkpoint of ${seen.origin}, not of ${head.origin}`,
    );
  if (seen.size > head.size)
    throw new AssayError(
      'LEDGER_ROLLED_BACK',
      `a checkpoint of size ${seen.size} is published, but the database knows only ${head.size}`,
    );
  if (seen.size === head.size && seen.root !== head.root)
    throw new AssayError(
      'LEDGER_FORKED',
      `size ${head.size} is published with another root than the database's`,
    );
}

function compareSigned(head: LogHead, signed: Tree, staged: readonly string[]): void {
  if (signed.size > head.size && !staged.includes(stagedName(signed)))
    throw new AssayError(
      'LEDGER_SIGNER_AHEAD',
      `the signer has signed size ${signed.size}, but the database knows only ${head.size}`,
    );
  if (signed.size === head.size && signed.root !== head.root)
    throw new AssayError('LEDGER_FORKED', `the signer has signed size ${head.size} with another root`);
}

function sameText(bytes: Uint8Array | undefined, text: string): boolean {
  return bytes !== undefined && Buffer.from(text, 'utf8').equals(bytes);
}
