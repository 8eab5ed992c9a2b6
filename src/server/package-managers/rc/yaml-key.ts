/**
 * YAML configuration (Yarn's `.yarnrc.yml`, pnpm's `config.yaml`): the parser says where a value stands, and only
 * that stretch is replaced, so that comments, order and style stay.
 */
import { isMap, isScalar, isSeq, parseDocument, type Node, type Pair, type YAMLMap } from 'yaml';
import { AssayError } from '../../../core/errors.ts';
import { insertLine, linesOf, type KeyEditor } from './key-editor.ts';

/** A scalar at the top level, or one map deeper (`registries.default`), which is only ever replaced, never added. */
export function yamlKey(path: readonly [string] | readonly [string, string]): KeyEditor {
  return {
    name: path.join('.'),
    read: (text) => {
      const node = find(text, path)?.value;
      if (node === undefined || node === null) return undefined;
      if (!isScalar(node)) throw unusable(`${path.join('.')} is no single value`);
      return String(node.value);
    },
    write: (text, value) => writeScalar(text, path, value),
  };
}

/** An entry of a list at the top level. Value `undefined` takes it out. The file's other entries stay. */
export function yamlListEntry(key: string, entry: string): KeyEditor {
  return {
    name: key,
    read: (text) => (entriesOf(text, key).includes(entry) ? entry : undefined),
    write: (text, value) =>
      value === undefined ? removeEntry(text, key, entry) : addEntry(text, key, entry),
  };
}

function top(text: string): YAMLMap | undefined {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw unusable(`it is not valid YAML (${error.message.split('\n', 1)[0] ?? ''})`);
  if (document.contents === null) return undefined;
  if (!isMap(document.contents) || document.contents.flow === true)
    throw unusable('it is no block of `key: value` lines');
  return document.contents;
}

function find(text: string, path: readonly string[]): Pair | undefined {
  let map: unknown = top(text);
  for (const [index, step] of path.entries()) {
    if (!isMap(map)) return undefined;
    const pair: Pair | undefined = map.items.find((item) => isScalar(item.key) && item.key.value === step);
    if (pair === undefined || index === path.length - 1) return pair;
    map = pair.value;
  }
  return undefined;
}

function writeScalar(text: string, path: readonly string[], value: string | undefined): string {
  const pair = find(text, path);
  if (pair === undefined) {
    if (value === undefined) return text;
    if (path.length > 1) throw unusable(`${path.join('.')} is not there`);
    return insertLine(text, endOfMap(text), `${path[0]}: ${JSON.stringify(value)}`);
  }
  if (value === undefined) return removeLines(text, pair);
  const node = pair.value;
  if (
    !isScalar(node) ||
    node.range === undefined ||
    node.range === null ||
    node.type === 'BLOCK_LITERAL' ||
    node.type === 'BLOCK_FOLDED'
  )
    throw unusable(`${path.join('.')} is no single value on its line`);
  const gap = text.slice(0, node.range[0]).endsWith(':') ? ' ' : '';
  return `${text.slice(0, node.range[0])}${gap}${JSON.stringify(value)}${text.slice(node.range[1])}`;
}

/** The number of lines, or the line of a document end marker after which nothing may be added. */
function endOfMap(text: string): number {
  const lines = linesOf(text);
  const end = lines.findIndex((line) => /^\.\.\.(?:\s|$)/.test(line));
  return end < 0 ? lines.length : end;
}

function removeLines(text: string, pair: Pair): string {
  const key = pair.key as Node;
  const last = (pair.value as Node | null)?.range?.[1] ?? key.range?.[1] ?? 0;
  const start = text.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) + 1;
  const next = text.indexOf('\n', Math.max(start, last - 1));
  return text.slice(0, start) + (next < 0 ? '' : text.slice(next + 1));
}

function entriesOf(text: string, key: string): readonly string[] {
  const pair = find(text, [key]);
  if (pair === undefined || pair.value === null) return [];
  if (!isSeq(pair.value)) throw unusable(`${key} is no list`);
  return pair.value.items.map((item) => (isScalar(item) ? String(item.value) : ''));
}

function addEntry(text: string, key: string, entry: string): string {
  const pair = find(text, [key]);
  const quoted = JSON.stringify(entry);
  if (pair === undefined) {
    const at = endOfMap(text);
    return insertLine(
      insertLine(text, at, `${key}:`),
      linesOf(insertLine(text, at, `${key}:`)).indexOf(`${key}:${eolAfter(text)}`) + 1,
      `  - ${quoted}`,
    );
  }
  if (entriesOf(text, key).includes(entry)) return text;
  const seq = pair.value as Node | null;
  if (!isSeq(seq) || seq.range === undefined || seq.range === null) throw unusable(`${key} is no list`);
  const start = seq.range[0];
  if (seq.flow === true)
    return `${text.slice(0, start + 1)}${quoted}${seq.items.length === 0 ? '' : ', '}${text.slice(start + 1)}`;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  return `${text.slice(0, lineStart)}${text.slice(lineStart, start)}- ${quoted}${eolAfter(text)}${text.slice(lineStart)}`;
}

function eolAfter(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

/** The last entry takes its key along: an empty `key:` would be null, not an empty list. */
function removeEntry(text: string, key: string, entry: string): string {
  const pair = find(text, [key]);
  const seq = pair?.value;
  if (pair === undefined || !isSeq(seq)) return text;
  const index = seq.items.findIndex((item) => isScalar(item) && item.value === entry);
  if (index < 0) return text;
  if (seq.items.length === 1) return removeLines(text, pair);
  const node = seq.items[index] as Node;
  const [start, end] = [node.range?.[0] ?? 0, node.range?.[1] ?? 0];
  if (seq.flow === true) {
    const after = /^\s*,\s*/.exec(text.slice(end));
    if (after !== null) return text.slice(0, start) + text.slice(end + after[0].length);
    return text.slice(0, start).replace(/,\s*$/, '') + text.slice(end);
  }
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const next = text.indexOf('\n', end);
  return text.slice(0, lineStart) + (next < 0 ? '' : text.slice(next + 1));
}

function unusable(why: string): AssayError {
  return new AssayError('RC_FILE_UNUSABLE', `the file cannot be edited safely: ${why}`);
}
