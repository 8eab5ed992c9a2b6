/** What the thread does with a feed: read its files, build or open a snapshot, and say what changed. Files only, no network. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkCanaries, type Canary } from '../../advisories/canary.ts';
import { parseEpss } from '../../advisories/epss.ts';
import { parseKev } from '../../advisories/kev.ts';
import { createLookup } from '../../advisories/lookup.ts';
import { readOsvText } from '../../advisories/osv/parse.ts';
import type { OsvRecord } from '../../advisories/osv/record.ts';
import { readOsvZip } from '../../advisories/osv/zip.ts';
import { parsePopularNames } from '../../advisories/popular.ts';
import {
  buildSnapshot,
  createSnapshotBuilder,
  type Snapshot,
  type SnapshotHeader,
} from '../../advisories/snapshot/build.ts';
import {
  applyRecords,
  changedIds,
  changedNames,
  namesAbout,
  namesAmong,
} from '../../advisories/snapshot/changes.ts';
import { decodeLine } from '../../advisories/snapshot/line.ts';
import { openSnapshot, readSnapshot } from '../../advisories/snapshot/open.ts';
import type { FeedState } from '../../core/advisory.ts';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { Lists } from '../feeds/lists.ts';

/** Absolute paths. */
export interface SnapshotFile {
  readonly path: string;
  readonly digest: Sha256;
}

/** Absolute paths. */
export type ListFiles = Lists<string>;

export type FeedJob =
  /** A snapshot that was kept. */
  | {
      readonly kind: 'open';
      readonly ecosystem: Ecosystem;
      readonly snapshot: SnapshotFile;
      readonly lists: ListFiles;
    }
  /** Ids that `csv` says are newer than ours. */
  | { readonly kind: 'changed'; readonly csv: string; readonly previous: SnapshotFile }
  | ImportJob;

export interface ImportJob {
  readonly kind: 'import';
  readonly ecosystem: Ecosystem;
  /** An archive, or a folder of `<id>.json`. */
  readonly from: string;
  /** Only these, on top of `previous`; undefined: the archive is the whole feed. */
  readonly ids: readonly string[] | undefined;
  readonly previous: SnapshotFile | undefined;
  readonly lists: ListFiles;
  /** Those in force before. */
  readonly previousLists: ListFiles;
  readonly canaries: readonly Canary[];
}

/**
 * The bytes are shared, not copied; what is joined by CVE are texts in the form of their files (of EPSS the CVEs in the
 * snapshot alone), popular names one a line.
 */
export interface OpenedFeed {
  readonly header: SnapshotHeader;
  readonly digest: Sha256;
  readonly bytes: Uint8Array;
  readonly epss: string | undefined;
  readonly kev: string | undefined;
  readonly popular: string | undefined;
}

export interface ImportedFeed extends OpenedFeed {
  /** Records that could not be read, and the first reasons. */
  readonly refused: number;
  readonly reasons: readonly string[];
  readonly canary: FeedState['canary'];
  /** Packages about which something else is said now. */
  readonly changed: readonly string[];
}

export interface ChangedFeed {
  readonly ids: readonly string[];
  readonly unreadable: number;
}

const mostZipBytes = 1024 ** 3;
const mostListBytes = 256 * 1024 * 1024;
const mostSnapshotBytes = 1024 ** 3;
const mostRecordBytes = 8 * 1024 * 1024;
/** Above this share of unreadable records, it is not this form of feed any more. */
const mostRefusedShare = 0.1;

/** Throws FEED_UNREADABLE, FEED_SNAPSHOT_INVALID, FEED_ECOSYSTEM_WRONG. */
export function runFeedJob(job: FeedJob): OpenedFeed | ImportedFeed | ChangedFeed {
  switch (job.kind) {
    case 'open': {
      const snapshot = snapshotIn(job.snapshot);
      if (snapshot.header.ecosystem !== job.ecosystem) throw wrong(job.ecosystem);
      return opened(snapshot, job.lists);
    }
    case 'changed':
      return changedIn(job.csv, snapshotIn(job.previous));
    case 'import':
      return imported(job);
    default:
      return job satisfies never;
  }
}

function changedIn(csv: string, previous: Snapshot): ChangedFeed {
  const { changed, unreadable } = changedIds(textIn(csv), previous);
  return { ids: changed, unreadable };
}

function imported(job: ImportJob): ImportedFeed {
  const { ecosystem, lists, canaries } = job;
  const previous = job.previous === undefined ? undefined : snapshotIn(job.previous);
  const reading = job.ids === undefined ? wholeOf(job) : deltaOf(job, job.ids, previous);
  const { snapshot, read, refused, reasons } = reading;
  if (refused > (read + refused) * mostRefusedShare)
    throw unreadable(`${refused} of its ${read + refused} records cannot be read (${reasons[0] ?? ''})`);
  const facts = { importedAt: '', source: '', canary: 'not-checked' } as const;
  const canary = checkCanaries(createLookup(snapshot, facts).match, canaries);
  const changed = new Set(changedNames(previous ?? buildSnapshot(ecosystem, []), snapshot));
  for (const name of [...exploitedNames(job, snapshot), ...popularNames(job, snapshot)]) changed.add(name);
  return { ...opened(snapshot, lists), refused, reasons, canary, changed: [...changed] };
}

interface Reading {
  readonly snapshot: Snapshot;
  readonly read: number;
  readonly refused: number;
  readonly reasons: readonly string[];
}

