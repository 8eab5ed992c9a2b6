/** What one pass over a file's bytes tells without understanding them: entropy, lines, hidden and invisible characters. */

export interface ByteFacts {
  /** Shannon entropy in bits a byte, 0 to 8. */
  readonly entropy: number;
  readonly lines: number;
  readonly longestLine: number;
  /** Offset where the longest run of spaces and tabs between two other characters of one line ends; -1: none over 150. */
  readonly hiddenAt: number;
  readonly zeroBytes: number;
  readonly nonAscii: number;
}

/** A run this long pushes what follows out of every editor's window. */
const hiddenRun = 150;

export function byteFacts(bytes: Uint8Array): ByteFacts {
  const counts = new Uint32Array(256);
  let lines = 1;
  let longestLine = 0;
  let lineStart = 0;
  let run = 0;
  let longestRun = hiddenRun;
  let hiddenAt = -1;
  let sawText = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    counts[byte] = (counts[byte] as number) + 1;
    if (byte > 0x20) {
      if (run > longestRun && sawText) {
        longestRun = run;
        hiddenAt = i;
      }
      sawText = true;
      run = 0;
      continue;
    }
    if (byte === 0x20 || byte === 0x09) {
      run += 1;
      continue;
    }
    run = 0;
    if (byte === 0x0a || byte === 0x0d) {
      if (byte === 0x0a) lines += 1;
      if (i - lineStart > longestLine) longestLine = i - lineStart;
      lineStart = i + 1;
      sawText = false;
    }
  }
  if (bytes.length - lineStart > longestLine) longestLine = bytes.length - lineStart;
  let entropy = 0;
  let nonAscii = 0;
  for (let value = 0; value < 256; value += 1) {
    const count = counts[value] ?? 0;
    if (value >= 0x80) nonAscii += count;
    if (count > 0) entropy -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return { entropy, lines, longestLine, hiddenAt, zeroBytes: counts[0] ?? 0, nonAscii };
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

/** Only worth asking where there is anything outside ASCII. Works on UTF-8 bytes; other encodings show nothing. */
export function invisibleFacts(bytes: Uint8Array): InvisibleFacts {
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
