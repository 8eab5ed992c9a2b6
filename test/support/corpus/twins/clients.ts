import type { Twin } from './twin.ts';

/** Libraries that read credentials and send them to whom they belong, and installers of large programs. */
export const clientTwins: readonly Twin[] = [
  {
    id: 'cloud-credentials',
    looksLike: 'credential files, environment and the metadata service read, then the network (Shai-Hulud)',
    manifest: { description: 'Credential providers for a cloud’s API' },
    files: {
      'index.js': `const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

function fromEnvironment() {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session } = process.env;
  return id && secret ? { id, secret, session } : undefined;
}
function fromFile(profile) {
  const file = process.env.AWS_SHARED_CREDENTIALS_FILE || path.join(os.homedir(), 'corpus-no-such-folder', '.aws', 'credentials');
  if (!fs.existsSync(file)) return undefined;
  const section = fs.readFileSync(file, 'utf8').split('[').find((part) => part.startsWith(profile + ']'));
  const value = (name) => (new RegExp(name + '\\\\s*=\\\\s*(\\\\S+)').exec(section || '') || [])[1];
  return { id: value('aws_access_key_id'), secret: value('aws_secret_access_key') };
}
function fromInstance() {
  return new Promise((resolve, reject) => {
    const request = http.get('http://169.254.169.254.invalid/latest/meta-data/iam/security-credentials/', { timeout: 1000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
  });
}
exports.load = async (profile = process.env.AWS_PROFILE || 'default') => fromEnvironment() || fromFile(profile) || fromInstance();
`,
      'sign.js': `const crypto = require('crypto');
const https = require('https');

exports.send = (credentials, { host, path, body }) => {
  const hash = crypto.createHash('sha256').update(body).digest('hex');
  const signature = crypto.createHmac('sha256', 'AWS4' + credentials.secret).update(hash).digest('hex');
  const request = https.request({ host, path, method: 'POST', headers: { Authorization: 'AWS4-HMAC-SHA256 Credential=' + credentials.id + ', Signature=' + signature } });
  request.end(body);
};
`,
    },
  },
  {
    id: 'registry-client',
    looksLike: '.npmrc tokens read and sent (eslint-scope, Shai-Hulud)',
    manifest: { description: 'Asks a package registry, as the user’s npm would' },
    files: {
      'index.js': `const fs = require('fs');
const os = require('os');
const path = require('path');

function tokenFor(registry) {
  const file = path.join(os.homedir(), 'corpus-no-such-folder', '.npmrc');
  if (!fs.existsSync(file)) return process.env.NPM_TOKEN;
  const key = registry.replace(/^https?:/, '') + ':_authToken=';
  const line = fs.readFileSync(file, 'utf8').split('\\n').find((one) => one.startsWith(key));
  return line && line.slice(key.length);
}
exports.packument = async (name, registry = process.env.npm_config_registry || 'https://registry.invalid/') => {
  const token = tokenFor(registry);
  const answer = await fetch(registry + name.replace('/', '%2f'), { headers: token ? { Authorization: 'Bearer ' + token } : {} });
  if (!answer.ok) throw new Error(name + ': ' + answer.status);
  return answer.json();
};
`,
    },
  },
  {
    id: 'ssh-client',
    looksLike: 'private keys read (all thefts)',
    manifest: { description: 'SSH connections' },
    files: {
      'index.js': `const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');

exports.connect = ({ host, port = 22, identity }) => {
  const folder = path.join(os.homedir(), 'corpus-no-such-folder', '.ssh');
  const names = identity ? [identity] : ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => path.join(folder, name));
  const key = names.filter((name) => fs.existsSync(name)).map((name) => fs.readFileSync(name))[0];
  const socket = net.connect(port, host);
  socket.write('SSH-2.0-corpus\\r\\n');
  return { socket, key };
};
`,
    },
  },
  {
    id: 'browser-installer',
    looksLike: 'a large program downloaded at installation (mini Shai-Hulud)',
    manifest: {
      scripts: { postinstall: 'node install.mjs' },
      homepage: 'https://corpus-browser-installer.invalid',
    },
    files: {
      'install.mjs': `import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir, platform, arch } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execFileSync } from 'node:child_process';

if (process.env.BROWSER_SKIP_DOWNLOAD) process.exit(0);
const revision = '131.0.6778.85';
const base = process.env.BROWSER_DOWNLOAD_BASE_URL || 'https://storage.corpus-browser-installer.invalid/builds';
const folder = join(homedir(), 'corpus-no-such-folder', '.cache', 'browser', revision);
const archive = join(folder, 'browser.zip');

await mkdir(folder, { recursive: true });
const answer = await fetch(base + '/' + revision + '/' + platform() + '-' + arch() + '/browser.zip');
if (!answer.ok) throw new Error('cannot download the browser: ' + answer.status + '; set BROWSER_SKIP_DOWNLOAD to go on without');
await pipeline(answer.body, createWriteStream(archive));
execFileSync('unzip', ['-q', archive, '-d', folder], { cwd: '/corpus-no-such-folder' });
await rm(archive);
console.log('browser ' + revision + ' is in ' + folder);
`,
    },
  },
  {
    id: 'usage-statistics',
    looksLike: 'host facts sent out by a command-line program (dependency confusion)',
    manifest: { description: 'Anonymous, optional usage statistics' },
    files: {
      'index.js': `const crypto = require('crypto');
const os = require('os');
const { spawn } = require('child_process');

const off = process.env.DO_NOT_TRACK || process.env.CI || process.env.TELEMETRY_DISABLED;

exports.record = (event) => {
  if (off) return;
  const id = crypto.createHash('sha256').update(os.hostname() + os.userInfo().username).digest('hex');
  const body = { event, id, node: process.version, platform: os.platform(), cpus: os.cpus().length };
  const child = spawn(process.execPath, [require.resolve('./send.js'), JSON.stringify(body)], { detached: true, stdio: 'ignore', cwd: '/corpus-no-such-folder' });
  child.unref();
};
`,
      'send.js': `fetch('https://telemetry.corpus-usage-statistics.invalid/v1', { method: 'POST', body: process.argv[2] }).catch(() => {});
`,
      'README.md': '# usage-statistics\n\nSet `TELEMETRY_DISABLED=1` to send nothing.\n',
    },
  },
  {
    id: 'process-manager',
    looksLike: 'start files and services changed (persistence)',
    manifest: {
      bin: { 'corpus-pm': 'cli.js' },
      description: 'Keeps programs running; `startup` adds a service',
    },
    files: {
      'cli.js': `#!/usr/bin/env node
const fs = require('fs');
const { execSync, spawn } = require('child_process');

const [command, target] = process.argv.slice(2);
if (command === 'start') spawn(process.execPath, [target], { detached: true, stdio: 'ignore', cwd: '/corpus-no-such-folder' }).unref();
else if (command === 'startup') {
  const unit = '[Unit]\\nDescription=corpus-pm\\n[Service]\\nExecStart=/usr/bin/corpus-pm resurrect\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n';
  fs.writeFileSync('/corpus-no-such-folder/etc/systemd/system/corpus-pm.service', unit);
  execSync('systemctl enable corpus-pm', { cwd: '/corpus-no-such-folder', stdio: 'inherit' });
} else console.error('usage: corpus-pm start <script> | startup');
`,
    },
  },
];
