/** The name of a log: first line of its checkpoints, key name of its signatures, and the signer's folder for it. */

/** A key name of C2SP signed-note (no space, no `+`), in ASCII so that everyone sees the same name. */
export const originPattern = /^[!-*,-~]{1,80}$/;

export function isOrigin(text: string): boolean {
  return originPattern.test(text);
}

/**
 * A file name of its own for each origin, also where the file system does not tell capitals apart: lower-case letters,
 * digits, dots and hyphens stand for themselves, every other character is `_` and its two hex digits: at most 240
 * characters. The letters in front keep `.` and `..` from being names.
 */
export function originFolder(origin: string): string {
  if (!isOrigin(origin)) throw new RangeError(`no origin of a log: ${JSON.stringify(origin)}`);
  return `log-${origin.replace(/[^a-z0-9.-]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)}`;
}
