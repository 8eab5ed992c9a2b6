/**
 * A reading as it crosses from the child: members and manifest text in pieces (so that the parent never parses a large
 * line at once), then the rest. The parent trusts nothing of it: every value is checked on arrival.
 */
import type { ArchiveLimits, ArchiveMember, ArchiveReading } from '../core/archive-reading.ts';
import { isSha256 } from '../core/digest.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../core/json.ts';
import { maxFindings } from './findings.ts';

export interface ReadJob {
  readonly path: string;
  readonly packedBytes: number;
  readonly limits: ArchiveLimits;
}

const pieceLength = 96 * 1024;

/** Returns what the last message holds. */
export function sendReading(reading: ArchiveReading, sendPart: (part: Json) => void): JsonObject {
  let batch: Json[] = [];
  let length = 0;
  for (const { path, type, mode, sizeBytes, sha256 } of reading.members) {
    batch.push([path, type, mode, sizeBytes, sha256]);
    length += path.length + 100;
    if (length < pieceLength) continue;
    sendPart({ members: batch });
    batch = [];
    length = 0;
  }
  if (batch.length > 0) sendPart({ members: batch });
  const text = reading.manifestText ?? '';
  for (let at = 0; at < text.length; at += pieceLength) {
    sendPart({ text: text.slice(at, at + pieceLength) });
  }
  for (const nested of reading.nested?.manifests ?? []) {
    sendPart({ nested: nested.path });
    for (let at = 0; at < nested.text.length; at += pieceLength) {
      sendPart({ nestedText: nested.text.slice(at, at + pieceLength) });
    }
  }
  const { verdict, findings, totalBytes, readers } = reading;
  return {
    verdict,
    findings: findings as unknown as Json,
    totalBytes,
    readers,
    hasManifest: reading.manifestText !== undefined,
    nestedWhole: reading.nested?.whole ?? null,
  };
}

export interface ReadingReceiver {
  /** Throws when the part is not one a child may send. */
  readonly part: (part: Json) => void;
  readonly end: (end: Json) => ArchiveReading;
}

export function receiveReading(limits: Pick<ArchiveLimits, 'entries' | 'manifestBytes'>): ReadingReceiver {
  const members: ArchiveMember[] = [];
  const nested: { readonly path: string; text: string }[] = [];
  let text = '';
  let nestedLength = 0;
  const takeNested = (part: JsonObject): void => {
    const path = ownString(part, 'nested');
    if (path !== undefined) nested.push({ path, text: '' });
    const more = ownString(part, 'nestedText') ?? '';
    const last = nested.at(-1);
    if (last !== undefined) last.text += more;
    nestedLength += more.length;
    if (nested.length > limits.entries || nestedLength > limits.manifestBytes) throw malformed();
  };
  return {
    part: (part) => {
      if (!isJsonObject(part)) throw malformed();
      takeNested(part);
      for (const item of list(own(part, 'members') ?? [])) members.push(memberOf(item));
      text += ownString(part, 'text') ?? '';
      if (members.length > limits.entries || text.length > limits.manifestBytes) throw malformed();
    },
    end: (end) => {
      if (!isJsonObject(end)) throw malformed();
      const findings = list(own(end, 'findings')).map(itemOf);
      const hasManifest = own(end, 'hasManifest');
      const whole = own(end, 'nestedWhole');
      const reading: ArchiveReading = {
        verdict: verdictOf(own(end, 'verdict')),
        findings,
        members,
        totalBytes: count(own(end, 'totalBytes')),
        manifestText: hasManifest === true ? text : undefined,
        readers: list(own(end, 'readers')).map(String),
        ...(typeof whole === 'boolean' ? { nested: { manifests: nested, whole } } : {}),
      };
      if (findings.length > maxFindings || !isConsistent(reading)) throw malformed();
      return reading;
    },
  };
}

/** Accepted means members and no findings; anything else means findings and no members. */
function isConsistent({ verdict, findings, members, totalBytes }: ArchiveReading): boolean {
  if (verdict !== 'agreed') return findings.length > 0 && members.length === 0;
  const sum = members.reduce((total, member) => total + member.sizeBytes, 0);
  return findings.length === 0 && members.length > 0 && sum === totalBytes;
}

function memberOf(item: Json): ArchiveMember {
  const [path, type, mode, sizeBytes, sha256] = list(item);
  if (typeof path !== 'string' || typeof sha256 !== 'string' || !isSha256(sha256)) throw malformed();
  if (type !== 'file' && type !== 'directory') throw malformed();
  return { path, type, mode: count(mode) & 0o7777, sizeBytes: count(sizeBytes), sha256 };
}

function itemOf(item: Json): EvidenceItem {
  const id = isJsonObject(item) ? ownString(item, 'id') : undefined;
  const message = isJsonObject(item) ? ownString(item, 'message') : undefined;
  if (
    !isJsonObject(item) ||
    id === undefined ||
    !/^archive\/[a-z0-9-]{1,60}$/.test(id) ||
    message === undefined
  ) {
    throw malformed();
  }
  const data = ownObject(item, 'data');
  return data === undefined
    ? { id, message: message.slice(0, 2000) }
    : { id, message: message.slice(0, 2000), data };
}

function verdictOf(value: Json | undefined): ArchiveReading['verdict'] {
  if (value === 'agreed' || value === 'refused' || value === 'disagreed') return value;
  throw malformed();
}

function count(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed();
}

function list(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw malformed();
}

function malformed(): Error {
  return new Error('not a reading');
}
