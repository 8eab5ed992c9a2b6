/** Yarn 1's `.yarnrc`: `key "value"` lines, in the syntax of its lockfile. */
import { AssayError } from '../../../core/errors.ts';
import { insertLine, linesOf, type KeyEditor } from './key-editor.ts';

export function yarnrcKey(key: string): KeyEditor {
  return {
    name: key,
    read: (text) => last(text, key)?.value,
    write: (text, value) => writeKey(text, key, value),
  };
}

interface Found {
  readonly index: number;
  readonly head: string;
  readonly value: string;
  readonly end: string;
}

function last(text: string, key: string): Found | undefined {
  const found = linesOf(text).map((line, index) => match(line, index, key));
  return found.findLast((one) => one !== undefined);
}

function match(line: string, index: number, key: string): Found | undefined {
  const parts = /^(?:"([^"]+)"|([^\s"#]+))([ \t]+)(.*?)[ \t]*(\r?\n?)$/.exec(line);
  if (parts === null || (parts[1] ?? parts[2]) !== key) return undefined;
  const head = line.slice(
    0,
    line.length - (parts[4] ?? '').length - (/[ \t]*\r?\n?$/.exec(line)?.[0].length ?? 0),
  );
  return { index, head, value: unquoted(parts[4] ?? '', key), end: parts[5] ?? '' };
}

function unquoted(raw: string, key: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(raw);
  if (quoted === null) return raw;
  try {
    return JSON.parse(raw) as string;
  } catch (cause) {
    throw new AssayError(
      'RC_FILE_UNUSABLE',
      `the value of ${key} in .yarnrc cannot be read: ${raw.slice(0, 100)}`,
      { cause },
    );
  }
}

function writeKey(text: string, key: string, value: string | undefined): string {
  const found = last(text, key);
  const lines = linesOf(text);
  if (found === undefined)
    return value === undefined ? text : insertLine(text, lines.length, `${key} ${JSON.stringify(value)}`);
  const replaced = value === undefined ? '' : `${found.head}${JSON.stringify(value)}${found.end}`;
  return [...lines.slice(0, found.index), replaced, ...lines.slice(found.index + 1)].join('');
}
