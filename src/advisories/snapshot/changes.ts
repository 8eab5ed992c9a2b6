/** From one snapshot to the next: which records to fetch, what they change, and whom that concerns. */
import { compareText } from '../versions/order.ts';
import { normaliseTime } from '../../core/time.ts';
import type { OsvRecord } from '../osv/record.ts';
import { createSnapshotBuilder, type Snapshot } from './build.ts';
import { decodeLine } from './line.ts';
import { openSnapshot, type OpenSnapshot } from './open.ts';

const mostRows = 2_000_000;

export interface ModifiedIds {
  /** Ids whose record is new, or was modified after ours. */
  readonly changed: readonly string[];
  /** Rows that cannot be read: a list that we only read a part of is no list to rely on. */
  readonly unreadable: number;
}

/**
 * Compares `modified_id.csv` (`time,id` or, in the list of all ecosystems, `time,ecosystem/id`) with a snapshot.
 * `unreadable` above 0 means: import the whole feed instead.
 */
export function changedIds(csv: string, old: Snapshot): ModifiedIds {
  const known = modifiedOf(openSnapshot(old));
  const changed = new Set<string>();
  let [unreadable, rows, from] = [0, 0, 0];
  while (from < csv.length) {
    const end = csv.indexOf('\n', from);
    const row = csv.slice(from, end < 0 ? csv.length : end).trimEnd();
    from = end < 0 ? csv.length : end + 1;
    if (row === '') continue;
    rows += 1;
    if (rows > mostRows) return { changed: [...changed], unreadable: unreadable + 1 };
    const [time = '', id = ''] = rowOf(row);
    const modified = normaliseTime(time);
    if (modified === undefined || id === '') unreadable += 1;
    else if ((known.get(id) ?? '') < modified) changed.add(id);
  }
  return { changed: [...changed].sort(compareText), unreadable };
}

function rowOf(row: string): readonly string[] {
  const [, time = '', id = ''] = /^([^,]{1,40}),(?:[^,/]{1,64}\/)?([A-Za-z0-9._:+-]{1,100})$/.exec(row) ?? [];
  return [time, id];
}

function modifiedOf(open: OpenSnapshot): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const { id, modified } of recordsIn(open)) known.set(id, modified);
  return known;
}

function* recordsIn(open: OpenSnapshot): Generator<OsvRecord> {
  const { ecosystem } = open.snapshot.header;
  for (let at = 0; at < open.lineCount; at += 1) yield decodeLine(open.lineAt(at), ecosystem).record;
}

/** The snapshot as if it had been built with these records as well. */
export function applyRecords(old: Snapshot, records: Iterable<OsvRecord>): Snapshot {
  const whole = new Map<string, OsvRecord>();
  for (const record of recordsIn(openSnapshot(old))) {
    const known = whole.get(record.id);
    const affected = [...(known?.affected ?? []), ...record.affected];
    whole.set(record.id, { ...record, affected });
  }
  const builder = createSnapshotBuilder(old.header.ecosystem);
  for (const record of whole.values()) builder.add(record);
  for (const record of records) builder.add(record);
  return builder.finish().snapshot;
}

/** Packages about which the two say different things, sorted: only these need to be decided again. */
export function changedNames(old: Snapshot, next: Snapshot): readonly string[] {
  const [left, right] = [openSnapshot(old), openSnapshot(next)];
  const names = new Set<string>();
  let [a, b] = [0, 0];
  while (a < left.lineCount || b < right.lineCount) {
    const one = a < left.lineCount ? left.lineAt(a) : undefined;
    const other = b < right.lineCount ? right.lineAt(b) : undefined;
    if (one === other) [a, b] = [a + 1, b + 1];
    else if (other === undefined || (one !== undefined && one < other)) {
      names.add(nameIn(one ?? ''));
      a += 1;
    } else {
      names.add(nameIn(other));
      b += 1;
    }
  }
  names.delete('');
  return [...names].sort(compareText);
}

/** Packages with a record of one of these ids, or an alias of it: for changes in lists of exploited vulnerabilities. */
export function namesAbout(snapshot: Snapshot, ids: ReadonlySet<string>): readonly string[] {
  const open = openSnapshot(snapshot);
  const names = new Set<string>();
  for (let at = 0; at < open.lineCount; at += 1) {
    const { record, joined } = decodeLine(open.lineAt(at), snapshot.header.ecosystem);
    const isAbout = ids.has(record.id) || (joined?.aliases ?? record.aliases).some((id) => ids.has(id));
    if (isAbout) for (const { name } of record.affected) names.add(name);
  }
  return [...names].sort(compareText);
}

/** Those of `names` that the snapshot says something about, sorted. */
export function namesAmong(snapshot: Snapshot, names: ReadonlySet<string>): readonly string[] {
  const open = openSnapshot(snapshot);
  const found = new Set<string>();
  for (let at = 0; at < open.lineCount; at += 1) {
    const name = nameIn(open.lineAt(at));
    if (names.has(name)) found.add(name);
  }
  return [...found].sort(compareText);
}

function nameIn(line: string): string {
  const end = /^\["(?:[^"\\]|\\.)*"/.exec(line)?.[0] ?? '[""';
  return JSON.parse(end.slice(1)) as string;
}
