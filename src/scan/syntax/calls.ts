/** What a call does, by the dotted path of what is called: `child_process.exec`, `fs.writeFileSync`. A table. */
import type { Signal } from '../signals.ts';

export type Tag =
  | 'environment'
  /** What a function of another file made of it, perhaps of single variables. */
  | 'environment-lent'
  | 'identity'
  | 'credentials'
  | 'decoded'
  | 'downloaded'
  | 'request'
  | 'data-file'
  | 'child'
  | 'secret-npm'
  | 'secret-github'
  | 'secret-cloud'
  | 'secret-other';

export interface Meaning {
  readonly signals: readonly Signal[];
  /** What its result is. */
  readonly gives?: Tag;
}

const table: readonly { readonly path: RegExp; readonly meaning: Meaning }[] = [
  {
    path: /^child_process\.(?:promises\.)?(?:exec|execSync|execFile|execFileSync|spawn|spawnSync|fork)$/,
    meaning: { signals: ['process'], gives: 'child' },
  },
  {
    path: /^(?:execa|cross-spawn|shelljs)(?:\.\w+)?$|^Bun\.spawn(?:Sync)?$/,
    meaning: { signals: ['process'], gives: 'child' },
  },
  {
    path: /^(?:https?|http2)\.(?:request|ClientRequest)$|^http2\.connect$/,
    meaning: { signals: ['network', 'network-send'], gives: 'request' },
  },
  {
    path: /^(?:https?|http2|follow-redirects\.https?)\.get$/,
    meaning: { signals: ['network'], gives: 'downloaded' },
  },
  {
    path: /^(?:axios|got|superagent|needle|ky|request)\.(?:post|put|patch)$/,
    meaning: { signals: ['network', 'network-send'], gives: 'downloaded' },
  },
  {
    path: /^(?:fetch|axios|got|node-fetch|undici|request|superagent|needle|ky|phin|cross-fetch)(?:\.\w+)?$/,
    meaning: { signals: ['network'], gives: 'downloaded' },
  },
  {
    path: /^(?:socket\.io-client|engine\.io-client)(?:\.\w+)?$/,
    meaning: { signals: ['network'], gives: 'request' },
  },
  { path: /^EventSource$/, meaning: { signals: ['network'], gives: 'request' } },
  { path: /^undici\.(?:Client|Pool|Agent)$/, meaning: { signals: ['network'], gives: 'request' } },
  {
    path: /^(?:XMLHttpRequest|WebSocket|ws|ws\.WebSocket)$/,
    meaning: { signals: ['network', 'network-send'], gives: 'request' },
  },
  { path: /^navigator\.sendBeacon$/, meaning: { signals: ['network', 'network-send'] } },
  {
    path: /^(?:net|tls)\.(?:connect|createConnection|Socket|TLSSocket)$/,
    meaning: { signals: ['raw-socket', 'network-send'], gives: 'request' },
  },
  { path: /^dgram\.createSocket$/, meaning: { signals: ['raw-socket', 'network-send'], gives: 'request' } },
  {
    path: /^dns\.(?:promises\.)?(?:Resolver\.)?(?:resolveTxt)$/,
    meaning: { signals: ['dns'], gives: 'downloaded' },
  },
  {
    path: /^dns\.(?:promises\.)?(?:Resolver\.)?(?:lookup|resolve\w*|reverse)$/,
    meaning: { signals: ['dns'] },
  },
  {
    path: /^fs\.(?:promises\.)?(?:writeFile|appendFile|outputFile|write)(?:Sync)?$|^fs\.createWriteStream$|^(?:Bun|Deno)\.(?:write|writeTextFile)$/,
    meaning: { signals: ['file-write'] },
  },
  {
    path: /^fs\.(?:promises\.)?(?:readFile|readJson)(?:Sync)?$|^fs\.createReadStream$/,
    meaning: { signals: ['file-read'] },
  },
  {
    path: /^fs\.(?:promises\.)?(?:rm|unlink|rmdir|remove|emptyDir)(?:Sync)?$|^rimraf(?:\.\w+)?$/,
    meaning: { signals: ['file-delete'] },
  },
  { path: /^fs\.(?:promises\.)?chmod(?:Sync)?$/, meaning: { signals: ['make-executable'] } },
  { path: /^fs\.(?:promises\.)?readdir(?:Sync)?$/, meaning: { signals: ['read-folder'] } },
  {
    path: /^os\.(?:hostname|userInfo|networkInterfaces)$/,
    meaning: { signals: ['host-identity'], gives: 'identity' },
  },
  { path: /^os\.homedir$/, meaning: { signals: ['home'] } },
  {
    path: /^(?:eval|(?:\w+\.)*Function|vm\.(?:runIn\w+|Script|compileFunction))$|(?:^|\.)_compile$|^(?:fn#\d+|Function|AsyncFunction|GeneratorFunction|(?:obj#\d+|String|Array|Object|Math)\.\w+)\.constructor$/,
    meaning: { signals: ['dynamic-code'] },
  },
  { path: /^atob$|^String\.from(?:CharCode|CodePoint)$/, meaning: { signals: ['decode'], gives: 'decoded' } },
  {
    path: /^zlib\.\w*(?:unzip|inflate|Decompress)\w*$/i,
    meaning: { signals: ['decompress'], gives: 'decoded' },
  },
  {
    path: /^(?:crypto|crypto-js|crypto-js\.AES)\.(?:createDecipher(?:iv)?|decrypt)$/,
    meaning: { signals: ['decrypt'], gives: 'decoded' },
  },
  { path: /^TextDecoder\.decode$/, meaning: { signals: [], gives: 'decoded' } },
  { path: /^process\.report\.getReport$/, meaning: { signals: ['environment'], gives: 'environment' } },
  { path: /^module\.constructor$/, meaning: { signals: ['module-made'] } },
  { path: /^process\.dlopen$/, meaning: { signals: ['native-code'] } },
  {
    path: /^(?:clipboardy|navigator\.clipboard|electron\.clipboard|clipboard)\.\w+$/,
    meaning: { signals: ['clipboard'] },
  },
];

const known = new Map<string, Meaning | undefined>();
const mostKnown = 20_000;

export function meaningOf(path: string): Meaning | undefined {
  if (path.length > 200) return undefined;
  const before = known.get(path);
  if (before !== undefined || known.has(path)) return before;
  const meaning = table.find((row) => row.path.test(path))?.meaning;
  // Paths are the attacker's: what is remembered is bounded.
  if (known.size >= mostKnown) known.clear();
  known.set(path, meaning);
  return meaning;
}

const sameModule: Readonly<Record<string, string>> = {
  'fs/promises': 'fs',
  'fs-extra': 'fs',
  'graceful-fs': 'fs',
  'dns/promises': 'dns',
  'isomorphic-fetch': 'fetch',
};

/** One name for all ways of importing the same thing. */
export function moduleName(specifier: string): string {
  const plain = specifier.startsWith('node:') ? specifier.slice(5) : specifier;
  return Object.hasOwn(sameModule, plain) ? (sameModule[plain] ?? plain) : plain;
}

const hideable = new Set([
  'http2',
  'tls',
  'dgram',
  'worker_threads',
  'module',
  'process',
  'child_process',
  'fs',
  'http',
  'https',
  'net',
  'os',
  'dns',
  'crypto',
  'vm',
  'zlib',
  'path',
  'axios',
]);

/** Modules for whose name nobody honest uses base64. */
export function isHideable(name: string): boolean {
  return hideable.has(name);
}
