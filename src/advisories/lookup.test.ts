import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../core/json.ts';
import { lookupOf, osvJson, osvRecord, sampleModified } from '../../test/support/osv.ts';
import { checkCanaries } from './canary.ts';
import { parseEpss } from './epss.ts';
import { parseKev } from './kev.ts';
import { createLookup } from './lookup.ts';
import { buildSnapshot } from './snapshot/build.ts';

const v3 = (score: string): JsonObject => ({ type: 'CVSS_V3', score });
const high = v3('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N');
const low = v3('CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N');
const v4 = { type: 'CVSS_V4', score: 'CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' };

function only(records: readonly JsonObject[], name = 'sample', version = '1.0.0') {
  const [match, ...more] = lookupOf(records).match(name, version);
  assert.equal(more.length, 0);
  assert.ok(match !== undefined);
  return match;
}

test('a record applies to the versions it names, and its fix ends it', () => {
  const lookup = lookupOf([osvJson('A-1', 'sample')]);
  assert.deepEqual(
    lookup.match('sample', '1.0.0').map(({ id, fixed }) => [id, fixed]),
    [['A-1', ['2.0.0']]],
  );
  assert.deepEqual(lookup.match('sample', '2.0.0-rc.1').length, 1, 'a prerelease of the fix');
  assert.deepEqual(lookup.match('sample', '2.0.0'), []);
  assert.deepEqual(lookup.match('Sample', '1.0.0'), []);
  assert.deepEqual(lookup.match('', '1.0.0'), []);
});

test('a withdrawn record never applies, nor lends its severity or aliases to others', () => {
  const withdrawn = { withdrawn: sampleModified, severity: [high], aliases: ['A-1', 'A-3'] };
  const records = [osvJson('A-1', 'sample', { aliases: ['A-2'] }), osvJson('A-2', 'sample', withdrawn)];
  const match = only(records);
  assert.deepEqual([match.id, match.severity, match.aliases], ['A-1', 'unknown', ['A-2']]);
});

test('a malicious-packages record without versions is about all of them; any other one about none', () => {
  const affected = [{ package: { ecosystem: 'npm', name: 'sample' } }];
  const git = [{ ...affected[0], ranges: [{ type: 'GIT', repo: 'x', events: [{ introduced: '0' }] }] }];
  for (const version of ['0.0.1', '99.0.0-x', 'not a version'])
    assert.equal(only([osvJson('MAL-1', 'sample', { affected })], 'sample', version).malicious, true);
  assert.equal(lookupOf([osvJson('MAL-1', 'sample', { affected: git })]).match('sample', '1.0.0').length, 1);
  assert.deepEqual(lookupOf([osvJson('GHSA-1', 'sample', { affected })]).match('sample', '1.0.0'), []);
  const listed = [{ ...affected[0], versions: ['1.0.1'] }];
  const lookup = lookupOf([osvJson('MAL-1', 'sample', { affected: listed })]);
  assert.deepEqual(
    ['1.0.0', '1.0.1', '1.0.2'].map((version) => lookup.match('sample', version).length),
    [0, 1, 0],
  );
});

test('a severity comes through aliases, over several steps, from records about other packages too', () => {
  const match = only([
    osvJson('A-1', 'sample', { aliases: ['A-2'] }),
    osvJson('A-2', 'other', { aliases: ['A-3'] }),
    osvJson('A-4', 'other', { aliases: ['A-3'], severity: [high] }),
  ]);
  assert.deepEqual(match.aliases, ['A-2', 'A-3', 'A-4']);
  assert.deepEqual([match.severity, match.score], ['high', 7.5]);
});

test('what is upstream of a record, or related, is another vulnerability', () => {
  const match = only([
    osvJson('A-1', 'sample', { upstream: ['A-2'], related: ['A-2'] }),
    osvJson('A-2', 'other', { severity: [high] }),
  ]);
  assert.deepEqual([match.aliases, match.severity], [[], 'unknown']);
});

test('the newest CVSS version counts, then the highest score; nobody scored it is unknown, not low', () => {
  assert.equal(only([osvJson('A-1', 'sample', { severity: [low, high] })]).score, 7.5);
  assert.equal(only([osvJson('A-1', 'sample', { severity: [high, v4] })]).score, 7.3);
  assert.equal(only([osvJson('A-1', 'sample')]).severity, 'unknown');
  const unreadable = only([osvJson('A-1', 'sample', { severity: [v3('CVSS:3.1/AV:N')] })]);
  assert.deepEqual([unreadable.severity, unreadable.score], ['unknown', null]);
  assert.equal(
    only([osvJson('A-1', 'sample', { severity: [{ type: 'Ubuntu', score: 'high' }] })]).severity,
    'high',
  );
});

test('the severity of a package stands instead of the record’s', () => {
  const affected = [{ package: { ecosystem: 'npm', name: 'sample' }, versions: ['1.0.0'], severity: [low] }];
  assert.equal(only([osvJson('A-1', 'sample', { affected, severity: [high] })]).severity, 'low');
});

test('a set of aliases too large to be believed joins nothing', () => {
  const chain = Array.from({ length: 250 }, (_, n) =>
    osvJson(`A-${n}`, `p${n}`, { aliases: [`A-${n + 1}`] }),
  );
  const match = only([...chain, osvJson('A-250', 'x', { severity: [high] })], 'p0');
  assert.deepEqual([match.aliases, match.severity], [['A-1'], 'unknown']);
});

test('sources are those of the record and of aliases that are records themselves', () => {
  const origins = { 'malicious-packages-origins': [{ source: 'amazon-inspector' }] };
  const malicious = osvJson('MAL-1', 'sample', { aliases: ['GHSA-1', 'SNYK-1'], database_specific: origins });
  assert.deepEqual(only([malicious]).sources, ['amazon-inspector']);
  assert.deepEqual(only([malicious, osvJson('GHSA-1', 'other')]).sources, ['GHSA', 'amazon-inspector']);
});

