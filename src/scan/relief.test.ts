/** What another file of the package takes back, and what it must not. All of it is inert. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPlainNames } from './plain-data.ts';
import { refusedFrom } from './score.ts';
import { scanOf } from './testing/scan-of.ts';

const score = (files: Readonly<Record<string, string>>): number => scanOf(files).score?.value ?? 0;
const refused = (files: Readonly<Record<string, string>>): boolean => score(files) >= refusedFrom;

const globals = JSON.stringify({ Array: { writable: true }, Function: {}, Uint8ClampedArray: {} });
const window = `const vm = require('vm'); const names = require('./names.json');
  for (const [name] of Object.entries(names)) show(vm.runInContext(name, context));`;

test('names of globals that a package keeps as JSON may be looked up in a context', () => {
  const report = scanOf({ 'index.js': window, 'names.json': globals });
  assert.equal(report.score?.value, 1.5);
  assert.match(report.score?.because[0] ?? '', /the data holds names alone/);
});

test('the order of the files in the archive changes nothing', () => {
  assert.equal(score({ 'names.json': globals, 'index.js': window }), 1.5);
  assert.equal(score({ 'lib/a/w.js': window.replace('./', '../'), 'lib/names.json': globals }), 1.5);
});

const hidden: Readonly<Record<string, string>> = {
  code: '{"a":"console.log(1)"}',
  'code as a key': '{"console.log(1)":true}',
  'numbers of characters': '{"a":[99,111,110]}',
  'an encoding': '{"a":"Y29uc29sZS5sb2coMSk3"}',
  'an escape': '{"a":"\\u0063onsole"}',
  'the name of what has every power': '{"a":"process"}',
  'pieces of code': '["require","x"]',
  'too many names': JSON.stringify(
    Array.from({ length: 600 }, (_, at) => `n${String.fromCharCode(97 + (at % 26), 97 + ((at / 26) | 0))}x`),
  ),
  'a long name': `["${'a'.repeat(40)}"]`,
  'no JSON': '{Array: 1}',
};
for (const [what, data] of Object.entries(hidden)) {
  test(`data that holds ${what} and is run stays refused`, () => {
    assert.ok(refused({ 'index.js': window, 'names.json': data }));
  });
}

test('what is not shipped, is shipped twice, or stands beside other data stays refused', () => {
  assert.ok(refused({ 'index.js': window }));
  assert.ok(refused({ 'index.js': window, 'names.json': globals, 'Names.json': globals }));
  const two = `${window} const more = require('./more.json');`;
  assert.ok(refused({ 'index.js': two, 'names.json': globals, 'more.json': '{"a":"b()"}' }));
  const text = `${window} vm.runInContext(require('fs').readFileSync(__dirname + '/a.txt', 'utf8'), context);`;
  assert.ok(refused({ 'index.js': text, 'names.json': globals }));
});

test('a name that may mean another file takes nothing back', () => {
  const files = { 'names.json': globals, 'evil.json': '{"a":"b()"}' };
  const by = (call: string): string => window.replace("require('./names.json')", call);
  for (const code of [
    by("require(odd ? './names.json' : './evil.json')"),
    by("require(given || './names.json')"),
    by("module.parent.require('./names.json')"),
    `const require = createRequire(elsewhere); ${window}`,
  ])
    assert.ok(refused({ 'index.js': code, ...files }), code);
});

test('a file that writes files may write its data first: it stays refused', () => {
  const writes = `${window} require('fs').writeFileSync('./names.json', given);`;
  assert.ok(refused({ 'index.js': writes, 'names.json': globals }));
});

test('at install nothing is taken back', () => {
  const report = scanOf(
    { 'index.js': window, 'names.json': globals },
    { scripts: { postinstall: 'node index.js' } },
  );
  assert.ok((report.score?.value ?? 0) >= refusedFrom);
});

test('what is plain is valid JSON of short words, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      if (!isPlainNames(Buffer.from(text))) return;
      JSON.parse(text);
      assert.doesNotMatch(text, /[\\()=;+.]/);
    }),
  );
  assert.equal(isPlainNames(Buffer.from(`{"a":true}${' '.repeat(20_000)}`)), false);
});

const asks = `const proxyOf = require('./proxy'); const https = require('https');
  function download(env, url) { const o = { url }; o.proxy = proxyOf(url, env); return https.request(o); }
  download(process.env, 'https://c.example');`;
const reads = `function proxyOf(url, env) {
  if (url.env === 1 || env.NO_PROXY === '*') return null;
  return env.HTTPS_PROXY || env.https_proxy || env['npm_config_proxy'] || null;
} module.exports = proxyOf;`;

test('an environment that is lent to a function which reads single variables is not sent', () => {
  const report = scanOf({ 'index.js': asks, 'proxy.js': reads });
  assert.equal(report.score?.value, 1.5);
  assert.match(report.score?.because[0] ?? '', /single variables are read of it/);
});

test('so it is with modules of the language, by name and by default', () => {
  const named = asks.replace("const proxyOf = require('./proxy');", "import { proxyOf } from './proxy.js';");
  const whole = asks.replace("const proxyOf = require('./proxy');", "import proxyOf from './proxy.js';");
  const body = reads.replace('module.exports = proxyOf;', '');
  assert.equal(score({ 'index.js': named, 'proxy.js': `export ${body}` }), 1.5);
  assert.equal(score({ 'index.js': whole, 'proxy.js': `export default ${body}` }), 1.5);
});

const takes: Readonly<Record<string, string>> = {
  'returns all of it': 'module.exports = (url, env) => JSON.stringify(env);',
  'hands it on': 'module.exports = (url, env) => other(env) || env.HTTP_PROXY;',
  'reads by names from elsewhere': 'module.exports = (url, env) => names.map((name) => env[name]);',
  'keeps it': 'module.exports = (url, env) => { const e = env; return e; };',
  'spreads it': 'module.exports = (url, env) => ({ ...env });',
  'takes it as a value': 'module.exports = (url, env) => env.valueOf();',
  'takes its arguments': 'module.exports = function (url, env) { return arguments[1]; };',
  'is asked for its arguments':
    'module.exports = f; function f(url, env) { return g(); } function g() { return f.arguments[1]; }',
  'puts it into an object by its name': 'module.exports = (url, env) => ({ env });',
  'takes the rest': 'module.exports = (url, ...env) => env.HTTP_PROXY;',
  'takes it apart': 'module.exports = (url, { HTTP_PROXY, ...env }) => env;',
  'reads a secret': 'module.exports = (url, env) => env.NPM_TOKEN;',
  'is another in the end': `${reads} module.exports = (url, env) => ({ ...env });`,
  'is given a new value': `${reads} proxyOf = (url, env) => ({ ...env });`,
  'is exported twice': `${reads} exports.x = 1;`,
  'is declared twice': `${reads} function proxyOf(url, env) { return { ...env }; }`,
  'is not there': '',
};
for (const [what, code] of Object.entries(takes)) {
  test(`an environment lent to a function that ${what} counts as sent`, () => {
    assert.ok(refused({ 'index.js': asks, 'proxy.js': `/* env */ ${code}` }));
  });
}

test('a decoy takes nothing back', () => {
  assert.ok(refused({ 'index.js': asks }));
  // Which of the files Node takes is not guessed.
  assert.ok(refused({ 'index.js': asks, 'proxy.js': reads, proxy: takes['spreads it'] ?? '' }));
  assert.ok(refused({ 'index.js': asks, 'proxy.js': reads, 'Proxy.js': reads }));
  assert.ok(refused({ 'index.js': asks, 'proxy/index.js': reads }));
  for (const more of [
    'proxyOf = JSON.stringify;',
    'function f(proxyOf) {}',
    '[proxyOf] = [JSON.stringify];',
    'https.request(url).end(JSON.stringify(process.env));',
  ]) {
    const code = asks.replace('const proxyOf', 'let proxyOf');
    assert.ok(refused({ 'index.js': `${code} ${more}`, 'proxy.js': reads }), more);
  }
  const member = asks
    .replace('const proxyOf =', 'const { proxyOf } =')
    .concat(" require('./proxy').proxyOf = JSON.stringify;");
  assert.ok(refused({ 'index.js': member, 'proxy.js': reads }));
});

test('one argument that reads by name does not speak for another', () => {
  const both = asks.replace('proxyOf(url, env)', 'proxyOf(env, env)');
  assert.ok(refused({ 'index.js': both, 'proxy.js': reads.replace('url.env', 'JSON.stringify(url)') }));
});
