/**
 * A snapshot in memory: its bytes as they are, and where each line begins. A name is found by bisection, and only its own
 * lines are ever parsed; so a feed of 215,000 records costs little more than its size on disk.
 */
import { AssayError } from '../../core/errors.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { isJsonObject, own, ownString } from '../../core/json.ts';
import { ecosystems, type Ecosystem } from '../../core/purl.ts';
import type { Snapshot, SnapshotHeader } from './build.ts';
import { decodeLine, linePrefix, type Line } from './line.ts';

export interface OpenSnapshot {
  readonly snapshot: Snapshot;
  readonly lineCount: number;
  readonly lineAt: (at: number) => string;
  /** Lines about the package, in the snapshot's order. */
  readonly linesOf: (name: string) => readonly Line[];
}

const newline = 0x0a;
/** Records of one package that are looked at; the most that a real one has is some hundreds. */
const mostOfOneName = 10_000;

/** Bytes from disk. Throws FEED_SNAPSHOT_INVALID when they are not the snapshot of that digest, or none at all. */
export function readSnapshot(bytes: Buffer, digest: Sha256): Snapshot {
  const found = sha256(bytes);
  if (found !== digest) throw invalid(`its digest is ${found}, not ${digest}`);
  const end = bytes.indexOf(newline);
  if (end < 0 || end > 1000) throw invalid('it has no header');
  return { header: headerFrom(bytes.toString('latin1', 0, end)), bytes, digest };
}

function headerFrom(text: string): SnapshotHeader {
  const header = jsonOf(text);
  if (!isJsonObject(header) || own(header, 'schema') !== 'assay/advisories/v1')
    throw invalid('its schema is unknown');
  const ecosystem = ecosystems.find((one) => one === own(header, 'ecosystem'));
  const newest = ownString(header, 'newest');
  const count = (key: string): number => {
    const value = own(header, key);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw invalid(`its header has no ${key}`);
    return value;
  };
  if (ecosystem === undefined || newest === undefined) throw invalid('its header lacks something');
  const [records, malicious, withdrawn] = [count('records'), count('malicious'), count('withdrawn')];
  return { schema: 'assay/advisories/v1', ecosystem, records, malicious, withdrawn, newest };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('its header is no JSON', cause);
  }
}

function invalid(why: string, cause?: unknown): AssayError {
  return new AssayError('FEED_SNAPSHOT_INVALID', `a snapshot of advisories cannot be used: ${why}`, {
    cause,
  });
}

export function openSnapshot(snapshot: Snapshot): OpenSnapshot {
  const { bytes, header } = snapshot;
  const starts = lineStarts(bytes);
  const lineCount = starts.length - 1;
  const lineAt = (at: number): string => bytes.toString('latin1', starts[at], (starts[at + 1] ?? 0) - 1);
  return {
    snapshot,
    lineCount,
    lineAt,
    linesOf: (name) => linesOf(linePrefix(name), { bytes, starts, lineAt }, header.ecosystem),
  };
}

/** Where each line after the header begins, and where the bytes end. */
function lineStarts(bytes: Buffer): Uint32Array {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count += 1;
  const starts = new Uint32Array(count);
  let line = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) {
    starts[line] = at + 1;
    line += 1;
  }
  return starts;
}

interface Lines {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly lineAt: (at: number) => string;
}

function linesOf(prefix: string, { bytes, starts, lineAt }: Lines, ecosystem: Ecosystem): readonly Line[] {
  const wanted = Buffer.from(prefix, 'latin1');
  const compareAt = (at: number): number => {
    const start = starts[at] ?? 0;
    const end = Math.min(start + wanted.length, bytes.length);
    return bytes.compare(wanted, 0, wanted.length, start, end);
  };
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAt(middle) < 0) low = middle + 1;
    else high = middle;
  }
  const found: Line[] = [];
  for (let at = low; at < starts.length - 1 && compareAt(at) === 0; at += 1) {
    if (found.length === mostOfOneName) throw invalid(`one package has more than ${mostOfOneName} records`);
    found.push(decodeLine(lineAt(at), ecosystem));
  }
  return found;
}
