/** npm's `.npmrc` (INI): `key=value` before any `[section]`; the last one of a key counts. */
import { readNpmrc } from '../npmrc.ts';
import { insertLine, linesOf, type KeyEditor } from './key-editor.ts';

export function iniKey(key: string): KeyEditor {
  return {
    name: key,
    read: (text) => lastLine(text, key)?.value,
    write: (text, value) => writeKey(text, key, value),
  };
}

function lastLine(text: string, key: string): { readonly value: string; readonly index: number } | undefined {
  const entry = readNpmrc(text).findLast((one) => one.key === key);
  return entry === undefined ? undefined : { value: entry.value, index: entry.line - 1 };
}

function writeKey(text: string, key: string, value: string | undefined): string {
  const found = lastLine(text, key);
  const lines = linesOf(text);
  if (found === undefined) {
    if (value === undefined) return text;
    const section = lines.findIndex((line) => line.trimStart().startsWith('['));
    return insertLine(text, section < 0 ? lines.length : section, `${key}=${value}`);
  }
  const line = lines[found.index] ?? '';
  const [, head = `${key}=`, end = ''] = /^([^=]*=[ \t]*)[^\r\n]*(\r?\n?)$/.exec(line) ?? [];
  const replaced = value === undefined ? '' : `${head}${value}${end}`;
  return [...lines.slice(0, found.index), replaced, ...lines.slice(found.index + 1)].join('');
}
