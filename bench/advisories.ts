/**
 * A lockfile of 1,000 packages against a feed of 215,000 records, and what such a feed takes in memory.
 *
 *     bin/node bench/advisories.ts
 *
 * The feed is made from the one in ASSAY_SHARED/feeds/npm: its records under other names, as many of them vulnerabilities
 * (4,410) and malicious packages as the public one has. Targets: < 150 ms warm, <= 150 MB. Memory is that of a process that
 * only reads the stored snapshot.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLookup } from '../src/advisories/lookup.ts';
import type { OsvRecord } from '../src/advisories/osv/record.ts';
import { readOsvZip } from '../src/advisories/osv/zip.ts';
import { createSnapshotBuilder, type Snapshot } from '../src/advisories/snapshot/build.ts';
import { applyRecords, changedNames } from '../src/advisories/snapshot/changes.ts';
import { readSnapshot } from '../src/advisories/snapshot/open.ts';
import type { AdvisoryLookup } from '../src/core/advisory.ts';
import { sha256 } from '../src/core/digest.ts';
import { ownString, type JsonObject } from '../src/core/json.ts';
import { readZip } from '../src/advisories/zip.ts';
import { osvRecord, zipOf, type ZipMember } from '../test/support/osv.ts';
import { median, printTable, shown } from './support/stats.ts';

const feed = join(process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../shared'), 'feeds/npm');
const vulnerabilities = 4410;
const total = 215_000;
const rounds = 15;

const [mode, file] = process.argv.slice(2);
if (mode === 'read' && file !== undefined) read(file);
else main();

interface Package {
  readonly name: string;
  readonly version: string;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  try {
    const zip = syntheticFeed();
    const builder = createSnapshotBuilder('npm');
    const names: string[] = [];
    const importing = timed(() => {
      readOsvZip(zip, (record) => {
        builder.add(record);
        names.push(record.affected[0]?.name ?? '');
      });
    });
    let snapshot: Snapshot | undefined;
    const building = timed(() => {
      ({ snapshot } = builder.finish());
    });
    if (snapshot === undefined) throw new Error('it was built');
    const path = join(folder, 'snapshot');
    writeFileSync(path, snapshot.bytes);
    writeFileSync(join(folder, 'lockfile'), JSON.stringify(lockfileFrom(names)));
    const { header, bytes } = snapshot;
    console.log(
      `${header.records} records (${header.malicious} malicious); archive ${megabytes(zip.length)}, snapshot ${megabytes(bytes.length)}\n`,
    );
    const changed = changeOf(snapshot);
    printTable(
      ['import', 'ms'],
      [
        ['read the archive', shown(importing)],
        ['build the snapshot', shown(building)],
        ['apply 100 changed records', shown(changed.applying)],
        [`name the ${changed.names} packages that they change`, shown(changed.comparing)],
      ],
    );
    const child = spawnSync(process.execPath, ['--expose-gc', import.meta.filename, 'read', path], {
      stdio: 'inherit',
    });
    if (child.status !== 0) throw new Error('the reading process failed');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In a process of its own: nothing of the import is in its memory. */
function read(path: string): void {
  const packages = JSON.parse(readFileSync(join(path, '../lockfile'), 'utf8')) as readonly Package[];
  const before = inMemory();
  let lookup: AdvisoryLookup | undefined;
  const opening = timed(() => {
    const bytes = readFileSync(path);
    const snapshot = readSnapshot(bytes, sha256(bytes));
    lookup = createLookup(snapshot, { importedAt: '', source: path, canary: 'not-checked' });
  });
  const opened = inMemory();
  let found = 0;
  const match = (): void => {
    found = packages.reduce((sum, { name, version }) => sum + (lookup?.match(name, version).length ?? 0), 0);
  };
  const first = timed(match);
  const warm = median(Array.from({ length: rounds }, () => timed(match)));
  const matched = inMemory();
  printTable(
    [`${packages.length} packages, ${found} matches`, 'ms'],
    [
      ['open the snapshot, its digest checked', shown(opening)],
      ['match, the first time', shown(first)],
      [`match, warm (median of ${rounds})`, shown(warm)],
    ],
  );
  printTable(
    ['memory for the feed', 'MB'],
    [
      ['after opening', megabytes(opened - before)],
      ['after matching', megabytes(matched - before)],
      ['of the whole process (resident)', megabytes(process.memoryUsage().rss)],
    ],
  );
}

/** Heap and buffers that are in use. */
function inMemory(): number {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function syntheticFeed(): Buffer {
  const real: JsonObject[] = [];
  const limits = { members: 100_000, memberBytes: 1e7, totalBytes: 1e9 };
  readZip(readFileSync(join(feed, 'all.zip')), limits, (_, bytes) =>
    real.push(JSON.parse(bytes.toString()) as JsonObject),
  );
  const isMalicious = (record: JsonObject): boolean => ownString(record, 'id')?.startsWith('MAL-') === true;
  const groups = [
    { records: real.filter((one) => !isMalicious(one)), count: vulnerabilities },
    { records: real.filter(isMalicious), count: total - vulnerabilities },
  ];
  const members = groups.flatMap(({ records, count }, group) =>
    Array.from({ length: count }, (_, at): ZipMember => {
      const round = Math.floor(at / records.length);
      const text = JSON.stringify(records[at % records.length]);
      return { name: `${group}-${at}.json`, text: round === 0 ? text : renamed(text, round) };
    }),
  );
  return zipOf(members);
}

/** Another id, other names, other aliases: a record of its own. */
function renamed(text: string, round: number): string {
  return text
    .replace(/"id":"([^"]+)"/, `"id":"$1-${round}"`)
    .replaceAll(/"name":"([^"]+)"/g, `"name":"$1-${round}"`)
    .replaceAll(/"(CVE-\d+-\d+)"/g, `"$1${round}"`);
}

/** Mostly names that no record is about, as in a real project, and some that one is. */
function lockfileFrom(names: readonly string[]): readonly Package[] {
  const popular = JSON.parse(readFileSync(join(feed, 'popular-names.json'), 'utf8')) as readonly string[];
  const known = names.filter((_, at) => at % Math.floor(names.length / 100) === 0).slice(0, 100);
  return [...popular.slice(0, 900), ...known].map((name, at) => ({
    name,
    version: `${at % 5}.${at % 7}.${at % 11}`,
  }));
}

function changeOf(snapshot: Snapshot): {
  readonly applying: number;
  readonly comparing: number;
  readonly names: number;
} {
  const records: readonly OsvRecord[] = Array.from({ length: 100 }, (_, at) =>
    osvRecord({
      id: `MAL-NEW-${at}`,
      modified: '2026-11-20T00:00:00Z',
      affected: [{ package: { ecosystem: 'npm', name: `new-${at}` } }],
    }),
  );
  let next = snapshot;
  const applying = timed(() => {
    next = applyRecords(snapshot, records);
  });
  let names = 0;
  const comparing = timed(() => {
    names = changedNames(snapshot, next).length;
  });
  return { applying, comparing, names };
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function megabytes(bytes: number): string {
  return shown(bytes / 1e6);
}
