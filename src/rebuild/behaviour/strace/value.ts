/**
 * Arguments and results of calls as strace prints them. Pure. The text within quotes and within the `<…>` of a descriptor
 * is the package's own; strace escapes what would end it (`"` in the one, `<` and `>` in the other).
 */

export type Value =
  /** Bytes, as latin1. `cut`: there was more than strace prints. */
  | { readonly kind: 'text'; readonly bytes: string; readonly cut: boolean }
  | { readonly kind: 'list'; readonly items: readonly Value[] }
  | { readonly kind: 'fields'; readonly fields: ReadonlyMap<string, Value> }
  /** Numbers, flags, `NULL`, pointers, macros with what is in their parentheses. */
  | { readonly kind: 'word'; readonly word: string; readonly path: string | undefined };

/** Deeper or longer than any call that is looked at: the rest is left away. */
const deepest = 12;
const mostItems = 4000;

interface Cursor {
  readonly text: string;
  at: number;
}

export interface ReadValues {
  readonly values: readonly Value[];
  /** Behind the closing bracket; the end of the text where there is none. */
  readonly end: number;
}

/** The arguments from behind the opening parenthesis at `from - 1`. Never throws. */
export function readArguments(text: string, from: number): ReadValues {
  const cursor: Cursor = { text, at: from };
  const values = readItems(cursor, ')', 0);
  return { values, end: cursor.at };
}

function readItems(cursor: Cursor, close: string, depth: number): readonly Value[] {
  const values: Value[] = [];
  while (cursor.at < cursor.text.length) {
    skip(cursor);
    const letter = cursor.text[cursor.at];
    if (letter === close || letter === undefined) break;
    const before = cursor.at;
    const value = readValue(cursor, depth);
    if (values.length < mostItems) values.push(value);
    // Whatever it is, it goes on.
    if (cursor.at === before) cursor.at += 1;
  }
  cursor.at += 1;
  return values;
}

function skip(cursor: Cursor): void {
  while (/[\s,]/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1;
}

function readValue(cursor: Cursor, depth: number): Value {
  const letter = cursor.text[cursor.at];
  if (letter === '"') return readText(cursor);
  if (letter === '[' && depth < deepest) {
    cursor.at += 1;
    return { kind: 'list', items: readItems(cursor, ']', depth + 1) };
  }
  if (letter === '{' && depth < deepest) {
    cursor.at += 1;
    return readFields(cursor, depth);
  }
  return readWord(cursor);
}

function readFields(cursor: Cursor, depth: number): Value {
  const fields = new Map<string, Value>();
  while (cursor.at < cursor.text.length) {
    skip(cursor);
    if (cursor.text[cursor.at] === '}') break;
    const before = cursor.at;
    const name = /[a-z_0-9]*/iy;
    name.lastIndex = cursor.at;
    const [key = ''] = name.exec(cursor.text) ?? [];
    if (key !== '' && cursor.text[cursor.at + key.length] === '=') cursor.at += key.length + 1;
    const value = readValue(cursor, depth + 1);
    if (fields.size < mostItems && !fields.has(key)) fields.set(key, value);
    if (cursor.at === before) cursor.at += 1;
  }
  cursor.at += 1;
  return { kind: 'fields', fields };
}

function readText(cursor: Cursor): Value {
  const { text } = cursor;
  const end = closingQuote(text, cursor.at + 1);
  const bytes = unescaped(text.slice(cursor.at + 1, end));
  const cut = text.startsWith('...', end + 1);
  cursor.at = end + (cut ? 4 : 1);
  return { kind: 'text', bytes, cut };
}

/** Behind an even number of backslashes; the end of the text where there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - 1 - slashes >= from && text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

/** Until the comma or bracket that ends it; a comment and what is in parentheses belong to it. */
function readWord(cursor: Cursor): Value {
  const { text } = cursor;
  const start = cursor.at;
  let path: string | undefined;
  let open = 0;
  while (cursor.at < text.length) {
    const letter = text[cursor.at] ?? '';
    if (letter === '"') cursor.at = closingQuote(text, cursor.at + 1) + 1;
    else if (letter === '<' && isDescriptor(text.slice(start, cursor.at))) path = readPath(cursor);
    else if (letter === '/' && text[cursor.at + 1] === '*') {
      const end = text.indexOf('*/', cursor.at);
      cursor.at = end < 0 ? text.length : end + 2;
    } else {
      if (open === 0 && /[,)\]}]/.test(letter)) break;
      if (letter === '(') open += 1;
      if (letter === ')') open -= 1;
      cursor.at += 1;
    }
  }
  return { kind: 'word', word: text.slice(start, cursor.at).trim(), path };
}

function isDescriptor(before: string): boolean {
  return /^(?:\d{1,10}|AT_FDCWD)$/.test(before);
}

function readPath(cursor: Cursor): string | undefined {
  const end = cursor.text.indexOf('>', cursor.at);
  if (end < 0) {
    cursor.at = cursor.text.length;
    return undefined;
  }
  const path = decoded(unescaped(cursor.text.slice(cursor.at + 1, end)));
  cursor.at = end + 1;
  return path;
}

const letters: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  v: '\v',
  f: '\f',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
};

/** C's escapes, to bytes as latin1. */
export function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:x([0-9a-f]{1,2})|([0-7]{1,3})|([^]))/gi, (_, hex, octal, letter) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(String(hex), 16));
    if (octal !== undefined) return String.fromCharCode(parseInt(String(octal), 8) & 0xff);
    const plain = String(letter);
    return letters[plain] ?? plain;
  });
}

/** Bytes as latin1 to text; what is no UTF-8 is replaced. */
export function decoded(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

// ---- what a value is taken for ----

export function textOf(value: Value | undefined): string | undefined {
  return value?.kind === 'text' ? decoded(value.bytes) : undefined;
}

export function wordOf(value: Value | undefined): string {
  return value?.kind === 'word' ? value.word : '';
}

export function textsOf(value: Value | undefined): readonly string[] {
  return value?.kind === 'list' ? value.items.flatMap((item) => textOf(item) ?? []) : [];
}

export function fieldOf(value: Value | undefined, name: string): Value | undefined {
  return value?.kind === 'fields' ? value.fields.get(name) : undefined;
}

/** All texts in it, at any depth, as bytes: what was sent or written. */
export function bytesIn(value: Value | undefined): readonly string[] {
  if (value === undefined || value.kind === 'word') return [];
  if (value.kind === 'text') return [value.bytes];
  return (value.kind === 'list' ? value.items : [...value.fields.values()]).flatMap(bytesIn);
}
