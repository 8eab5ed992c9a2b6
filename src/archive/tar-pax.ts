/**
 * PAX records (POSIX.1-2017 pax, "pax Extended Header"), by allow-list. Only `path` and `size` change what a
 * member is; everything else may only be something that no reader acts on when it lists or extracts content.
 */
import type { EvidenceItem } from '../core/evidence.ts';
import { finding, type FindingId } from './findings.ts';
import { utf8 } from './tar-fields.ts';

export interface PaxHeader {
  readonly path: Uint8Array | undefined;
  readonly sizeBytes: number | undefined;
}

export type PaxResult = { readonly pax: PaxHeader } | { readonly problem: EvidenceItem };

const times = new Set(['mtime', 'atime', 'ctime', 'LIBARCHIVE.creationtime']);
const ids = new Set(['uid', 'gid']);
const numbers = new Set(['SCHILY.dev', 'SCHILY.ino', 'SCHILY.nlink']);
/** `type`, `mode`, `linkpath`, `hdrcharset`, `GNU.sparse.*`, `SCHILY.realsize` and the like are not here: readers act on them. */
const inert =
  /^(?:comment|uname|gname|SCHILY\.fflags|(?:NODETAR|SCHILY\.acl|SCHILY\.xattr|LIBARCHIVE\.xattr|RHT)\..+)$/;

const binary = /^SCHILY\.xattr\./;

/** At most this many records are read in one header. */
const maxRecords = 2000;

/** `data` is the content of one `x` (local) or `g` (global) member. A global one may hold only a comment, as `git archive` writes it. */
export function readPax(data: Uint8Array, scope: 'local' | 'global'): PaxResult {
  const records = splitRecords(data);
  if ('problem' in records) return records;
  let path: Uint8Array | undefined;
  let sizeBytes: number | undefined;
  for (const [key, value] of records.values) {
    if (scope === 'global' && key !== 'comment') return refuse('archive/pax-global', key);
    // A NUL inside an attribute is what macOS writes (com.apple.provenance); nobody reads on at it.
    if (value.includes(0x0a) || (value.includes(0) && !binary.test(key)))
      return refuse('archive/pax-value', key);
    const text = Buffer.from(value).toString('latin1');
    if (key === 'path' && value.length > 0) path = value;
    else if (key === 'size' && /^\d{1,15}$/.test(text)) sizeBytes = Number(text);
    else if (!isInert(key, text)) return refuse('archive/pax-key', `${key}=${text.slice(0, 80)}`);
  }
  return { pax: { path, sizeBytes } };
}

function isInert(key: string, value: string): boolean {
  // Over these GNU tar and Python's tarfile end with an error.
  if (times.has(key)) return /^-?\d{1,11}(?:\.\d{1,20})?$/.test(value);
  if (ids.has(key)) return /^\d{1,10}$/.test(value) && Number(value) < 2 ** 32;
  if (numbers.has(key)) return /^\d{1,20}$/.test(value);
  return inert.test(key);
}

type Records = { readonly values: ReadonlyMap<string, Uint8Array> } | { readonly problem: EvidenceItem };

/** Each record is `<length> <key>=<value>\n`, where the length counts itself. node-tar splits at newlines, others by length. */
function splitRecords(data: Uint8Array): Records {
  const values = new Map<string, Uint8Array>();
  let at = 0;
  while (at < data.length) {
    const length = /^([1-9]\d{0,6}) /.exec(Buffer.from(data.subarray(at, at + 8)).toString('latin1'))?.[1];
    const end = at + Number(length ?? 0);
    if (length === undefined || end > data.length || data[end - 1] !== 0x0a)
      return refuse('archive/pax-malformed');
    const record = data.subarray(at + length.length + 1, end - 1);
    const equals = record.indexOf(0x3d);
    const key = equals < 1 ? undefined : utf8(record.subarray(0, equals));
    if (key === undefined || !/^[\x21-\x7e]{1,256}$/.test(key)) return refuse('archive/pax-malformed');
    if (values.has(key)) return refuse('archive/pax-duplicate-key', key);
    values.set(key, record.subarray(equals + 1));
    if (values.size > maxRecords) return refuse('archive/pax-malformed', 'too many records');
    at = end;
  }
  return { values };
}

function refuse(id: FindingId, detail = ''): { readonly problem: EvidenceItem } {
  return { problem: finding(id, detail) };
}
