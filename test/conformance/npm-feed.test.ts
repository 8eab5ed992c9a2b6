/** A real feed of npm advisories: every release it lists is known by it, and nothing else of those packages is. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { satisfies } from 'semver';
import { createLookup } from '../../src/advisories/lookup.ts';
import type { OsvRecord } from '../../src/advisories/osv/record.ts';
import { readOsvZip } from '../../src/advisories/osv/zip.ts';
import { buildSnapshot, type Snapshot } from '../../src/advisories/snapshot/build.ts';
import { applyRecords, changedIds, changedNames } from '../../src/advisories/snapshot/changes.ts';
import type { AdvisoryLookup } from '../../src/core/advisory.ts';

const feed = join(process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'), 'feeds/npm');
const skip = existsSync(feed) ? false : 'ASSAY_SHARED/feeds/npm is not there';

interface Loaded {
  readonly records: readonly OsvRecord[];
  readonly snapshot: Snapshot;
  readonly lookup: AdvisoryLookup;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded !== undefined) return loaded;
  const records: OsvRecord[] = [];
  const found = readOsvZip(readFileSync(join(feed, 'all.zip')), (record) => records.push(record));
  assert.deepEqual([found.refused, found.reasons], [0, []]);
  const snapshot = buildSnapshot('npm', records);
  const facts = { importedAt: '2026-11-20T00:00:00.000Z', source: 'all.zip', canary: 'not-checked' } as const;
  loaded = { records, snapshot, lookup: createLookup(snapshot, facts) };
  return loaded;
}

/** The same question in the words of semver's own ranges, without our ranges, orders or snapshot. */
function isNamed(record: OsvRecord, name: string, version: string): boolean {
  return record.affected.some((affected) => {
    if (affected.name !== name) return false;
    if (affected.versions.includes(version)) return true;
    return affected.ranges.some(({ events }) => {
      const at = (kind: string): string | undefined => events.find((one) => one.kind === kind)?.version;
      const [from, fixed, last] = [at('introduced') ?? '', at('fixed'), at('last_affected')];
      assert.ok(events.length <= 2, `${record.id} has one interval`);
      const parts = [`>=${from === '0' ? '0.0.0-0' : from}`, fixed && `<${fixed}`, last && `<=${last}`];
      return satisfies(version, parts.filter(Boolean).join(' '), { includePrerelease: true });
    });
  });
}

/** The versions that a record names, and their neighbours on every side. */
function probes(records: readonly OsvRecord[]): readonly string[] {
  const named = records.flatMap(({ affected }) =>
    affected.flatMap(({ versions, ranges }) => [
      ...versions,
      ...ranges.flatMap(({ events }) => events.map(({ version }) => version)),
    ]),
  );
  const around = named.flatMap((version) => {
    const [, major = '0', minor = '0', patch = '0'] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
    const [a, b, c] = [Number(major), Number(minor), Number(patch)];
    const near = [`${a}.${b}.${c + 1}`, `${a}.${b}.${Math.max(0, c - 1)}`, `${a}.${b + 1}.0`, `${a + 1}.0.0`];
    return [`${a}.${b}.${c}`, `${a}.${b}.${c}-rc.1`, `${a}.${b}.${c + 1}-rc.1`, ...near];
  });
  return [...new Set([...named.filter((version) => /^\d+\.\d+\.\d+/.test(version)), ...around])];
}

test('every record of the feed is read', { skip }, () => {
  const { records, snapshot } = load();
  assert.ok(records.length > 8000);
  assert.equal(snapshot.header.records, records.length);
  assert.ok(snapshot.header.malicious > 8000);
});

test('what the feed lists matches, and nothing else of those packages does', { skip }, () => {
  const { records, lookup } = load();
  const byName = Map.groupBy(
    records.flatMap((record) => record.affected.map(({ name }) => ({ name, record }))),
    ({ name }) => name,
  );
  let [listed, spared] = [0, 0];
  for (const [name, entries] of byName) {
    const about = [...new Set(entries.map(({ record }) => record))];
    for (const version of probes(about)) {
      const wanted = about.filter((one) => one.withdrawn === undefined && isNamed(one, name, version));
      const found = lookup.match(name, version).map(({ id }) => id);
      assert.deepEqual(found.toSorted(), wanted.map(({ id }) => id).sort(), `${name}@${version}`);
      if (wanted.length > 0) listed += 1;
      else spared += 1;
    }
  }
  assert.ok(listed > 10_000 && spared > 1000, `${listed} listed, ${spared} spared`);
});

test('every compromised release is known as malicious under its own version', { skip }, () => {
  const { records, lookup } = load();
  const releases = records
    .filter(({ id, withdrawn }) => id.startsWith('MAL-') && withdrawn === undefined)
    .flatMap(({ affected }) =>
      affected.flatMap(({ name, versions }) => versions.map((version) => ({ name, version }))),
    );
  assert.ok(releases.length > 400);
  for (const { name, version } of releases)
    assert.equal(lookup.match(name, version)[0]?.malicious, true, `${name}@${version}`);
});

test('the withdrawn record of the feed matches nothing', { skip }, () => {
  const { records, lookup } = load();
  const withdrawn = records.filter((record) => record.withdrawn !== undefined);
  assert.ok(withdrawn.length > 0);
  for (const { id, affected } of withdrawn)
    for (const { name } of affected)
      assert.ok(!lookup.match(name, '1.0.0').some((match) => match.id === id), id);
});

test(
  'the list of changes agrees with the archive, and a changed record changes its package alone',
  { skip },
  () => {
    const { records, snapshot } = load();
    const csv = readFileSync(join(feed, 'modified_id.csv'), 'utf8');
    assert.deepEqual(changedIds(csv, snapshot), { changed: [], unreadable: 0 });
    const [first] = records;
    assert.ok(first !== undefined);
    const modified = '2026-11-20T00:00:00.000Z';
    const next = applyRecords(snapshot, [{ ...first, modified, withdrawn: modified }]);
    assert.deepEqual(
      changedNames(snapshot, next),
      first.affected.map(({ name }) => name),
    );
  },
);