function wholeOf({ ecosystem, from }: ImportJob): Reading {
  const builder = createSnapshotBuilder(ecosystem);
  let about = 0;
  const { read, refused, reasons } = readOsvZip(bytesIn(from, mostZipBytes), (record) => {
    const isAbout = record.affected.some((one) => one.ecosystem === ecosystem);
    if (isAbout) about += 1;
    // One about nothing known here may lend its severity; one about another ecosystem alone has no place here.
    if (isAbout || record.affected.length === 0) builder.add(record);
  });
  if (read > 0 && about === 0) throw wrong(ecosystem);
  const { snapshot } = builder.finish();
  return { snapshot, read, refused, reasons: reasons.map(({ file, why }) => `${file}: ${why}`) };
}

/** A list that names what is not there was not carried here whole: then nothing of it is taken. */
function deltaOf({ from }: ImportJob, ids: readonly string[], previous: Snapshot | undefined): Reading {
  if (previous === undefined) throw unreadable('changes need a feed that they change; import it whole first');
  const wanted = new Set(ids);
  const found = new Map<string, OsvRecord>();
  const keep = (record: OsvRecord): void => {
    if (wanted.has(record.id)) found.set(record.id, record);
  };
  if (statSync(from).isDirectory()) for (const id of ids) keep(recordIn(join(from, `${id}.json`)));
  else readOsvZip(bytesIn(from, mostZipBytes), keep);
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw unreadable(`the changed record ${missing} is not there`);
  return { snapshot: applyRecords(previous, found.values()), read: found.size, refused: 0, reasons: [] };
}

function recordIn(path: string): OsvRecord {
  const reading = readOsvText(bytesIn(path, mostRecordBytes).toString('utf8'));
  if (reading.state === 'refused') throw unreadable(`${reading.id}: ${reading.why}`);
  return reading.record;
}

function opened(snapshot: Snapshot, lists: ListFiles): OpenedFeed {
  const { header, digest } = snapshot;
  const bytes = new Uint8Array(new SharedArrayBuffer(snapshot.bytes.length));
  bytes.set(snapshot.bytes);
  const cves = lists.epss === undefined ? new Set<string>() : cvesIn(snapshot);
  const kev = lists.kev === undefined ? undefined : textIn(lists.kev);
  if (kev !== undefined) parseKev(kev);
  return {
    header,
    digest,
    bytes,
    epss: lists.epss && scoresOf(textIn(lists.epss), cves),
    kev,
    popular: lists.popular && [...parsePopularNames(textIn(lists.popular))].join('\n'),
  };
}

function cvesIn(snapshot: Snapshot): ReadonlySet<string> {
  const open = openSnapshot(snapshot);
  const found = new Set<string>();
  for (let at = 0; at < open.lineCount; at += 1) {
    const { record, joined } = decodeLine(open.lineAt(at), snapshot.header.ecosystem);
    for (const id of [record.id, ...(joined?.aliases ?? record.aliases)])
      if (id.startsWith('CVE-')) found.add(id);
  }
  return found;
}

function scoresOf(csv: string, cves: ReadonlySet<string>): string {
  const all = parseEpss(csv, cves);
  const rows = [...cves].flatMap((cve) => {
    const score = all.worstOf([cve]);
    return score === undefined ? [] : [`${cve},${score.score},${score.percentile}`];
  });
  return [`#model_version:${all.model}`, 'cve,epss,percentile', ...rows, ''].join('\n');
}

function exploitedNames({ lists, previousLists }: ImportJob, snapshot: Snapshot): readonly string[] {
  return namesAbout(
    snapshot,
    movedIn(lists.kev, previousLists.kev, (text) => parseKev(text).ids),
  );
}

function popularNames({ lists, previousLists }: ImportJob, snapshot: Snapshot): readonly string[] {
  return namesAmong(snapshot, movedIn(lists.popular, previousLists.popular, parsePopularNames));
}

/** What is in one of two lists alone. */
function movedIn(
  next: string | undefined,
  previous: string | undefined,
  read: (text: string) => ReadonlySet<string>,
): ReadonlySet<string> {
  if (next === undefined || next === previous) return new Set();
  const before = previous === undefined ? new Set<string>() : read(textIn(previous));
  return before.symmetricDifference(read(textIn(next)));
}

function snapshotIn({ path, digest }: SnapshotFile): Snapshot {
  return readSnapshot(bytesIn(path, mostSnapshotBytes), digest);
}

/** Published packed by gzip, or plain. */
function textIn(path: string): string {
  const bytes = bytesIn(path, mostListBytes);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: mostListBytes }).toString('utf8');
  } catch (cause) {
    throw unreadable(`a list cannot be unpacked: ${messageOf(cause)}`, cause);
  }
}

function bytesIn(path: string, mostBytes: number): Buffer {
  try {
    const { size } = statSync(path);
    if (size > mostBytes) throw unreadable(`${path} has more than ${mostBytes} bytes`);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    throw unreadable(messageOf(cause), cause);
  }
}

function wrong(ecosystem: Ecosystem): AssayError {
  return new AssayError('FEED_ECOSYSTEM_WRONG', `none of the feed's records is about ${ecosystem}`);
}

function unreadable(why: string, cause?: unknown): AssayError {
  return new AssayError('FEED_UNREADABLE', `the feed cannot be used: ${why}`, { cause });
}
