/** Names in code: what it can do. */
import { afterImport, inCode, inText, preceded, type Word } from './words.ts';

export const wordsOfCode: readonly Word[] = [
  ...inCode(
    'process',
    'child_process',
    'Bun.spawn',
    'Deno.Command',
    '"execa"',
    "'execa'",
    'cross-spawn',
    'shelljs',
  ),
  ...afterImport(
    'network',
    'http',
    'https',
    'http2',
    'axios',
    'got',
    'undici',
    'request',
    'superagent',
    'needle',
    'ws',
  ),
  ...inCode('network', 'node:http', 'node-fetch', 'XMLHttpRequest', 'sendBeacon', 'new WebSocket'),
  { text: 'fetch(', signal: 'network', before: /(?:^|[^\w$.]|globalThis\.|window\.|self\.)$/ },
  ...afterImport('raw-socket', 'net', 'tls', 'dgram'),
  ...inCode('raw-socket', 'node:net', 'node:tls', 'node:dgram'),
  ...afterImport('dns', 'dns', 'dns/promises'),
  ...inCode('dns', 'node:dns'),
  ...inCode('file-read', 'readFile', 'createReadStream'),
  ...inCode('file-write', 'writeFile', 'createWriteStream', 'appendFile', 'outputFile'),
  ...inCode('file-delete', 'rmSync', 'unlinkSync', 'rmdirSync', '.unlink(', '.rm(', 'rimraf'),
  // Of whole places rather than of files.
  ...['rmSync', 'rmdirSync', '.rm(', '.rmdir(', 'rimraf', 'rimraf.sync'].map((text) => ({
    text,
    signal: 'whole-place' as const,
    after: /^\(?\s{0,3}["'`](?:\/|~\/?|[A-Z]:[\\/]{0,2})["'`]/,
  })),
  ...inCode('whole-place', '.cwd('),
  ...inCode('make-executable', 'chmod'),
  ...inCode('read-folder', 'readdir'),
  ...inCode(
    'environment',
    'process.env',
    "process['env']",
    'process["env"]',
    'process?.env',
    'Deno.env',
    'Bun.env',
  ),
  // Taken out of `process` by another way.
  ...["'process'", '"process"', "'node:process'", '"node:process"'].map((text) => ({
    text,
    signal: 'environment-module' as const,
    before: /(?:require|from|import)[\s(]{0,4}$/,
  })),
  { text: '= process', signal: 'environment-whole', before: /\}\s{0,4}$/, after: /^\s{0,4}[;,\n]/ },
  { text: 'process', signal: 'environment-whole', before: /\(\s{0,3}$/, after: /^\s{0,3},\s{0,3}["'`]/ },
  ...inText('environment-whole', '/self/environ', 'report.getReport', 'printenv'),
  // Not one variable of it: the whole.
  ...['process.env', 'process?.env', "process['env']", 'process["env"]'].map((text) => ({
    text,
    signal: 'environment-whole' as const,
    // `'CI' in process.env` asks for one.
    before: /(?<!["'`]\s{1,3}in\s{1,3})$/,
    after: /^\s{0,4}[^.[?\w\s]/,
  })),
  ...inText(
    'environment-secret',
    'NPM_TOKEN',
    'NODE_AUTH_TOKEN',
    'GITHUB_TOKEN',
    'GH_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'VAULT_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST',
  ),
  ...inText('environment-token', 'NPM_TOKEN', 'NODE_AUTH_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'VAULT_TOKEN'),
  ...inCode('host-identity', 'os.hostname', '.userInfo(', '.hostname()', 'networkInterfaces'),
  ...inText('host-identity', '/etc/passwd', 'uname -a'),
  // Not the path of that name, by which a registry is asked for an account of its own.
  { text: 'whoami', signal: 'host-identity', inStrings: true, before: /(?<!\/-\/)$/ },
  ...inCode('home', 'homedir', '.HOME', 'USERPROFILE', 'APPDATA'),
  { text: 'eval', signal: 'dynamic-code', before: /(?:^|[^\w$.])$/, after: /^\)?\s{0,3}\((?!\))/ },
  {
    text: 'Function(',
    signal: 'dynamic-code',
    before: /(?:^|[^\w$.])$/,
    // Nor a method of that name, as those who read trees have.
    after: /^(?!\s{0,4}["'`]return this|[\w\s,]{0,60}\)\s{0,3}\{)/,
  },
  { text: 'AsyncFunction(', signal: 'dynamic-code', before: /(?:^|[^\w$.])$/ },
  { text: '.constructor(', signal: 'dynamic-code', before: /(?:^|[^s]|[^i]s|[^h]is)$/ },
  ...inCode(
    'dynamic-code',
    '{}).constructor',
    'Function.constructor',
    'runInThisContext',
    'runInNewContext',
    'runInContext',
    'vm.Script',
    'compileFunction',
  ),
  { text: '._compile', signal: 'dynamic-code', after: /^(?!\w)/ },
  ...inCode('encode', "toString('base64", 'toString("base64', 'btoa(', "toString('hex", 'toString("hex'),
  ...inCode('decode', 'fromBase64'),
  { text: 'atob', signal: 'decode', before: /(?:^|[^\w$])$/, after: /^\s{0,3}\(/ },
  // Of written numbers, or of numbers that are combined with a key: other uses are how every parser makes text.
  ...['fromCharCode', 'fromCodePoint'].map((text) => ({
    text,
    signal: 'decode' as const,
    after:
      /^(?:\(|\.apply\(\w{1,20},\s{0,2})(?:\.\.\.)?(?:\[?\s{0,3}(?:0x)?[0-9a-f]{1,3}\s{0,3},\s{0,3}(?:0x)?\d|[^)\n]{0,60}\^)/,
  })),
  ...preceded('decode', /,\s{0,3}$/, '"base64"', "'base64'", '"hex"', "'hex'"),
  ...inCode('decrypt', 'createDecipher'),
  ...inCode('decompress', 'gunzipSync', 'inflateSync', 'inflateRawSync', 'brotliDecompressSync'),
  ...inCode('wasm', 'WebAssembly.'),
  ...inCode('native-code', 'process.dlopen', 'node-gyp-build', 'bindings(', '.node"', ".node'"),
  ...inCode(
    'clipboard',
    'navigator.clipboard',
    'clipboardy',
    'pbpaste',
    'xclip',
    'Get-Clipboard',
    'execCommand("copy',
    "execCommand('copy",
  ),
  ...inCode(
    'wallet',
    'window.ethereum',
    'ethereum.request',
    'web3.eth',
    'solana',
    'eth_sendTransaction',
    'signTransaction',
    'sendTransaction',
  ),
  // What is loaded is not written there.
  ...['require(', 'import('].map((text) => ({
    text,
    signal: 'dynamic-import' as const,
    before: /(?:^|[^\w$])$/,
    after: /^\s{0,4}(?:[\w$([]|["'`][\w/:]{1,20}["'`]\s{0,2}\+)/,
  })),
  ...inCode('module-made', 'module.constructor'),
  ...[
    '/test',
    '/spec',
    '/fixture',
    '/__',
    '/example',
    '/doc',
    '/demo',
    '/sample',
    '/bench',
    '/coverage',
    '.test',
    '.spec',
    '.stories',
  ].map((text) => ({
    text,
    signal: 'aside-module' as const,
    before: /(?:require|import|from)\s{0,3}\(?\s{0,3}["'`]\.[\w./-]{0,40}$/,
  })),
  // Members by a name that is put together or decoded: honest code has a variable there, or the name itself. A template
  // with a slash is a path.
  ...['globalThis[', 'global[', 'window[', 'process[', 'module[', 'require('].map((text) => ({
    text,
    signal: 'hidden-access' as const,
    before: /(?:^|[^\w$.])$/,
    after:
      /^\s{0,4}(?:["'][^"'`\n]{1,20}["']\s{0,2}[+.]|`[^`/\n]{0,40}`\s{0,2}[+.]|`(?=[^`/\n]{0,100}`)[^`\n]{0,20}\$\{|\[|atob|new |Buffer|String|(?!(?:\w{1,10}\.)?(?:join|resolve)\()[\w$]{1,20}\(|\((?!0,\s?[\w.]{0,30}\.(?:join|resolve)\)))/,
  })),
  // Ways to load modules that `require(` does not show.
  ...['createRequire', 'getBuiltinModule', 'mainModule.require', 'module._load', 'Module._load'].map(
    (text) => ({
      text,
      signal: 'module-alias' as const,
      before: /(?:^|[^\w$])$/,
      after: /^(?![\w$])/,
    }),
  ),
  ...inCode('hidden-access', '_linkedBinding', "'spawn_sync'", '"spawn_sync"'),
  // But for those that libraries ask for.
  {
    text: 'process.binding',
    signal: 'hidden-access',
    after:
      /^(?:["'`]?\]?\s{0,3}(?:\(\s{0,3}(?!["'`](?:uv|stream_wrap|http_parser|fs|util|buffer|async_wrap|natives|constants|config|os)["'`])|[;,.]))/,
  },
  // Of a function that runs text or sends: others say what they are.
  {
    text: 'Reflect.apply',
    signal: 'hidden-access',
    after:
      /^\s{0,3}\(\s{0,3}(?:eval|Function|fetch|require|globalThis|global|window|process|atob|\w{1,20}\[)/,
  },
  // Functions that run text, under another name or handed on; `(0, eval)(…)` is a call.
  ...['eval', 'Function', 'require'].map((text) => ({
    text,
    signal: 'code-alias' as const,
    before: /(?:(?:^|[^=!])={1}\s{0,3}|[(,]\s{0,3}|globalThis\.)$/,
    after: /^\s{0,3}(?:[;\]]|\)(?!\s{0,3}\()|,\s{0,3}[\w$]+\s{0,3}=)/,
  })),
  ...['eval', 'Function', 'require'].map((text) => ({
    text,
    signal: 'code-alias' as const,
    before: /\[\s{0,3}$/,
    after: /^\s{0,3}\]\s{0,3}(?:[[.;)]|,\s{0,3}[^\w\s'"])/,
  })),
  ...['eval', 'Function', 'require'].map((text) => ({
    text,
    signal: 'code-alias' as const,
    before: /\(\s{0,3}$/,
    after: /^\s{0,3},\s{0,3}(?:null|undefined|void 0|this|\[|\{)/,
  })),
  {
    text: 'fetch',
    signal: 'network-alias',
    before: /(?:[(,=[]\s{0,3}|globalThis\.)$/,
    after: /^\s{0,3}(?:[;)\]]|,\s{0,3}[\w$]+\s{0,3}=)/,
  },
  ...inCode('code-alias', "['constructor']", '["constructor"]'),
  // A worker that is given text.
  {
    text: 'eval',
    signal: 'code-alias',
    before: /[{,\s["'`]$/,
    after: /^["'`]?\]?\s{0,3}:\s{0,3}(?:true|!0|1\b)/,
  },
  ...["].join('')", '].join("")', '].join(``)'].map((text) => ({
    text,
    signal: 'hidden-access' as const,
    before: /\w["'`]\s{0,3}$/,
  })),
  {
    text: 'require(',
    signal: 'odd-module',
    before: /(?:^|[^\w$.])$/,
    after:
      /^\s{0,4}["'`]\.{1,2}\/[^"'`\n]{1,120}\.(?:txt|md|map|dat|bin|png|jpe?g|gif|ico|log|lock|tmp|cache|woff2?|ttf|xml|ya?ml|csv|ini)["'`]/,
  },
  ...['.fetch', "['fetch']", '["fetch"]'].map((text) => ({
    text,
    signal: 'network' as const,
    before: /(?:globalThis|window|self|global)$/,
    after: /^(?!\s{0,3}=[^=])\W/,
  })),
  { text: '.src', signal: 'network', after: /^\s{0,3}=\s{0,3}["'`]https?:/ },
  { text: 'reverse()', signal: 'hidden-access', after: /^\s{0,4}\.\s{0,4}join\(/ },
  { text: 'data:', signal: 'hidden-access', after: /^(?:text|application)\/(?:javascript|ecmascript)/ },
  ...['import(', 'from'].map((text) => ({
    text,
    signal: 'remote-import' as const,
    before: /(?:^|[^\w$.])$/,
    after: /^\s{0,4}["'`]https?:\/\//,
  })),
  // What variation selectors and tag characters begin with: whoever reckons with them hides text in them.
  ...['0xfe00', '65024', '0xe0100', '917760'].map((text) => ({
    text,
    signal: 'invisible-decoder' as const,
    inStrings: true as const,
  })),
  // In the middle of a word: texts that are only long are split between words.
  ...["'+'", "' + '", '"+"', '" + "'].map((text) => ({
    text,
    signal: 'split-text' as const,
    // Not behind the end of a line, nor in `case "+":`.
    before: /(?:^|[^\\])[\w.:/-](?<!(?:^|[\s;:{}])(?:case|return))$/,
    after: /^[\w.:/-]/,
  })),
  { text: '\\x', signal: 'escaped-text', after: /^[0-9a-f]{2}\\x/ },
  { text: 'Infinity', signal: 'endless-loop', before: /<=?\s{0,3}$/, after: /^\s{0,3};/ },
  ...['while(true)', 'while (true)'].map((text) => ({
    text,
    signal: 'endless-loop' as const,
    after: /^\s{0,4}\{?\s{0,20}console\./,
  })),
];
