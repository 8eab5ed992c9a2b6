/**
 * What a file's bytes tell without being understood: zeros, lines, hidden and invisible characters. Each is asked only
 * where it matters, and looks at as few bytes as it can.
 */
import { isAscii } from 'node:buffer';

const space = 0x20;
const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The same bytes, with the methods of a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function isOnlyAscii(bytes: Uint8Array): boolean {
  return isAscii(bytes);
}

/** More than one byte in fifty is zero: no text. */
export function isMostlyBinary(bytes: Uint8Array): boolean {
  const buffer = bufferOf(bytes);
  let zeros = 0;
  for (let at = buffer.indexOf(0); at !== -1 && at < bytes.length; at += 1) {
    if (bytes[at] === 0) zeros += 1;
    if (zeros * 50 > bytes.length) return true;
  }
  return false;
}

/** Whether a line is longer than `length` bytes. */
export function hasLineOver(bytes: Uint8Array, length: number): boolean {
  let lineStart = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    if (bytes[i] === lineFeed || bytes[i] === carriageReturn) lineStart = i + 1;
    else if (i - lineStart >= length) return true;
  }
  return false;
}

/** A run this long pushes what follows out of every editor's window. */
const hiddenRun = 150;

/** Offset where the longest run of spaces and tabs between two other characters of one line ends; -1: none over 150. */
export function farRightOf(bytes: Uint8Array): number {
  let longest = hiddenRun;
  let found = -1;
  // A run that long covers one of these places: all others need not be looked at.
  for (let at = hiddenRun; at < bytes.length; at += hiddenRun) {
    if (!isBlank(bytes[at])) continue;
    let start = at;
    while (isBlank(bytes[start - 1])) start -= 1;
    let end = at + 1;
    while (isBlank(bytes[end])) end += 1;
    at = end - (end % hiddenRun);
    if (end - start <= longest || (bytes[end] ?? 0) <= space || !isAfterText(bytes, start)) continue;
    longest = end - start;
    found = end;
  }
  return found;
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

/** Whether its line has text before the offset. */
function isAfterText(bytes: Uint8Array, offset: number): boolean {
  for (let i = offset - 1; i >= 0; i -= 1) {
    const byte = bytes[i] ?? 0;
    if (byte > space) return true;
    if (byte === lineFeed || byte === carriageReturn) return false;
  }
  return false;
}

export interface InvisibleFacts {
  /** Longest run of variation selectors or tag characters: bytes can be written with them that nobody sees. */
  readonly invisibleRun: number;
  readonly invisibleAt: number;
  /** Offset of the first bidirectional control (CVE-2021-42574); -1: none. */
  readonly bidiAt: number;
  /** Offset of the first Hangul filler, a letter that looks like nothing; -1: none. */
  readonly fillerAt: number;
}

const nothingInvisible: InvisibleFacts = { invisibleRun: 0, invisibleAt: -1, bidiAt: -1, fillerAt: -1 };

/** How the characters asked for begin in UTF-8. Few texts have any, which a search for each tells soonest. */
const invisibleStarts = 'efb8 f3a0 e280aa e280ab e280ac e280ad e280ae e281 e385a4 efbea0'
  .split(' ')
  .map((hex) => Buffer.from(hex, 'hex'));

/** Only worth asking where there is anything outside ASCII. Works on UTF-8 bytes; other encodings show nothing. */
export function invisibleFacts(bytes: Uint8Array): InvisibleFacts {
  const buffer = bufferOf(bytes);
  if (!invisibleStarts.some((start) => buffer.includes(start))) return nothingInvisible;
  let run = 0;
  let invisibleRun = 0;
  let invisibleAt = -1;
  let bidiAt = -1;
  let fillerAt = -1;
  for (let i = 0; i < bytes.length; i += 1) {
    const first = bytes[i] ?? 0;
    if (first < 0xe2) {
      run = 0;
      continue;
    }
    const second = bytes[i + 1] ?? 0;
    const third = bytes[i + 2] ?? 0;
    const selector = first === 0xef && second === 0xb8 && third >= 0x80 && third <= 0x8f;
    const plane14 = first === 0xf3 && second === 0xa0 && third >= 0x80 && third <= 0x87;
    if (selector || plane14) {
      run += 1;
      if (run > invisibleRun) {
        invisibleRun = run;
        if (run === 1 || invisibleAt === -1) invisibleAt = i;
      }
      i += selector ? 2 : 3;
      continue;
    }
    run = 0;
    const bidi =
      first === 0xe2 &&
      ((second === 0x80 && third >= 0xaa && third <= 0xae) ||
        (second === 0x81 && third >= 0xa6 && third <= 0xa9));
    if (bidi && bidiAt === -1) bidiAt = i;
    const filler =
      (first === 0xe3 && second === 0x85 && third === 0xa4) ||
      (first === 0xef && second === 0xbe && third === 0xa0);
    if (filler && fillerAt === -1) fillerAt = i;
  }
  return { invisibleRun, invisibleAt, bidiAt, fillerAt };
}
