/** The one way a document becomes text. */
import type { Json, JsonObject } from '../core/json.ts';

/**
 * Two spaces a level. Build services read commands in what a program prints (`::set-output`, `##[command]`,
 * `##vso[task]`), also within a line; osv-scanner 2.3.6 and 2.4.0 had to learn it. So no line starts with a colon and
 * no two colons or hashes stand together; nor does anything invisible or reordering (CVE-2021-42574). It is the same JSON:
 * strings are written with escapes.
 */
export function documentText(document: JsonObject): string {
  return `${JSON.stringify(document, null, 2).replace(commands, escaped)}\n`;
}

const commands =
  // eslint-disable-next-line no-control-regex
  /##|::|[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Of a pair, both: in `:::` the last one has no partner. */
function escaped(text: string): string {
  return [...Array(text.length).keys()]
    .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Hostile text within a document: well-formed, without control characters, of bounded length. */
export function plainText(text: string, maxLength = 500): string {
  const clean = text
    .slice(0, maxLength * 4)
    .toWellFormed()
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 3).toWellFormed()}...`;
}

/** Without the entries that are undefined: a document says nothing where nothing is known. */
export function compact(entries: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(entries).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  );
}