test('several entries about one package are one match, with the fixes after this version', () => {
  const ranges = (...pairs: readonly (readonly [string, string])[]): JsonObject[] =>
    pairs.map(([introduced, fixed]) => ({
      package: { ecosystem: 'npm', name: 'sample' },
      ranges: [{ type: 'SEMVER', events: [{ introduced }, { fixed }] }],
    }));
  const match = only([
    osvJson('A-1', 'sample', { affected: ranges(['0', '0.9.0'], ['1.0.0', '1.2.0'], ['1.0.0', '1.10.0']) }),
  ]);
  assert.deepEqual(match.fixed, ['1.2.0', '1.10.0']);
});

test('matches come worst first: malicious, exploited, by severity, by score', () => {
  const kev = parseKev(
    '{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-01-01"}]}',
  );
  const records = [
    osvJson('A-low', 'sample', { severity: [low] }),
    osvJson('A-unknown', 'sample'),
    osvJson('A-high', 'sample', { severity: [high] }),
    osvJson('A-kev', 'sample', { severity: [low], aliases: ['CVE-2026-0001'] }),
    osvJson('MAL-1', 'sample'),
  ];
  const ids = lookupOf(records, { kev })
    .match('sample', '1.0.0')
    .map(({ id }) => id);
  assert.deepEqual(ids, ['MAL-1', 'A-kev', 'A-high', 'A-low', 'A-unknown']);
});

test('EPSS and KEV are joined by the CVE among the aliases, with the model’s version', () => {
  const csv = [
    '#model_version:v2026.03.14,score_date:2026-11-20T12:55:00Z',
    'cve,epss,percentile',
    'CVE-2026-0001,0.5,0.99',
    'CVE-2026-0002,0.1,0.5',
    '',
  ].join('\n');
  const kev = parseKev(
    JSON.stringify({
      catalogVersion: '2026.11.20',
      vulnerabilities: [{ cveID: 'CVE-2026-0001', dateAdded: '2026-11-01', dueDate: '2026-11-15' }],
    }),
  );
  const records = [osvJson('A-1', 'sample', { aliases: ['CVE-2026-0002', 'CVE-2026-0001'] })];
  const [match] = lookupOf(records, { epss: parseEpss(csv), kev }).match('sample', '1.0.0');
  assert.deepEqual(match?.epss, { score: 0.5, percentile: 0.99, model: 'v2026.03.14' });
  assert.deepEqual(match?.kev, { added: '2026-11-01', due: '2026-11-15' });
  const wanted = parseEpss(csv, new Set(['CVE-2026-0002']));
  assert.deepEqual([wanted.size, wanted.worstOf(['CVE-2026-0001'])], [1, undefined]);
});

test('a list of scores or of exploited vulnerabilities that cannot be read is refused as a whole', () => {
  const head = '#model_version:v1,score_date:2026-11-20\ncve,epss,percentile\n';
  for (const csv of [
    '',
    'cve,epss,percentile\n',
    '#model_version:v1\nother\n',
    `${head}CVE-2026-0001,2,0.5`,
    `${head}x,0.1,0.5`,
    `${head}CVE-2026-0001,NaN,0`,
  ])
    assert.throws(() => parseEpss(csv), { code: 'FEED_UNREADABLE' }, csv);
  for (const text of [
    '',
    '[]',
    '{}',
    '{"catalogVersion":"1","vulnerabilities":[{}]}',
    '{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2026-0001"}]}',
  ])
    assert.throws(() => parseKev(text), { code: 'FEED_UNREADABLE' }, text);
});

test('a canary that is not there is missed, whatever the others say', () => {
  const { match } = lookupOf([osvJson('A-1', 'sample', { aliases: ['CVE-1'] })]);
  const there = { name: 'sample', version: '1.0.0' };
  assert.equal(checkCanaries(match, []), 'not-checked');
  assert.equal(checkCanaries(match, [there, { ...there, id: 'CVE-1' }]), 'matched');
  assert.equal(checkCanaries(match, [there, { ...there, id: 'CVE-2' }]), 'missed');
  assert.equal(checkCanaries(match, [{ ...there, version: '2.0.0' }]), 'missed');
});

test('records of a distribution apply to their own release, when one is asked for', () => {
  const affected = ['Debian:11', 'Debian:12'].map((ecosystem, n) => ({
    package: { ecosystem, name: 'openssl' },
    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `1.1.1${n}-1` }] }],
  }));
  const snapshot = buildSnapshot('debian', [osvRecord(osvJson('DSA-1', 'x', { affected }))]);
  const facts = { importedAt: sampleModified, source: 'test', canary: 'not-checked' } as const;
  const count = (release: string | undefined, version: string): number =>
    createLookup(snapshot, facts, { release }).match('openssl', version).length;
  assert.deepEqual(
    [count('11', '1.1.10-1'), count('12', '1.1.10-1'), count(undefined, '1.1.10-1')],
    [0, 1, 1],
  );
  assert.equal(count('13', '1.0'), 0);
});

test('a fix of an older branch is no way out of this one', () => {
  const events = [{ introduced: '0' }, { fixed: '0.9.0' }, { introduced: '1.0.0' }, { fixed: '1.2.0' }];
  const affected = [{ package: { ecosystem: 'npm', name: 'sample' }, ranges: [{ type: 'SEMVER', events }] }];
  assert.deepEqual(only([osvJson('A-1', 'sample', { affected })]).fixed, ['1.2.0']);
});
