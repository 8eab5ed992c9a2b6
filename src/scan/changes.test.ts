/** Promises of what is parsed when much of a package is new or asks for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanOf, threatsOf } from './testing/scan-of.ts';

/** A module by a name in pieces, of which no word tells anything. */
const hidden = "const n = ['chi', 'ld_process']; module.exports = require(n[0] + n[1]);";
const comment = (bytes: number): string => `/*${' harmless '.repeat(bytes / 10)}*/\n`;
/** Each of 900 kB. */
const large = (count: number, code: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`lib/large-${at}.js`, comment(900_000) + code] as const),
  );

test('what changed is parsed though no word asks for it', () => {
  const files = { 'lib/a.js': hidden };
  assert.deepEqual(threatsOf(scanOf(files)), []);
  assert.notDeepEqual(threatsOf(scanOf(files, {}, ['lib/a.js'])), []);
});

test('where more changed than is parsed, entries and small files are, whatever comes before them, and the rest is told', () => {
  const files = { ...large(20, 'exports.one = 1;'), 'lib/last.js': hidden };
  const report = scanOf(files, {}, Object.keys(files));
  assert.notDeepEqual(threatsOf(report), []);
  assert.ok(report.parsedFiles > 1 && report.parsedFiles < 21, `${report.parsedFiles} were parsed`);
  const told = report.findings.filter(({ rule }) => rule === 'limits/changes-not-parsed');
  assert.deepEqual(
    told.map(({ severity, area }) => [severity, area]),
    [['none', 'limits']],
  );
  assert.match(told[0]?.message ?? '', new RegExp(`^${21 - report.parsedFiles} files `));
  const entry = { ...large(20, hidden) };
  const asEntry = scanOf(entry, { main: 'lib/large-19.js' }, Object.keys(entry));
  assert.ok(asEntry.findings.some(({ area, path }) => area === 'malware' && path === 'lib/large-19.js'));
});

test('what words ask for is parsed beside any number of changes', () => {
  const asks = "globalThis['ev' + 'al'](atob('YWxlcnQoMSk='));";
  const files = { ...large(20, 'exports.one = 1;'), 'lib/z.js': comment(50_000) + asks };
  assert.ok(threatsOf(scanOf(files, {}, Object.keys(files))).includes('malware/hidden-global'));
});

test('code that asks to be parsed, made too much of, is told, and its words count for more', () => {
  const asks = 'module.constructor; globalThis["ev" + "al"];';
  const files = { ...large(40, asks) };
  const report = scanOf(files, {}, Object.keys(files));
  const told = report.findings.filter(({ message }) => message.includes('there is too much such code'));
  assert.ok(
    told.length >= 4 &&
      told.every(({ rule, severity }) => rule === 'limits/not-parsed' && severity === 'low'),
  );
});
