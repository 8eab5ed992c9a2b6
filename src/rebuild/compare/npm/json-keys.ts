/**
 * Reads a package.json as every reader reads it, or not at all: JSON.parse takes the last of two equal keys and other
 * parsers the first, so a document with a key twice is refused, and so is one that is nested too deeply.
 */
import { hasCanonicalForm } from '../../../core/canonical-json.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../core/json.ts';
import { textOf } from '../text.ts';

export type ManifestReading =
  | { readonly manifest: JsonObject; readonly problem: undefined }
  | { readonly manifest: undefined; readonly problem: string };

const mostBytes = 4 * 1024 * 1024;
const mostDepth = 100;

export function readManifest(content: Uint8Array): ManifestReading {
  if (content.length > mostBytes) return refused('it is larger than 4 MiB');
  const text = textOf(content);
  if (text === undefined) return refused('it is no UTF-8 text');
  // npm strips a byte order mark; JSON.parse would not.
  const json = text.startsWith('\u{feff}') ? text.slice(1) : text;
  const parsed = parse(json);
  if (!isJsonObject(parsed)) return refused('it is no JSON object');
  const problem = keyProblem(json);
  if (problem !== undefined) return refused(problem);
  return hasCanonicalForm(parsed)
    ? { manifest: parsed, problem: undefined }
    : refused('it holds text that has no canonical form');
}

function refused(problem: string): ManifestReading {
  return { manifest: undefined, problem };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Of a text that JSON.parse accepted: so strings, brackets and colons are where they belong. */
function keyProblem(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[[\]{}]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (isKey(text, token.lastIndex)) {
      const keys = open.at(-1);
      const key = JSON.parse(found) as string;
      if (keys?.has(key) === true) return `it has the key ${JSON.stringify(key.slice(0, 100))} twice`;
      keys?.add(key);
    }
    if (open.length > mostDepth) return 'it is nested too deeply';
  }
  return undefined;
}

function isKey(text: string, at: number): boolean {
  let next = at;
  while (' \t\n\r'.includes(text[next] ?? '')) {
    if (next >= text.length) return false;
    next += 1;
  }
  return text[next] === ':';
}
