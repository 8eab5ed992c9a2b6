import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { osvJson, osvRecord } from '../../../test/support/osv.ts';
import { readOsv, readOsvText } from './parse.ts';

const base = osvJson('GHSA-aaaa-bbbb-cccc', 'sample');

function refusal(change: JsonObject): string | undefined {
  const reading = readOsv({ ...base, ...change });
  return reading.state === 'refused' ? reading.why : undefined;
}

function withRanges(ranges: unknown, more: JsonObject = {}): JsonObject {
  return { affected: [{ package: { ecosystem: 'npm', name: 'sample' }, ranges, ...more }] } as JsonObject;
}

test('a record is read with what decides, and fields that are not known are passed over', () => {
  const record = osvRecord({
    ...base,
    aliases: ['CVE-2026-1', 'CVE-2026-1', 'GHSA-aaaa-bbbb-cccc'],
    upstream: ['CVE-2026-2'],
    related: ['CVE-2026-3'],
    severity: [{ type: 'CVSS_V3', score: 'x' }, { type: 5 }, 'no'],
    database_specific: { severity: 'LOW', cwe_ids: ['CWE-1'] },
    credits: [{ name: 'x' }],
    surprise: { deep: [1, 2] },
  });
  assert.deepEqual(record.aliases, ['CVE-2026-1']);
  assert.deepEqual([record.upstream, record.related], [['CVE-2026-2'], ['CVE-2026-3']]);
  assert.deepEqual(record.severity, [{ type: 'CVSS_V3', score: 'x' }]);
  assert.deepEqual(record.sources, ['GHSA']);
  assert.deepEqual(record.affected[0]?.ranges[0]?.events, [
    { kind: 'introduced', version: '0' },
    { kind: 'fixed', version: '2.0.0' },
  ]);
});

test('ranges of type GIT decide nothing, also beside others', () => {
  const git = { type: 'GIT', repo: 'x', events: [{ introduced: '0' }] };
  assert.deepEqual(osvRecord({ ...base, ...withRanges([git]) }).affected[0]?.ranges, []);
});

test('what cannot be read and decides refuses the whole record, and says why', () => {
  const event = (events: unknown): JsonObject => withRanges([{ type: 'SEMVER', events }]);
  const cases: readonly (readonly [JsonObject, RegExp])[] = [
    [{ id: '' }, /an id/],
    [{ id: 'x y' }, /no id/],
    [{ id: 'a'.repeat(101) }, /an id/],
    [{ schema_version: '2.0.0' }, /schema version/],
    [{ modified: 'yesterday' }, /"modified"/],
    [{ modified: null }, /no time/],
    [{ withdrawn: 'sometime' }, /"withdrawn"/],
    [{ aliases: 'CVE-1' }, /no list/],
    [{ aliases: Array.from({ length: 501 }, (_, n) => `CVE-${n}`) }, /more than 500/],
    [{ affected: [5] }, /no object/],
    [{ affected: [{ package: { ecosystem: 'npm', name: '' } }] }, /name of a package/],
    [{ affected: [{ package: { ecosystem: 'npm', name: '\ud800' } }] }, /name of a package/],
    [withRanges([{ type: 'OTHER', events: [] }]), /type/],
    [event([]), /where it begins/],
    [event([{ fixed: '1.0.0' }]), /where it begins/],
    [event([{ introduced: '0' }, { fixed: 'garbage' }]), /no version/],
    [event([{ introduced: '0' }, { fixed: 5 }]), /"fixed"/],
    [event([{ introduced: '0' }, {}]), /nothing that is known/],
    [event([{ introduced: '0' }, { fixed: '1'.repeat(600) }]), /"fixed"/],
    [withRanges([], { versions: ['1.0.0', 7] }), /a version/],
  ];
  for (const [change, why] of cases)
    assert.match(refusal(change) ?? 'it was read', why, JSON.stringify(change).slice(0, 200));
});

test('null is the same as absent', () => {
  assert.equal(refusal({ aliases: null, withdrawn: null, severity: null, related: null }), undefined);
});

test('packages of other ecosystems are left out, and names are written as theirs are', () => {
  const affected = [
    { package: { ecosystem: 'NuGet', name: 'Other' } },
    { package: { ecosystem: 'PyPI', name: 'Zope.Interface' } },
    { package: { ecosystem: 'Debian:12', name: 'openssl' } },
    { package: { ecosystem: 'Maven', name: 'org.example:lib' } },
    { ranges: [{ type: 'GIT', repo: 'x', events: [{ introduced: '0' }] }] },
  ];
  const record = osvRecord({ ...base, affected });
  assert.deepEqual(
    record.affected.map(({ ecosystem, name, release }) => [ecosystem, name, release]),
    [
      ['pypi', 'zope-interface', undefined],
      ['debian', 'openssl', '12'],
      ['maven', 'org.example/lib', undefined],
    ],
  );
});

test('the origins of a malicious-packages record are its sources, and one database has one name', () => {
  const origins = [
    { source: 'ghsa-malware' },
    { source: 'amazon-inspector' },
    { source: 'GHSA' },
    { source: 'a\nb' },
    5,
  ];
  const record = osvRecord({
    ...osvJson('MAL-2026-1', 'sample'),
    database_specific: { 'malicious-packages-origins': origins },
  });
  assert.deepEqual(record.sources, ['GHSA', 'amazon-inspector']);
});

test('a summary is one line, short, and well-formed', () => {
  const summary = osvRecord({ ...base, summary: `a\n\u0007 b ${'x'.repeat(198)}\ud83d\ude00` }).summary;
  assert.ok(summary.length <= 200 && summary.isWellFormed() && !summary.includes('\n'));
});

test('what an object inherits is no field of it', () => {
  assert.equal(
    refusal(JSON.parse('{"__proto__": {"withdrawn": "2026-01-01T00:00:00Z"}}') as JsonObject),
    undefined,
  );
  assert.equal(
    osvRecord({ ...base, affected: [{ package: { ecosystem: 'constructor', name: 'x' } }] }).affected.length,
    0,
  );
});

test('any JSON is read or refused, without an exception', () => {
  const keys = fc.constantFrom(
    'id',
    'modified',
    'aliases',
    'affected',
    'package',
    'ranges',
    'events',
    'introduced',
    'versions',
    'severity',
    'database_specific',
    '__proto__',
  );
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constantFrom('npm', '0', '1.0.0', 'SEMVER', '2026-01-01T00:00:00Z'),
    ),
    tree: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      assert.ok(['read', 'refused'].includes(readOsv(value).state));
      assert.ok(['read', 'refused'].includes(readOsv({ ...base, affected: [value], severity: value }).state));
      assert.ok(['read', 'refused'].includes(readOsv({ ...base, affected: value, aliases: value }).state));
    }),
    { numRuns: 300 },
  );
});

test('any text is read or refused, without an exception', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readOsvText(text).state === 'refused'));
});

test('a value that is nested too deeply to be written is refused like any other', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  for (const field of ['id', 'modified', 'schema_version', 'affected', 'withdrawn']) {
    const text = JSON.stringify({ ...base, [field]: '?' }).replace('"?"', deep);
    assert.equal(readOsvText(text).state, 'refused', field);
  }
});
