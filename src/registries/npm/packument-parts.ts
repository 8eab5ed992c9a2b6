/**
 * The stored form of a packument that was read: every version already serialised, in both forms, cut where the
 * tarball's URL goes. Rendering copies byte ranges; it never parses a version again.
 *
 * File: `ASSAYNP1`, length of the header (u32 LE), CRC-32 of all that follows (u32 LE), header (JSON), body.
 * The header is the offset table: lengths in the order in which the texts lie in the body.
 */
import { crc32 } from 'node:zlib';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/**
 * JSON text of a version's object, in two pieces. Between them goes the start of a URL up to the last slash:
 * `before` ends with `"tarball":"`, `after` starts with the encoded file name and the closing quote.
 */
export interface SplicedText {
  readonly before: string;
  readonly after: string;
}

export interface VersionPart {
  readonly version: string;
  /** Decoded file name; unique within the package. */
  readonly file: string;
  /** `dist.tarball` as upstream sent it. */
  readonly url: string;
  readonly full: SplicedText;
  readonly abbreviated: SplicedText;
}

/** Top-level field of the full form. `rendered`: its place is kept, its text is made when the answer is. */
export type FieldPart =
  | { readonly key: string; readonly text: string }
  | { readonly key: string; readonly rendered: true };

export interface PackumentParts {
  readonly name: string;
  readonly digest: Sha256;
  readonly tags: readonly (readonly [string, string])[];
  /** As upstream sent it, without the versions left out; undefined when upstream sends none. */
  readonly time: readonly (readonly [string, Json])[] | undefined;
  /** Not earlier than any time upstream lists: its own `modified` where that is so, else the newest of them. */
  readonly modified: string | undefined;
  readonly fields: readonly FieldPart[];
  readonly versions: readonly VersionPart[];
}

/** Byte range in the body. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface VersionSpans {
  readonly version: string;
  readonly file: string;
  readonly url: string;
  readonly full: readonly [Span, Span];
  readonly abbreviated: readonly [Span, Span];
}

/** An opened parts file. Its spans point into `body`. */
export interface PartsFile {
  readonly name: string;
  readonly digest: Sha256;
  readonly tags: PackumentParts['tags'];
  readonly time: PackumentParts['time'];
  readonly modified: string | undefined;
  readonly fields: readonly { readonly key: string; readonly span: Span | undefined }[];
  /** In upstream's order. */
  readonly versions: ReadonlyMap<string, VersionSpans>;
  readonly body: Uint8Array;
}

const magic = Buffer.from('ASSAYNP1', 'latin1');
const headerAt = magic.length + 8;

type Lengths = readonly [number, number];
/** Version, file, URL, lengths of the full form's two pieces, and of the abbreviated form's. */
type VersionRow = readonly [string, string, string, Lengths, Lengths];

interface Header {
  readonly name: string;
  readonly digest: Sha256;
  readonly tags: PackumentParts['tags'];
  readonly time: PackumentParts['time'] | null;
  readonly modified: string | null;
  /** Key and length; -1 where the text is rendered. */
  readonly fields: readonly (readonly [string, number])[];
  readonly versions: readonly VersionRow[];
}

/** Body: fields, then the full form of every version, then the abbreviated form of every version. */
export function encodeParts(parts: PackumentParts): Uint8Array {
  const texts: Buffer[] = [];
  const add = (text: string): number => {
    const bytes = Buffer.from(text, 'utf8');
    texts.push(bytes);
    return bytes.length;
  };
  const addPair = ({ before, after }: SplicedText): Lengths => [add(before), add(after)];
  const fields = parts.fields.map((field) => [field.key, 'text' in field ? add(field.text) : -1] as const);
  const full = parts.versions.map((part) => addPair(part.full));
  const abbreviated = parts.versions.map((part) => addPair(part.abbreviated));
  const versions = parts.versions.map(({ version, file, url }, at): VersionRow => [
    version,
    file,
    url,
    full[at] ?? [0, 0],
    abbreviated[at] ?? [0, 0],
  ]);
  const { name, digest, tags, time = null, modified = null } = parts;
  const header: Header = { name, digest, tags, time, modified, fields, versions };
  return frame(Buffer.from(JSON.stringify(header), 'utf8'), texts);
}

