import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScanFinding, ScanAttempt } from '../../../src/core/scan-report.ts';
import { largeProject } from '../projects.ts';
import { packagesOf } from './real-packages.ts';
import { between, realTable, recallTable, ruleTable, verdictOf, type MeasuredMalicious } from './tables.ts';

function scanned(
  value: number | null,
  rules: readonly string[] = [],
  because: readonly string[] = [],
): ScanAttempt {
  const findings = rules.map((rule): ScanFinding => ({
    rule,
    area: 'malware',
    severity: 'high',
    path: 'index.js',
    line: 1,
    excerpt: undefined,
    message: rule,
    capped: undefined,
  }));
  return {
    state: 'scanned',
    report: {
      schema: 1,
      scanner: 'test',
      rules: 'test',
      bytesPresent: 1,
      bytesScanned: 1,
      files: 1,
      parsedFiles: 1,
      findings,
      findingsTotal: findings.length,
      fingerprint: { capabilities: [], hosts: [], threats: [] },
      licences: [],
      score: value === null ? null : { value, because },
    },
  };
}

const failed: ScanAttempt = { state: 'failed', code: 'X', message: 'died' };

test('a score of seven is refused, of five held; a scan that failed is neither nor passed', () => {
  const verdicts = [scanned(7), scanned(6.99), scanned(5), scanned(4.99), scanned(null), failed].map(
    verdictOf,
  );
  assert.deepEqual(verdicts, ['refused', 'held', 'held', 'passed', 'passed', 'failed']);
});

const rows: readonly MeasuredMalicious[] = [
  {
    id: 'a/plain',
    incident: 'a',
    variant: 'plain',
    half: 'independent',
    planned: true,
    outcome: scanned(8, ['malware/x']),
  },
  { id: 'a/split', incident: 'a', variant: 'split', half: 'independent', planned: true, outcome: failed },
  {
    id: 'b/plain',
    incident: 'b',
    variant: 'plain',
    half: 'tuning',
    planned: true,
    outcome: scanned(5, ['malware/x']),
  },
];

test('recall is told for each half, and a failed scan is no recall', () => {
  const table = recallTable(rows, 'incident');
  assert.match(table, /\| a \| 1 of 2 \| 1 of 2 \(50\.0 %\) \| 0 of 0 \| 0 of 0 \(–\) \|/);
  assert.match(table, /\| \*\*all\*\* \| 1 of 2 \| 1 of 2 \(50\.0 %\) \| 0 of 1 \| 1 of 1 \(100 %\) \|/);
  const strangers = recallTable(
    rows.map((row) => ({ ...row, planned: row.incident === 'b' })),
    'incident',
  );
  assert.match(strangers, /\| \*\*all others\*\* \| 1 of 2 \|/);
});

test('what a rule finds in the independent half is a number, never a name', () => {
  const table = ruleTable(rows, [{ id: 'twin', outcome: scanned(1, ['malware/x']) }]);
  assert.match(table, /\| `malware\/x` \| b \| 1 \| 1 \|/);
});

test('every real package that is refused, held or unreadable is listed; its text cannot leave its cell', () => {
  const table = realTable([
    { id: 'one@1.0.0', outcome: scanned(5.5, [], ['a | b\n| c <script>`']) },
    { id: 'two@1.0.0', outcome: scanned(4) },
    { id: 'three@1.0.0', outcome: failed },
  ]);
  assert.match(table, /^3 packages: 0 refused, 1 held \(33\.3 %\), 1 could not be scanned\./);
  assert.match(table, /\| one@1\.0\.0 \| 5\.5 \| held \| a   b   c  script \|/);
  assert.match(table, /\| three@1\.0\.0 \| 0 \| failed \| X \|/);
  assert.doesNotMatch(table, /two/);
});

test('text goes between its markers, and nowhere else', () => {
  const page = 'a\n<!-- x -->\nold\n<!-- /x -->\nb\n';
  assert.equal(between(page, 'x', 'new\n'), 'a\n<!-- x -->\nnew\n<!-- /x -->\nb\n');
  assert.throws(() => between(page, 'y', 'new'), RangeError);
});

test('no release stands in two sets of real packages, and each is named by its hash', () => {
  const third = packagesOf('third');
  assert.equal(third.length, 1000);
  const all = [...packagesOf('first'), ...packagesOf('second'), ...third];
  assert.equal(new Set(all.map(({ name, version }) => `${name}@${version}`)).size, all.length);
  for (const { integrity } of third) assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/);
});

test('the first two sets of real packages share no name, and the first is the application’s', () => {
  const first = packagesOf('first');
  const second = packagesOf('second');
  assert.ok(first.length >= 800);
  assert.equal(second.length, 150);
  const names = new Set(first.map(({ name }) => name));
  assert.deepEqual(
    second.filter(({ name }) => names.has(name)),
    [],
  );
  assert.equal(new Set(second.map(({ name }) => name)).size, 150);
  for (const name of Object.keys({ ...largeProject.dependencies, ...largeProject.devDependencies })) {
    assert.ok(names.has(name), name);
  }
  for (const { integrity } of [...first, ...second]) assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/);
});
