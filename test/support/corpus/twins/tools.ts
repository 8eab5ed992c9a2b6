import type { Twin } from './twin.ts';

/** Command-line programs that start others, publish, and write workflows because they were asked to. */
export const toolTwins: readonly Twin[] = [
  {
    id: 'release-tool',
    looksLike: 'self-publication with a token (Shai-Hulud)',
    manifest: { bin: { 'corpus-release': 'cli.js' }, description: 'Raises the version, tags and publishes' },
    files: {
      'cli.js': `#!/usr/bin/env node
const fs = require('fs');
const semver = require('semver');
const { execSync } = require('child_process');

const options = { cwd: '/corpus-no-such-folder', stdio: 'inherit' };
const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8'));
manifest.version = semver.inc(manifest.version, process.argv[2] || 'patch');
fs.writeFileSync('package.json', JSON.stringify(manifest, null, 2) + '\\n');

if (process.env.NPM_TOKEN) {
  fs.writeFileSync('.npmrc', '//registry.invalid/:_authToken=\${NPM_TOKEN}\\n');
}
execSync('git commit -am "v' + manifest.version + '"', options);
execSync('git tag v' + manifest.version, options);
execSync('git push --follow-tags', options);
execSync('npm publish --access public --tag latest', options);
`,
    },
  },
  {
    id: 'workflow-scaffold',
    looksLike: 'workflow files written by a package (Shai-Hulud)',
    manifest: {
      bin: { 'create-corpus-app': 'create.js' },
      description: 'Creates an application with tests and CI',
    },
    files: {
      'create.js': `#!/usr/bin/env node
const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');

const target = path.resolve(process.argv[2] || 'my-app');
fs.cpSync(path.join(__dirname, 'template'), target, { recursive: true });
const workflows = path.join(target, '.github', 'workflows');
fs.mkdirSync(workflows, { recursive: true });
fs.writeFileSync(path.join(workflows, 'ci.yml'), fs.readFileSync(path.join(__dirname, 'ci.yml.txt')));
execFileSync('git', ['init'], { cwd: target });
execFileSync('npm', ['install'], { cwd: target, stdio: 'inherit' });
`,
      'ci.yml.txt': `name: ci
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci && npm test
      - run: npm publish
        if: startsWith(github.ref, 'refs/tags/')
        env:
          NODE_AUTH_TOKEN: \${{ secrets.NPM_TOKEN }}
`,
      'template/package.json':
        '{ "name": "my-app", "private": true, "scripts": { "test": "node --test" } }\n',
      'template/index.js': "console.log('hello');\n",
    },
  },
  {
    id: 'git-client',
    looksLike: 'programs started with text from outside',
    manifest: { description: 'git in promises' },
    files: {
      'index.js': `const { spawn } = require('child_process');

exports.git = (folder, ...parts) =>
  new Promise((resolve, reject) => {
    const child = spawn('git', parts, { cwd: folder, env: { ...process.env, GIT_TERMINAL_PROMPT: '0' } });
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error('git ended with ' + code))));
  });
exports.clone = (url, folder) => exports.git('.', 'clone', '--depth=1', url, folder);
exports.push = (folder) => exports.git(folder, 'push', 'origin', 'HEAD');
`,
    },
  },
  {
    id: 'agent-setup',
    looksLike: 'settings of an AI assistant (nx, mini Shai-Hulud)',
    manifest: {
      bin: { 'corpus-agent-setup': 'cli.js' },
      description: 'Adds our tool server to your assistant, when you run it',
    },
    files: {
      'cli.js': `#!/usr/bin/env node
const fs = require('fs');
const os = require('os');
const path = require('path');

const file = path.join(os.homedir(), 'corpus-no-such-folder', '.cursor', 'mcp.json');
const settings = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { mcpServers: {} };
settings.mcpServers.corpus = { command: 'npx', args: ['-y', 'corpus-tool-server'] };
fs.writeFileSync(file, JSON.stringify(settings, null, 2));
console.log('Added the tool server to ' + file);
`,
    },
  },
  {
    id: 'cleaner',
    looksLike: 'deleting of folders (protestware, Shai-Hulud 2)',
    manifest: { bin: { 'corpus-clean': 'cli.js' } },
    files: {
      'cli.js': `#!/usr/bin/env node
const fs = require('fs');
const path = require('path');

const wanted = process.argv.slice(2);
if (wanted.length === 0) {
  console.error('usage: corpus-clean <folder> …');
  process.exit(2);
}
for (const folder of wanted) {
  const full = path.resolve(folder);
  if (full === path.parse(full).root) throw new Error('not the root');
  fs.rmSync(full, { recursive: true, force: true, maxRetries: 3 });
}
`,
    },
  },
  {
    id: 'secret-scanner',
    looksLike: 'names and shapes of credentials (Shai-Hulud)',
    manifest: {
      bin: { 'corpus-secrets': 'cli.js' },
      description: 'Finds secrets in your repository before you push them',
    },
    files: {
      'rules.js': `module.exports = [
  { id: 'aws-access-key', pattern: /\\bAKIA[0-9A-Z]{16}\\b/ },
  { id: 'github-token', pattern: /\\bgh[pousr]_[A-Za-z0-9]{36}\\b/ },
  { id: 'npm-token', pattern: /\\bnpm_[A-Za-z0-9]{36}\\b/ },
  { id: 'private-key', pattern: /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/ },
  { id: 'webhook', pattern: /https:\\/\\/(?:hooks\\.slack|discord)\\.invalid\\/[\\w/]+/ },
];
`,
      'cli.js': `#!/usr/bin/env node
const fs = require('fs');
const rules = require('./rules.js');

for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file, 'utf8');
  for (const rule of rules) {
    if (rule.pattern.test(text)) console.log(file + ': ' + rule.id);
  }
}
const names = ['.npmrc', '.env', '.aws/credentials', '.ssh/id_rsa'];
for (const name of names) if (fs.existsSync(name)) console.log(name + ': should not be here');
`,
    },
  },
];
