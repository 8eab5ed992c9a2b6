/**
 * From records to a snapshot: the bytes that a decision names by their digest. The same records give the same bytes, in
 * whatever order they come: a header line, then one line for each record and package, sorted.
 */
import { sha256, type Sha256 } from '../../core/digest.ts';
import type { Ecosystem } from '../../core/purl.ts';
import { groupAliases, type AliasGroups } from '../aliases.ts';
import { isMalicious, type OsvAffected, type OsvRecord, type OsvSeverity } from '../osv/record.ts';
import { rate } from '../severity.ts';
import { compareText } from '../versions/order.ts';
import { encodeLine, type Joined } from './line.ts';

export interface SnapshotHeader {
  readonly schema: 'assay/advisories/v1';
  readonly ecosystem: Ecosystem;
  /** Records, whatever packages they are about; those withdrawn are among them. */
  readonly records: number;
  readonly malicious: number;
  readonly withdrawn: number;
  /** Newest time of modification; empty when there is no record. */
  readonly newest: string;
}

export interface Snapshot {
  readonly header: SnapshotHeader;
  readonly bytes: Buffer;
  /** Of the bytes. */
  readonly digest: Sha256;
}

export interface SnapshotBuilder {
  /** Of one id, the record modified last stands, whatever order they come in. */
  readonly add: (record: OsvRecord) => void;
  /** `oversizedGroups`: sets of aliases too large to be believed, which were not joined. */
  readonly finish: () => { readonly snapshot: Snapshot; readonly oversizedGroups: number };
}

export function createSnapshotBuilder(ecosystem: Ecosystem): SnapshotBuilder {
  const records = new Map<string, OsvRecord>();
  return {
    add: (record) => {
      const lean = leanOf(record, ecosystem);
      const known = records.get(record.id);
      if (known === undefined || isNewer(lean, known)) records.set(record.id, lean);
    },
    finish: () => {
      const groups = groupAliases(inForce(records));
      const lines: string[] = [];
      for (const record of records.values()) pushLines(lines, record, records, groups);
      lines.sort(compareText);
      const header = headerOf(ecosystem, records);
      const bytes = Buffer.from(
        `${JSON.stringify(header)}\n${lines.map((line) => `${line}\n`).join('')}`,
        'latin1',
      );
      return { snapshot: { header, bytes, digest: sha256(bytes) }, oversizedGroups: groups.refused };
    },
  };
}

export function buildSnapshot(ecosystem: Ecosystem, records: Iterable<OsvRecord>): Snapshot {
  const builder = createSnapshotBuilder(ecosystem);
  for (const record of records) builder.add(record);
  return builder.finish().snapshot;
}

/** Without what no line keeps: a whole feed of them is in memory while it is built. */
function leanOf(record: OsvRecord, ecosystem: Ecosystem): OsvRecord {
  const affected = record.affected.filter((one) => one.ecosystem === ecosystem);
  return { ...record, upstream: [], related: [], affected };
}

function isNewer(a: OsvRecord, b: OsvRecord): boolean {
  if (a.modified !== b.modified) return a.modified > b.modified;
  // Two texts of one time: any choice will do, as long as it is always the same.
  return JSON.stringify(a) > JSON.stringify(b);
}

function* inForce(records: ReadonlyMap<string, OsvRecord>): Generator<OsvRecord> {
  for (const record of records.values()) if (record.withdrawn === undefined) yield record;
}

function pushLines(
  lines: string[],
  record: OsvRecord,
  records: ReadonlyMap<string, OsvRecord>,
  groups: AliasGroups,
): void {
  if (record.affected.length === 0) {
    lines.push(encodeLine(record, undefined, undefined));
    return;
  }
  const own = new Set(
    record.affected.map((one) => encodeLine(record, one, joinedOf(record, one, records, groups))),
  );
  lines.push(...own);
}

/** Undefined where there is nothing to join: the record's own words are all there is. */
function joinedOf(
  record: OsvRecord,
  affected: OsvAffected,
  records: ReadonlyMap<string, OsvRecord>,
  groups: AliasGroups,
): Joined | undefined {
  if (record.withdrawn !== undefined) return undefined;
  const others = groups.of(record.id).filter((id) => id !== record.id);
  const named = others.length > 0 ? others : record.aliases;
  const known = others.flatMap((id) => records.get(id) ?? []).filter((one) => one.withdrawn === undefined);
  const all = [record, ...known];
  const severity = all.flatMap((one) => severityFor(one, affected.name));
  if (named.length === 0 && severity.length === 0) return undefined;
  const sources = [...new Set(all.flatMap((one) => one.sources))].sort(compareText);
  return { aliases: named, sources, ...rate(severity) };
}

/** A package's own severity stands instead of the record's. */
function severityFor({ severity, affected }: OsvRecord, name: string): readonly OsvSeverity[] {
  const own = affected.flatMap((one) => (one.name === name ? one.severity : []));
  return own.length > 0 ? own : severity;
}

function headerOf(ecosystem: Ecosystem, records: ReadonlyMap<string, OsvRecord>): SnapshotHeader {
  const counts = { malicious: 0, withdrawn: 0, newest: '' };
  for (const { id, withdrawn, modified } of records.values()) {
    if (withdrawn !== undefined) counts.withdrawn += 1;
    else if (isMalicious(id)) counts.malicious += 1;
    if (modified > counts.newest) counts.newest = modified;
  }
  return { schema: 'assay/advisories/v1', ecosystem, records: records.size, ...counts };
}
