/** Files as texts: what is one, and its lines. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined for what is no UTF-8, or holds NUL. */
export function textOf(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined;
  try {
    return strict.decode(content);
  } catch {
    return undefined;
  }
}

/** A longer line is one that nobody wrote by hand. */
const longLine = 1000;

export interface Lines {
  readonly lines: readonly string[];
  /** Long lines were cut behind `;`, `{`, `}` and `,`, so that a change in one can be shown. */
  readonly cut: boolean;
}

/** Of two texts in the same way: either both are cut or none. */
export function linesOfBoth(a: string, b: string): readonly [Lines, Lines] {
  const cut = hasLongLine(a) || hasLongLine(b);
  return [linesOf(a, cut), linesOf(b, cut)];
}

function linesOf(text: string, cut: boolean): Lines {
  // What is not there has no line, not an empty one.
  const lines = text === '' ? [] : text.split('\n');
  return { lines: cut ? lines.flatMap(pieces) : lines, cut };
}

function hasLongLine(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    if ((end === -1 ? text.length : end) - at > longLine) return true;
    if (end === -1) return false;
    at = end + 1;
  }
  return false;
}

/** No parser: strings are cut as well, which shows the same characters. */
function pieces(line: string): readonly string[] {
  if (line.length <= longLine) return [line];
  return line.match(/[^;{},]{0,400}[;{},]|[^;{},]{1,400}/g) ?? [line];
}

/** A text for a report: well-formed, of at most so many characters, and saying where it was cut. */
export function clipText(text: string, most: number): string {
  if (text.length <= most) return text.toWellFormed();
  return `${text.slice(0, most).toWellFormed()}\n[${text.length - most} more characters are left out]`;
}
