/**
 * Signed notes (C2SP signed-note): a text, an empty line, and signature lines. The text says nothing until a trusted
 * key's signature on it was verified: use `openNote`, not `parseNote`, to believe something.
 */
import { concat, fromBase64, fromHex, fromUtf8, isPlainText, toBase64, toHex, utf8 } from './bytes.ts';
import { cosignedMessage, parseTimestamped } from './cosignature.ts';
import { isKeyName, signatureTypes, type VerifierKey } from './vkey.ts';

/** Ed25519 (RFC 8032): 32-byte key, any message, 64-byte signature. Never throws for those lengths. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly id: string;
  /** Without the key id; at least one byte. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** With its last line feed. */
  readonly text: string;
  /** 1 to 100. */
  readonly signatures: readonly NoteSignature[];
}

/** A signature that was verified. `time` (POSIX seconds) is what a cosignature states, and stays undefined else. */
export interface VerifiedSignature {
  readonly key: VerifierKey;
  readonly time: number | undefined;
}

/**
 * `malformed`: no signed note. `wrong-signature`: the signature of a known key does not verify; the note was altered.
 * `unsigned`: no known key signed it.
 */
export type NoteProblem = 'malformed' | 'wrong-signature' | 'unsigned';

export type NoteOpening =
  | { readonly ok: true; readonly note: Note; readonly verified: readonly VerifiedSignature[] }
  | { readonly ok: false; readonly problem: NoteProblem };

/** As Go's own verifier has it; the specification asks for 16 at least. */
export const maxSignatures = 100;
/** 100 post-quantum signatures fit. */
export const maxNoteBytes = 1 << 20;

/** Undefined for what is no signed note. Strict: `formatNote` of the result is the input, byte for byte. */
export function parseNote(raw: Uint8Array | string): Note | undefined {
  if (raw.length > maxNoteBytes) return undefined;
  const whole = typeof raw === 'string' ? raw : fromUtf8(raw);
  if (whole === undefined || !isPlainText(whole)) return undefined;
  const split = whole.lastIndexOf('\n\n');
  const text = whole.slice(0, split + 1);
  const signatures = parseSignatureLines(whole.slice(split + 2));
  if (split < 0 || signatures === undefined) return undefined;
  return { text, signatures };
}

/** Throws RangeError for what `parseNote` would not read back. */
export function formatNote(note: Note): string {
  const whole = `${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`;
  if (!note.text.endsWith('\n') || parseNote(whole)?.text !== note.text)
    throw new RangeError('no text of a signed note');
  return whole;
}

/** `— <name> <base64>` and a line feed. Throws RangeError for what is no signature. */
export function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  const idBytes = fromHex(id, 4);
  if (!isKeyName(name) || idBytes === undefined || signature.length === 0)
    throw new RangeError(`no signature by ${JSON.stringify(name)}`);
  return `— ${name} ${toBase64(concat([idBytes, signature]))}\n`;
}

/** 1 to 100 signature lines, as after a note's text or in a witness' answer. Undefined for anything else. */
export function parseSignatureLines(text: string): readonly NoteSignature[] | undefined {
  if (text.length > maxNoteBytes || !text.endsWith('\n')) return undefined;
  const lines = text.slice(0, -1).split('\n', maxSignatures + 1);
  if (lines.length > maxSignatures) return undefined;
  const signatures = lines.flatMap((line) => parseSignatureLine(line) ?? []);
  return signatures.length === lines.length ? signatures : undefined;
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  const match = /^— (?<name>[^ ]+) (?<base64>[^ ]+)$/.exec(line);
  const { name = '', base64 = '' } = match?.groups ?? {};
  const bytes = fromBase64(base64);
  if (!isKeyName(name) || bytes === undefined || bytes.length < 5) return undefined;
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

/**
 * Verifies every signature by a known key (same name and id); others are ignored, also those of a known name with an
 * unknown id. A key that signed twice is listed once, with its first signature, but the second must verify as well.
 */
export function openNote(
  raw: Uint8Array | string,
  keys: readonly VerifierKey[],
  verify: VerifySignature,
): NoteOpening {
  const note = parseNote(raw);
  if (note === undefined) return { ok: false, problem: 'malformed' };
  const verified = new Map<VerifierKey, VerifiedSignature>();
  const text = utf8(note.text);
  for (const signature of note.signatures) {
    for (const key of keys.filter((key) => key.name === signature.name && key.id === signature.id)) {
      const outcome = check(text, signature.signature, key, verify);
      if (outcome === 'wrong') return { ok: false, problem: 'wrong-signature' };
      if (outcome !== 'unknown' && !verified.has(key)) verified.set(key, outcome);
    }
  }
  if (verified.size === 0) return { ok: false, problem: 'unsigned' };
  return { ok: true, note, verified: [...verified.values()] };
}

function check(
  text: Uint8Array,
  signature: Uint8Array,
  key: VerifierKey,
  verify: VerifySignature,
): VerifiedSignature | 'wrong' | 'unknown' {
  switch (key.type) {
    case signatureTypes.ed25519: {
      const isGood = signature.length === 64 && verify(key.publicKey, text, signature);
      return isGood ? { key, time: undefined } : 'wrong';
    }
    case signatureTypes.cosignature: {
      const stamped = parseTimestamped(signature);
      if (stamped === undefined) return 'wrong';
      const message = cosignedMessage(text, stamped.time);
      return verify(key.publicKey, message, stamped.signature) ? { key, time: stamped.time } : 'wrong';
    }
    default:
      return 'unknown';
  }
}
