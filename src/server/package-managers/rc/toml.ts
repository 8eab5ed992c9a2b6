/**
 * Bun's `bunfig.toml`: one string in one table. Only what is certain is edited: TOML that spells the setting in
 * another way (dotted keys, a table of its own, multi-line strings) is left to a person.
 */
import { AssayError } from '../../../core/errors.ts';
import { insertLine, lineBreakOf, linesOf, type KeyEditor } from './key-editor.ts';

export function tomlKey(table: string, key: string): KeyEditor {
  return {
    name: `${table}.${key}`,
    read: (text) => find(text, table, key).value,
    write: (text, value) => writeKey(text, table, key, value),
  };
}

interface Found {
  /** Line of `[table]`; -1 when there is none. */
  readonly header: number;
  /** Line of the key; -1 when it is not set. */
  readonly index: number;
  readonly value: string | undefined;
}

function find(text: string, table: string, key: string): Found {
  if (/"""|'''/.test(text)) throw unusable('it has multi-line strings');
  let current = '';
  let found: Found = { header: -1, index: -1, value: undefined };
  for (const [index, line] of linesOf(text).entries()) {
    const header = /^\s*\[\s*([^\]]*?)\s*\]\s*(?:#.*)?$/.exec(line);
    if (header !== null) {
      current = (header[1] ?? '').replace(/["'\s]/g, '');
      if (current === `${table}.${key}`) throw unusable(`[${table}.${key}] is a table of its own`);
      if (current === table) found = { ...found, header: index };
      continue;
    }
    const name = /^\s*([A-Za-z0-9_."'\- ]+?)\s*=/.exec(line)?.[1]?.replace(/["'\s]/g, '');
    if (name === undefined) continue;
    const full = current === '' ? name : `${current}.${name}`;
    if (full === `${table}.${key}` && current === table) found = { ...found, index, value: stringIn(line) };
    else if (full === `${table}.${key}` || full.startsWith(`${table}.${key}.`) || full === table)
      throw unusable(`${full} is set in a way that is not edited`);
  }
  return found;
}

const assignment = /^(\s*[^=]+=\s*)("(?:[^"\\]|\\.)*"|'[^']*')(\s*(?:#[^\r\n]*)?\r?\n?)$/;

function stringIn(line: string): string {
  const raw = assignment.exec(line)?.[2];
  if (raw === undefined) throw unusable('the registry is no plain string');
  try {
    return raw.startsWith("'") ? raw.slice(1, -1) : (JSON.parse(raw) as string);
  } catch {
    throw unusable('the registry is no plain string');
  }
}

function writeKey(text: string, table: string, key: string, value: string | undefined): string {
  const found = find(text, table, key);
  const lines = linesOf(text);
  if (found.index >= 0) {
    const [, head = '', , tail = ''] = assignment.exec(lines[found.index] ?? '') ?? [];
    const replaced = value === undefined ? '' : `${head}${JSON.stringify(value)}${tail}`;
    return [...lines.slice(0, found.index), replaced, ...lines.slice(found.index + 1)].join('');
  }
  if (value === undefined) return text;
  const line = `${key} = ${JSON.stringify(value)}`;
  if (found.header >= 0) return insertLine(text, found.header + 1, line);
  return insertLine(text, lines.length, `[${table}]${lineBreakOf(text)}${line}`);
}

function unusable(why: string): AssayError {
  return new AssayError('RC_FILE_UNUSABLE', `the file cannot be edited safely: ${why}`);
}
