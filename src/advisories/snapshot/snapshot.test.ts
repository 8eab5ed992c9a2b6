import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { osvJson, osvRecord } from '../../../test/support/osv.ts';
import { buildSnapshot, type Snapshot } from './build.ts';
import { applyRecords, changedIds, changedNames, namesAbout } from './changes.ts';
import { openSnapshot, readSnapshot } from './open.ts';

function snapshotOf(...records: readonly JsonObject[]): Snapshot {
  return buildSnapshot('npm', records.map(osvRecord));
}

const one = osvJson('A-1', 'alpha', { aliases: ['CVE-2026-1'], published: '2026-01-01T00:00:00Z' });
const two = osvJson('A-2', 'beta', { withdrawn: '2026-02-02T00:00:00Z' });
const three = osvJson('MAL-1', '@scope/gämma', {
  affected: [{ package: { ecosystem: 'npm', name: '@scope/gämma' } }],
});
const lender = osvJson('CVE-2026-1', 'x', {
  affected: [],
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
});
const all = [one, two, three, lender];

test('the same records are the same bytes, in whatever order and however often they come', () => {
  const wanted = snapshotOf(...all).digest;
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...all), { maxLength: 6 }),
      fc.shuffledSubarray(all, { minLength: 4 }),
      (more, some) => {
        assert.equal(snapshotOf(...more, ...some).digest, wanted);
      },
    ),
  );
});

test('of one id the record modified last stands', () => {
  const newer = { ...one, modified: '2026-11-21T00:00:00Z', summary: 'newer' };
  assert.equal(snapshotOf(one, newer).digest, snapshotOf(newer, one).digest);
  assert.equal(openSnapshot(snapshotOf(newer, one)).linesOf('alpha')[0]?.record.summary, 'newer');
});

test('the header counts records, malicious ones and withdrawn ones, and names the newest time', () => {
  const { header } = snapshotOf(...all);
  assert.deepEqual(
    [header.records, header.malicious, header.withdrawn, header.newest],
    [4, 1, 1, '2026-11-20T06:00:00.000Z'],
  );
});

test('the bytes are ASCII, and a name is found by exactly its own lines', () => {
  const names = ['a', 'a-b', 'a"', 'a\\', 'ab', 'ä', '@scope/gämma', '', '\u{1f600}'];
  const snapshot = snapshotOf(
    ...names.filter((name) => name !== '').map((name, n) => osvJson(`X-${n}`, name)),
  );
  assert.ok(snapshot.bytes.every((byte) => byte === 10 || (byte >= 32 && byte < 127)));
  const open = openSnapshot(snapshot);
  for (const name of names) {
    const found = open.linesOf(name).map(({ record }) => record.affected[0]?.name);
    assert.deepEqual(found, name === '' ? [] : [name]);
  }
  assert.deepEqual(open.linesOf('zzz'), []);
});

test('every name that was put in is found, with all its records', () => {
  const name = fc.stringMatching(/^[a-c"\\ä-]{1,4}$/);
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 40 }), (names) => {
      const open = openSnapshot(snapshotOf(...names.map((one, n) => osvJson(`X-${n}`, one))));
      for (const one of names)
        assert.equal(open.linesOf(one).length, names.filter((other) => other === one).length);
    }),
  );
});

test('a snapshot is read back under its digest alone', () => {
  const { bytes, digest, header } = snapshotOf(...all);
  assert.deepEqual(readSnapshot(bytes, digest).header, header);
  const isInvalid = (error: unknown): boolean => isAssayError(error, 'FEED_SNAPSHOT_INVALID');
  const changed = Buffer.concat([bytes, Buffer.from('["alpha","MAL-9",{"m":"2026-11-20T06:00:00.000Z"}]\n')]);
  assert.throws(() => readSnapshot(changed, digest), isInvalid);
  for (const text of ['', 'x', '{}\n', '{"schema":"assay/advisories/v1"}\n', '[]\n'])
    assert.throws(() => readSnapshot(Buffer.from(text), sha256(text)), isInvalid);
});

test('a snapshot with records applied is the snapshot built with them', () => {
  const changed = { ...one, modified: '2026-11-22T00:00:00Z', aliases: [] };
  const added = osvJson('A-9', 'delta', { aliases: ['A-2'] });
  const several = osvJson('A-10', 'x', {
    affected: ['alpha', 'beta', 'alpha'].map((name, n) => ({
      package: { ecosystem: 'npm', name },
      versions: [`1.0.${n}`],
      severity: [{ type: 'Ubuntu', score: 'low' }],
    })),
  });
  assert.equal(applyRecords(snapshotOf(...all, several), []).digest, snapshotOf(...all, several).digest);
  assert.equal(
    applyRecords(snapshotOf(...all, several), [changed, added].map(osvRecord)).digest,
    snapshotOf(changed, two, three, lender, several, added).digest,
  );
  assert.equal(
    applyRecords(snapshotOf(changed), [osvRecord(one)]).digest,
    snapshotOf(changed).digest,
    'older',
  );
});

test('the list of changes names what is new or newer, and counts rows that cannot be read', () => {
  const csv = [
    '2026-11-20T06:00:00Z,A-1',
    '2026-11-20T06:00:01Z,A-2',
    '2026-11-21T00:00:00Z,npm/NEW-1',
    '',
    'garbage',
    '2026-11-21T00:00:00Z,no id at all',
  ].join('\r\n');
  assert.deepEqual(changedIds(csv, snapshotOf(...all)), { changed: ['A-2', 'NEW-1'], unreadable: 2 });
});

test('what changed about a package names it: a record, a withdrawal, a severity joined from elsewhere', () => {
  const before = snapshotOf(...all);
  assert.deepEqual(changedNames(before, before), []);
  assert.deepEqual(changedNames(before, snapshotOf(one, two, lender)), ['@scope/gämma']);
  assert.deepEqual(changedNames(before, snapshotOf(one, three, lender, { ...two, withdrawn: null })), [
    'beta',
  ]);
  assert.deepEqual(
    changedNames(before, snapshotOf(one, two, three)),
    ['alpha'],
    'its severity came from an alias',
  );
  assert.deepEqual(changedNames(snapshotOf(), before), ['@scope/gämma', 'alpha', 'beta']);
});

test('the names that a list of exploited vulnerabilities concerns are found through aliases', () => {
  assert.deepEqual(namesAbout(snapshotOf(...all), new Set(['CVE-2026-1', 'CVE-1'])), ['alpha']);
});

test('more records about one package than are looked at is an error, never a part of them', () => {
  const records = Array.from({ length: 10_001 }, (_, n) => osvJson(`X-${n}`, 'alpha'));
  const isInvalid = (error: unknown): boolean => isAssayError(error, 'FEED_SNAPSHOT_INVALID');
  assert.throws(() => openSnapshot(snapshotOf(...records)).linesOf('alpha'), isInvalid);
  assert.equal(openSnapshot(snapshotOf(...records.slice(1))).linesOf('alpha').length, 10_000);
});
