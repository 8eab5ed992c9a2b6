import type { Twin } from './twin.ts';

/** Packages that do real work when they are installed. */
export const buildTwins: readonly Twin[] = [
  {
    id: 'native-build',
    looksLike: 'an install script that starts programs',
    manifest: {
      scripts: { install: 'node-gyp rebuild' },
      gypfile: true,
      main: 'index.js',
      repository: 'https://code.invalid/corpus/native-build',
    },
    files: {
      'binding.gyp': "{ 'targets': [{ 'target_name': 'sum', 'sources': ['src/sum.cc'] }] }\n",
      'src/sum.cc':
        '#include <node_api.h>\nnapi_value Init(napi_env env, napi_value exports) { return exports; }\nNAPI_MODULE(sum, Init)\n',
      'index.js': "module.exports = require('./build/Release/sum.node');\n",
    },
  },
  {
    id: 'prebuilt-download',
    looksLike: 'download → execute in an install script (ua-parser-js, mini Shai-Hulud)',
    manifest: {
      scripts: { install: 'node install.js || node-gyp rebuild' },
      main: 'index.js',
      homepage: 'https://corpus-prebuilt-download.invalid',
      repository: 'https://code.invalid/corpus/prebuilt-download',
    },
    files: {
      'install.js': `const https = require('https');
const fs = require('fs');
const path = require('path');
const crypto = require('crypto');
const { version } = require('./package.json');
const checksums = require('./checksums.json');

const name = 'image-' + process.platform + '-' + process.arch + '.node';
const url = 'https://downloads.corpus-prebuilt-download.invalid/v' + version + '/' + name;
const target = path.join(__dirname, 'build', 'Release', 'image.node');

https.get(url, (answer) => {
  if (answer.statusCode !== 200) {
    console.error('no prebuilt library for ' + name + ', building from source');
    process.exit(1);
  }
  const chunks = [];
  answer.on('data', (chunk) => chunks.push(chunk));
  answer.on('end', () => {
    const bytes = Buffer.concat(chunks);
    const sum = crypto.createHash('sha256').update(bytes).digest('hex');
    if (sum !== checksums[name]) {
      console.error('checksum of ' + name + ' is ' + sum + ', expected ' + checksums[name]);
      process.exit(1);
    }
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes);
  });
}).on('error', () => process.exit(1));
`,
      'checksums.json':
        '{ "image-linux-x64.node": "0000000000000000000000000000000000000000000000000000000000000000" }\n',
      'index.js': "module.exports = require('./build/Release/image.node');\n",
    },
  },
  {
    id: 'binary-wrapper',
    looksLike: 'a downloaded program made executable and started (mini Shai-Hulud)',
    manifest: {
      scripts: { postinstall: 'node install.js' },
      bin: { bundle: 'bin/bundle' },
      optionalDependencies: { '@corpus/bundle-linux-x64': '1.2.3', '@corpus/bundle-darwin-arm64': '1.2.3' },
    },
    files: {
      'install.js': `const fs = require('fs');
const path = require('path');
const child_process = require('child_process');

const known = { 'linux x64': '@corpus/bundle-linux-x64', 'darwin arm64': '@corpus/bundle-darwin-arm64' };
const name = known[process.platform + ' ' + process.arch];
if (!name) throw new Error('Unsupported platform: ' + process.platform);

function validate(command) {
  const out = child_process.execFileSync(command, ['--version'], { stdio: 'pipe', cwd: '/corpus-no-such-folder' });
  if (out.toString().trim() !== require('./package.json').version) throw new Error('Expected another version');
}

let binary;
try {
  binary = require.resolve(name + '/bin/bundle');
} catch (error) {
  console.error('[bundle] Failed to find package "' + name + '" on the file system');
  const folder = path.join(__dirname, 'bundle-install');
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'package.json'), '{}');
  const env = Object.assign({}, process.env, { npm_config_global: undefined });
  child_process.execSync('npm install --loglevel=error --prefer-offline --no-audit --progress=false ' + name, { cwd: folder, stdio: 'pipe', env: env });
  binary = path.join(folder, 'node_modules', name, 'bin/bundle');
}
fs.chmodSync(binary, 0o755);
validate(binary);
`,
      'bin/bundle':
        "#!/usr/bin/env node\nrequire('child_process').execFileSync(require('../lib').path, process.argv.slice(2), { stdio: 'inherit' });\n",
    },
  },
  {
    id: 'funding-message',
    looksLike: 'a postinstall script that reads the environment',
    manifest: { scripts: { postinstall: 'node -e "try{require(\'./postinstall\')}catch(e){}"' } },
    files: {
      'postinstall.js': `const env = process.env;
const silent = ['silent', 'error', 'warn'].indexOf(env.npm_config_loglevel) !== -1;
const CI = ['BUILD_NUMBER', 'CI', 'CONTINUOUS_INTEGRATION', 'RUN_ID'].some((name) => env[name]);
const fs = require('fs');
const os = require('os');
const path = require('path');

function isRecent() {
  const file = path.join(os.tmpdir(), 'corpus-no-such-folder', 'banners.json');
  let shown = [];
  try {
    shown = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {}
  fs.writeFileSync(file, JSON.stringify(shown.concat(['funding'])));
  return shown.includes('funding');
}

if (!silent && !CI && !env.DISABLE_OPENCOLLECTIVE && !isRecent()) {
  console.log('\\u001B[96mThank you for using this polyfill! Please consider supporting it: https://opencollective.invalid/corpus\\u001B[0m');
}
`,
    },
  },
  {
    id: 'hooks-installer',
    looksLike: 'an install script that writes files which start programs',
    manifest: { scripts: { postinstall: 'node install.js' } },
    files: {
      'install.js': `const fs = require('fs');
const path = require('path');
const { spawnSync } = require('child_process');

const found = spawnSync('git', ['rev-parse', '--git-dir'], { encoding: 'utf8', cwd: '/corpus-no-such-folder' });
if (found.status === 0) {
  const file = path.join(found.stdout.trim(), 'hooks', 'pre-commit');
  if (!fs.existsSync(file)) {
    fs.writeFileSync(file, '#!/bin/sh\\nnpm test\\n', { mode: 0o755 });
    console.log('wrote ' + file);
  }
}
`,
    },
  },
];