function frame(header: Uint8Array, texts: readonly Uint8Array[]): Uint8Array {
  const size = texts.reduce((sum, text) => sum + text.length, headerAt + header.length);
  // Not from Node's shared pool: the bytes are handed between threads.
  const bytes = Buffer.allocUnsafeSlow(size);
  magic.copy(bytes);
  bytes.writeUInt32LE(header.length, magic.length);
  bytes.set(header, headerAt);
  let at = headerAt + header.length;
  for (const text of texts) {
    bytes.set(text, at);
    at += text.length;
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(headerAt)), magic.length + 4);
  return bytes;
}

/** Throws INDEX_PARTS_CORRUPT for anything `encodeParts` of this version did not write. */
export function openParts(bytes: Uint8Array): PartsFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < headerAt || !buffer.subarray(0, magic.length).equals(magic))
    throw corrupt('it does not start as one');
  const headerEnd = headerAt + buffer.readUInt32LE(magic.length);
  if (headerEnd > buffer.length) throw corrupt('it ends within its header');
  if (crc32(buffer.subarray(headerAt)) !== buffer.readUInt32LE(magic.length + 4))
    throw corrupt('its checksum differs');
  return place(parseHeader(buffer.toString('utf8', headerAt, headerEnd)), buffer.subarray(headerEnd));
}

/** The checksum has held: what is read here is what `encodeParts` wrote, in this version's shape or an older one's. */
function parseHeader(text: string): Header {
  const header = parseJson(text);
  if (!isJsonObject(header) || !Array.isArray(header['versions']) || !Array.isArray(header['fields'])) {
    throw corrupt('its header has another shape');
  }
  return header as unknown as Header;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt('its header is not JSON');
  }
}

function place(header: Header, body: Uint8Array): PartsFile {
  let at = 0;
  const next = (length: number): Span => ({ start: at, end: (at += length) });
  const pair = ([before, after]: Lengths): readonly [Span, Span] => [next(before), next(after)];
  const fields = header.fields.map(([key, length]) => ({ key, span: length < 0 ? undefined : next(length) }));
  const full = header.versions.map((row) => pair(row[3]));
  const versions = new Map<string, VersionSpans>();
  for (const [index, [version, file, url, , lengths]] of header.versions.entries()) {
    const whole = full[index];
    if (whole !== undefined)
      versions.set(version, { version, file, url, full: whole, abbreviated: pair(lengths) });
  }
  if (at !== body.length) throw corrupt('its body has another length');
  const { name, digest, tags, time, modified } = header;
  return {
    name,
    digest,
    tags,
    time: time ?? undefined,
    modified: modified ?? undefined,
    fields,
    versions,
    body,
  };
}

/** The version's object as upstream sent it; undefined when the version is not in the file. */
export function manifestFrom(parts: PartsFile, version: string): JsonObject | undefined {
  const spans = parts.versions.get(version);
  if (spans === undefined) return undefined;
  const [before, after] = spans.full.map(({ start, end }) =>
    Buffer.from(parts.body.subarray(start, end)).toString('utf8'),
  );
  if (before === undefined || after === undefined) return undefined;
  // In `after`, the file name is URL-safe: its first quote closes the string.
  const text = `${before.slice(0, -1)}${JSON.stringify(spans.url)}${after.slice(after.indexOf('"') + 1)}`;
  return JSON.parse(text) as JsonObject;
}

function corrupt(why: string): AssayError {
  return new AssayError('INDEX_PARTS_CORRUPT', `the stored form of an index cannot be used: ${why}`);
}
