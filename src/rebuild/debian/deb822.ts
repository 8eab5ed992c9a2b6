/**
 * Paragraphs of fields, as Release, Sources, Packages and `.dsc` files have them (deb822(5)). Pure and strict: where
 * readers are known to differ (a field twice, a line of blanks, a lone carriage return, a comment) nothing is read.
 */
import { archiveError } from './refusals.ts';

/** Field names in lower case → the value: its lines, without the blank that continued lines begin with. */
export type Paragraph = ReadonlyMap<string, string>;

const mostFields = 1000;
const mostParagraphBytes = 16 * 1024 * 1024;
const nameForm = /^[!-"$-,.-9;-~][!-9;-~]*$/;

/** Text of exact bytes. Throws DEBIAN_ARCHIVE_INVALID where they are no UTF-8. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw archiveError(`${what} is no UTF-8 text`);
  }
}

/** Exactly one paragraph. Throws DEBIAN_ARCHIVE_INVALID. */
export function readParagraph(text: string, what: string): Paragraph {
  const trimmed = text.replace(/^\n+|\n+$/g, '');
  if (trimmed.includes('\n\n')) throw archiveError(`${what} has more than one paragraph`);
  if (trimmed.length > mostParagraphBytes) throw archiveError(`${what} is too long`);
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of trimmed.split('\n')) {
    if (/[\r\0]/.test(line)) throw archiveError(`${what} has a control character`);
    if (line.trim() === '')
      throw archiveError(`${what} has a line of blanks, which readers take differently`);
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const before = last === undefined ? undefined : fields.get(last);
      if (last === undefined || before === undefined)
        throw archiveError(`${what} begins with a continued line`);
      fields.set(last, `${before}\n${line.slice(1)}`);
      continue;
    }
    last = addField(fields, line, what);
  }
  return fields;
}

function addField(fields: Map<string, string>, line: string, what: string): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  if (!nameForm.test(name)) throw archiveError(`${what} has a line that is no field`);
  const key = name.toLowerCase();
  if (fields.has(key)) throw archiveError(`${what} has the field ${JSON.stringify(name.slice(0, 80))} twice`);
  if (fields.size >= mostFields) throw archiveError(`${what} has more than ${mostFields} fields`);
  fields.set(key, line.slice(colon + 1).trim());
  return key;
}

/** Value on one line. Throws DEBIAN_ARCHIVE_INVALID where it is missing, empty, or has more lines. */
export function requiredField(paragraph: Paragraph, name: string, what: string): string {
  const value = optionalField(paragraph, name, what);
  if (value === undefined || value === '') throw archiveError(`${what} has no ${name}`);
  return value;
}

/** As {@link requiredField}; undefined where it is missing. */
export function optionalField(paragraph: Paragraph, name: string, what: string): string | undefined {
  const value = paragraph.get(name.toLowerCase());
  if (value?.includes('\n') === true) throw archiveError(`${what} has more than one line in ${name}`);
  return value;
}

// ---- long indexes ----

/** An index with very many paragraphs: read one by one when they are asked for. */
export interface ParagraphIndex {
  /** Those whose first `Package` line names it. Throws DEBIAN_ARCHIVE_INVALID for one that is not in the form. */
  readonly named: (name: string) => readonly Paragraph[];
  /** Names of packages with a `Provides` of this name, sorted. */
  readonly providersOf: (name: string) => readonly string[];
  readonly size: number;
}

const mostParagraphs = 1_000_000;

/** Throws DEBIAN_ARCHIVE_INVALID. */
export function indexParagraphs(text: string, what: string): ParagraphIndex {
  const places = new Map<string, string[]>();
  const provided = new Map<string, Set<string>>();
  let size = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n\n', from);
    const paragraph = text.slice(from, end === -1 ? text.length : end);
    from = end === -1 ? text.length : end + 2;
    if (paragraph.trim() === '') continue;
    size += 1;
    if (size > mostParagraphs) throw archiveError(`${what} has more than ${mostParagraphs} paragraphs`);
    const name = /^Package: *(\S+)$/im.exec(paragraph)?.[1];
    if (name === undefined) throw archiveError(`${what} has a paragraph without Package`);
    put(
      places,
      name,
      () => [],
      (list) => list.push(paragraph),
    );
    for (const other of providedIn(paragraph))
      put(
        provided,
        other,
        () => new Set<string>(),
        (names) => names.add(name),
      );
  }
  return {
    named: (name) =>
      (places.get(name) ?? [])
        .map((paragraph) => readParagraph(paragraph, `${what}, ${name}`))
        .filter((paragraph) => paragraph.get('package') === name),
    providersOf: (name) => [...(provided.get(name) ?? [])].sort(),
    size,
  };
}

function put<T>(map: Map<string, T>, key: string, make: () => T, use: (value: T) => unknown): void {
  const value = map.get(key) ?? make();
  map.set(key, value);
  use(value);
}

function providedIn(paragraph: string): readonly string[] {
  const line = /^Provides: *(.+)$/im.exec(paragraph)?.[1];
  if (line === undefined) return [];
  return line.split(',').map((one) => one.trim().split(/[ (:]/, 1)[0] ?? '');
}
