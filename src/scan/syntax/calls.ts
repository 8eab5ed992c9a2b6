/** What a call does, by the dotted path of what is called: `child_process.exec`, `fs.writeFileSync`. A table. */
import type { Signal } from '../signals.ts';

export type Tag = 'environment' | 'identity' | 'credentials' | 'decoded' | 'downloaded' | 'request';

export interface Meaning {
  readonly signals: readonly Signal[];
  /** What its result is. */
  readonly gives?: Tag;
}

const table: readonly { readonly path: RegExp; readonly meaning: Meaning }[] = [
  {
    path: /^child_process\.(?:promises\.)?(?:exec|execSync|execFile|execFileSync|spawn|spawnSync|fork)$/,
    meaning: { signals: ['process'] },
  },
  {
    path: /^(?:execa|cross-spawn|shelljs)(?:\.\w+)?$|^Bun\.spawn(?:Sync)?$/,
    meaning: { signals: ['process'] },
  },
  {
    path: /^(?:https?|http2)\.request$/,
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
    path: /^(?:XMLHttpRequest|WebSocket|ws|ws\.WebSocket)$/,
    meaning: { signals: ['network', 'network-send'], gives: 'request' },
  },
  { path: /^navigator\.sendBeacon$/, meaning: { signals: ['network', 'network-send'] } },
  {
    path: /^(?:net|tls)\.(?:connect|createConnection|Socket)$/,
    meaning: { signals: ['raw-socket', 'network-send'], gives: 'request' },
  },
  { path: /^dgram\.createSocket$/, meaning: { signals: ['raw-socket', 'network-send'], gives: 'request' } },
  { path: /^dns\.(?:promises\.)?(?:lookup|resolve\w*)$/, meaning: { signals: ['dns'] } },
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
    path: /^(?:eval|Function|vm\.(?:runIn\w+|Script|compileFunction|SourceTextModule))$|(?:^|\.)_compile$/,
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
  { path: /^module\.constructor$/, meaning: { signals: ['module-made'] } },
  { path: /^process\.dlopen$/, meaning: { signals: ['native-code'] } },
  {
    path: /^(?:clipboardy|navigator\.clipboard|electron\.clipboard|clipboard)\.\w+$/,
    meaning: { signals: ['clipboard'] },
  },
];

export function meaningOf(path: string): Meaning | undefined {
  return path.length > 200 ? undefined : table.find((row) => row.path.test(path))?.meaning;
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
