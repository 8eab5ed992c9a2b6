import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentProblems } from '../../test/support/document-schemas.ts';
import type { AdvisoryMatch } from '../core/advisory.ts';
import type { JsonObject } from '../core/json.ts';
import { formatPurl } from '../core/purl.ts';
import type { ScanFinding } from '../core/scan-report.ts';
import { documentText } from './document.ts';
import { sarifLog, type SarifFinding } from './sarif.ts';

const tool = { name: 'assay', version: '0.1.0' };

function scan(fields: Partial<ScanFinding> = {}, version = '1.0.0'): SarifFinding {
  const finding: ScanFinding = {
    rule: 'malware/exfiltrate-environment',
    area: 'malware',
    severity: 'high',
    path: 'lib/index.js',
    line: 12,
    excerpt: 'fetch(u, { body: process.env })',
    message: 'Sends the environment away.',
    capped: undefined,
    ...fields,
  };
  return { kind: 'scan', purl: formatPurl('npm', '@s/a', version), finding };
}

const match: AdvisoryMatch = {
  id: 'GHSA-aaaa-bbbb-cccc',
  aliases: ['CVE-2026-1'],
  malicious: false,
  severity: 'unknown',
  score: null,
  vector: null,
  summary: 'Something',
  published: undefined,
  modified: '2026-01-01T00:00:00.000Z',
  fixed: ['1.2.0'],
  sources: ['GHSA'],
  epss: null,
  kev: null,
};
const advisory: SarifFinding = {
  kind: 'advisory',
  purl: formatPurl('npm', 'a', '1.0.0'),
  name: 'a',
  version: '1.0.0',
  match,
  path: 'package-lock.json',
};

interface Result {
  readonly level: string;
  readonly ruleId: string;
  readonly message: { readonly text: string };
  readonly partialFingerprints: JsonObject;
  readonly locations: readonly [
    { readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } },
  ];
}

function resultsOf(findings: readonly SarifFinding[]): readonly Result[] {
  const log = sarifLog({ tool, findings, failures: [] }) as unknown as {
    readonly runs: readonly [{ readonly results: readonly Result[] }];
  };
  return log.runs[0].results;
}

const prints = (findings: readonly SarifFinding[]): readonly unknown[] =>
  resultsOf(findings).map((one) => one.partialFingerprints['assay/v1']);

test('a log of findings and advisories is valid, and the check can fail', () => {
  const log = sarifLog({ tool, findings: [scan(), advisory, scan({ line: undefined })], failures: ['x'] });
  assert.deepEqual(documentProblems(log, 'sarif'), []);
  assert.notDeepEqual(documentProblems({ ...log, planted: 1 }, 'sarif'), []);
  assert.deepEqual(documentProblems(sarifLog({ tool, findings: [], failures: [] }), 'sarif'), []);
});

test('a severity that nobody scored is a warning, a malicious package is an error', () => {
  const malicious: SarifFinding = { ...advisory, match: { ...match, malicious: true } };
  assert.deepEqual(
    resultsOf([advisory, malicious, scan({ severity: 'low' })]).map(({ level }) => level),
    ['warning', 'error', 'note'],
  );
});

test('what could not be scanned makes the run unsuccessful', () => {
  const text = documentText(sarifLog({ tool, findings: [], failures: ['a.tgz: the reader died'] }));
  assert.match(text, /"executionSuccessful": false/);
  assert.match(text, /the reader died/);
  const cut = sarifLog({ tool, findings: Array.from({ length: 25_001 }, () => advisory), failures: [] });
  assert.match(JSON.stringify(cut), /1 more findings are not in this file/);
});

test('whether it is exploited is told where it is known, and what nobody asked for as a note', () => {
  const epss = { score: 0.94, percentile: 0.99, model: 'v2026.03.01' };
  const known: SarifFinding = {
    ...advisory,
    match: { ...match, epss, kev: { added: '2026-01-02', due: undefined } },
  };
  const log = sarifLog({
    tool,
    findings: [known, advisory],
    failures: [],
    notChecked: ['EPSS: not checked'],
  });
  assert.deepEqual(documentProblems(log, 'sarif'), []);
  const [first, second] = (
    log['runs'] as unknown as readonly [{ readonly results: readonly JsonObject[] }]
  )[0].results;
  assert.deepEqual(first?.['properties'], {
    epss: 0.94,
    epssPercentile: 0.99,
    epssModel: 'v2026.03.01',
    knownExploitedSince: '2026-01-02',
  });
  assert.match(JSON.stringify(first), /exploited since 2026-01-02. EPSS 0.94/);
  assert.equal(second?.['properties'], undefined);
  assert.match(documentText(log), /"executionSuccessful": true,[^]*"level": "note",[^]*EPSS. not checked/);
});

test('a fingerprint outlives other lines and versions, and tells findings of one file apart', () => {
  const [first] = prints([scan()]);
  assert.deepEqual(prints([scan({ line: 99 })]), [first]);
  assert.deepEqual(prints([scan({}, '1.0.1')]), [first]);
  assert.deepEqual(prints([scan({ excerpt: 'fetch(u,  {\n body: process.env })' })]), [first]);
  const two = prints([scan(), scan({ line: 40 })]);
  assert.equal(two[0], first);
  assert.equal(new Set(two).size, 2);
  for (const other of [{ path: 'b.js' }, { rule: 'malware/x' }, { excerpt: 'y' }])
    assert.notEqual(prints([scan(other)])[0], first, JSON.stringify(other));
});

test('a location stays below the folder, whatever the path says', () => {
  const uris = [
    '../../etc/passwd',
    '/etc/passwd',
    'https://evil.example/x',
    '..\\x',
    'a b?c#d',
    '',
    'data:x',
  ].map((path) => resultsOf([scan({ path })])[0]?.locations[0].physicalLocation.artifactLocation.uri);
  assert.deepEqual(uris, [
    '__/__/etc/passwd',
    'etc/passwd',
    'https%3A/evil.example/x',
    '__/x',
    'a%20b%3Fc%23d',
    '_',
    'data%3Ax',
  ]);
});

test('a message has no links and no placeholders', () => {
  const text = resultsOf([scan({ message: '[click](http://evil.example) {0}', excerpt: undefined })])[0]
    ?.message.text;
  assert.equal(text, '\\[click\\](http://evil.example) {{0}}');
});

test('whatever is written into a package, no line of the document is a command to a build service', () => {
  const hostile = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '::set-env name=X::y',
          '##[add-mask]',
          '##vso[task.setvariable]',
          '\n',
          '\r',
          '\u2028',
          ':',
          '#',
        ),
        fc.string({ unit: 'binary', maxLength: 10 }),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(hostile, hostile, hostile, (a, b, c) => {
      const findings = [
        scan({ rule: a === '' ? 'x' : a, path: b, message: c, excerpt: a, capped: b }),
        { ...advisory, name: a, version: b, path: c, match: { ...match, summary: c, fixed: [a] } },
      ];
      const text = documentText(sarifLog({ tool, findings, failures: [a, b] }));
      assert.ok(!/::|##|[\r\u2028\u2029\u202e]/.test(text));
      assert.ok(text.isWellFormed());
      assert.ok(text.split('\n').every((line) => !/^\s*[:#]/.test(line)));
      JSON.parse(text);
    }),
    { numRuns: 300 },
  );
});

test('escapes do not change what a document says', () => {
  const document = { 'a::b': ':::##\u202e#\u{e0041}' };
  assert.deepEqual(JSON.parse(documentText(document)), document);
});
