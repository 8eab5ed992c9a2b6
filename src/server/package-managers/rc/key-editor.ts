/** One setting in a configuration file of a package manager: pure, every other byte of the file stays as it is. */
export interface KeyEditor {
  /** How the setting is named to a person: `registry`. */
  readonly name: string;
  /** Its value; undefined when it is not set. Throws RC_FILE_UNUSABLE when the file cannot be read safely. */
  readonly read: (text: string) => string | undefined;
  /** The file with the setting at this value, or without it. */
  readonly write: (text: string, value: string | undefined) => string;
}

/** One replaced stretch, in UTF-16 code units: enough to go back, without keeping the rest (which may hold tokens). */
export interface Splice {
  readonly at: number;
  readonly removed: string;
  readonly inserted: string;
}

export function spliceBetween(before: string, after: string): Splice {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end])
    end += 1;
  return {
    at: start,
    removed: before.slice(start, before.length - end),
    inserted: after.slice(start, after.length - end),
  };
}

/** Undefined when the text is not the one the splice led to. */
export function revertSplice(after: string, splice: Splice): string | undefined {
  const { at, removed, inserted } = splice;
  if (after.slice(at, at + inserted.length) !== inserted) return undefined;
  return after.slice(0, at) + removed + after.slice(at + inserted.length);
}

/** The line break a file uses. */
export function lineBreakOf(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

/** Lines with their breaks, so that joining them gives the text back. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The text with a line of its own added, before line `index`, whatever the file's last line ends with. */
export function insertLine(text: string, index: number, line: string): string {
  const eol = lineBreakOf(text);
  const lines = linesOf(text);
  const before = lines.slice(0, index).join('');
  const gap = before === '' || before.endsWith('\n') ? '' : eol;
  return `${before}${gap}${line}${eol}${lines.slice(index).join('')}`;
}
