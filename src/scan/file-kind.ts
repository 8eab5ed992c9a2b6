/** What a file is: by its first bytes, then by its name. */
import { isMostlyBinary } from './byte-facts.ts';

export type FileKind =
  | 'javascript'
  | 'shell'
  | 'script'
  | 'json'
  | 'config'
  | 'document'
  | 'source-map'
  | 'text'
  | 'executable'
  | 'native-addon'
  | 'wasm'
  | 'archive'
  | 'binary';

export interface KindOf {
  readonly kind: FileKind;
  /** The name promises something harmless and the bytes are a program. */
  readonly disguised: boolean;
}

const byExtension: Readonly<Record<string, FileKind>> = {
  js: 'javascript',
  cjs: 'javascript',
  mjs: 'javascript',
  jsx: 'javascript',
  ts: 'javascript',
  mts: 'javascript',
  cts: 'javascript',
  tsx: 'javascript',
  sh: 'shell',
  bash: 'shell',
  zsh: 'shell',
  bat: 'shell',
  cmd: 'shell',
  ps1: 'shell',
  vbs: 'script',
  py: 'script',
  rb: 'script',
  pl: 'script',
  php: 'script',
  lua: 'script',
  json: 'json',
  json5: 'json',
  map: 'source-map',
  md: 'document',
  markdown: 'document',
  txt: 'document',
  rst: 'document',
  html: 'document',
  htm: 'document',
  css: 'document',
  scss: 'document',
  less: 'document',
  svg: 'document',
  yml: 'config',
  yaml: 'config',
  toml: 'config',
  ini: 'config',
  env: 'config',
  npmrc: 'config',
};

const codeKinds = new Set<FileKind>(['javascript', 'shell', 'script']);
const programs = new Set<FileKind>(['executable', 'native-addon']);
const innocentExtension =
  /\.(?:js|mjs|cjs|ts|json|md|txt|png|jpe?g|gif|svg|ico|webp|css|html?|map|woff2?|ttf|eot|yml|yaml|log|dat|cache|tmp)$/i;

/** `path` is below the top folder. */
export function kindOf(path: string, bytes: Uint8Array): KindOf {
  const named = byName(path, bytes);
  const magic = byMagic(bytes);
  // Some marks are letters, and a program may hold zeros in its comments: what is named code and is no machine's stays code.
  if (codeKinds.has(named) && (magic === undefined || magic === 'binary'))
    return { kind: named, disguised: false };
  if (magic !== undefined) {
    const kind = magic === 'executable' && /\.node$/i.test(path) ? 'native-addon' : magic;
    return { kind, disguised: programs.has(kind) && innocentExtension.test(path) };
  }
  if (isMostlyBinary(bytes)) return { kind: 'binary', disguised: false };
  return { kind: named, disguised: false };
}

export function isTypesOnly(path: string): boolean {
  return /\.d\.[cm]?ts$/i.test(path);
}

function byName(path: string, bytes: Uint8Array): FileKind {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const extension = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
  const known = Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined;
  if (known !== undefined) return known;
  if (bytes[0] === 0x23 && bytes[1] === 0x21) {
    const line = Buffer.from(bytes.subarray(0, 80)).toString('latin1');
    return /\b(?:node|bun|deno|tsx)\b/.test(line) ? 'javascript' : 'shell';
  }
  return 'text';
}

function byMagic(bytes: Uint8Array): FileKind | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return 'executable';
  // A PE file's header says where its second header is; two letters alone are a word.
  if (a === 0x4d && b === 0x5a && bytes.length > 64) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = view.getUint32(60, true);
    if (at + 4 <= bytes.length && view.getUint32(at, true) === 0x4550) return 'executable';
  }
  const word = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe].includes(word)) return 'executable';
  if (word === 0xcafebabe) return 'executable';
  if (word === 0x0061736d) return 'wasm';
  if ((a === 0x1f && b === 0x8b) || word === 0x504b0304 || word === 0x377abcaf || word === 0x28b52ffd)
    return 'archive';
  if (word === 0x89504e47 || word === 0xffd8ffe0 || word === 0x47494638 || word === 0x774f4646)
    return 'binary';
  return undefined;
}
