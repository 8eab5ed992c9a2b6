/** The walls between the rooms of `src/`, as data and as checks over a tree of source files. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { rooms, type Room } from './wall-rooms.ts';
import { importsOf, isMember, isPunctuation, tokensOf, type ImportOf, type Token } from './source-tokens.ts';

export interface Violation {
  readonly rule: string;
  /** Below `src/`. */
  readonly file: string;
  readonly line: number;
  readonly why: string;
}

/** One source file, read. `path` is below `src/`, with `/`. */
interface SourceFile {
  readonly path: string;
  readonly tokens: readonly Token[];
  readonly imports: readonly ImportOf[];
}

/** Modules that only some places may import. A place is a folder, or the beginning of files' paths. */
interface Owned {
  readonly rule: string;
  readonly modules: RegExp;
  readonly places: readonly string[];
  readonly why: string;
}

const ownedModules: readonly Owned[] = [
  {
    rule: 'database',
    modules: /^(?:node:sqlite|pg|pg-boss|kysely)$/,
    places: ['storage/'],
    why: 'the database belongs to storage',
  },
  {
    rule: 'http-client',
    modules: /^node:https$/,
    // Control speaks to a running gate: over its socket, or at its public address.
    places: ['upstream/', 'server/control/'],
    why: 'the HTTP client belongs to upstream: limits, hosts and credentials are checked there',
  },
  {
    rule: 'http-client',
    modules: /^(?:node:http2|node:tls|undici|axios|got|node-fetch)$/,
    places: ['upstream/'],
    why: 'the HTTP client belongs to upstream',
  },
  {
    rule: 'sockets',
    modules: /^node:(?:net|dgram|dns|dns\/promises)$/,
    places: ['upstream/', 'server/', 'rebuild/sandbox/inside/'],
    why: 'sockets and names are opened by upstream and server alone',
  },
  {
    rule: 'child-process',
    modules: /^node:(?:child_process|cluster)$/,
    places: ['archive/runner', 'rebuild/sandbox/', 'server/package-managers/', 'server/signer/launch'],
    why: 'programs are started in the named modules alone',
  },
  {
    rule: 'threads',
    modules: /^node:worker_threads$/,
    places: ['server/workers/'],
    why: 'worker threads belong to server/workers',
  },
];

/** What may be taken from node:http where no request may be sent. */
const httpServerNames = new Set([
  'createServer',
  'Server',
  'IncomingMessage',
  'ServerResponse',
  'IncomingHttpHeaders',
  'OutgoingHttpHeaders',
  'RequestListener',
  'STATUS_CODES',
]);
const httpClientPlaces = ['upstream/', 'server/control/'];

/** No I/O at all: only these of Node's modules, and none of their sources of randomness. */
const purePlaces = [
  'core/',
  'policy/',
  'sigstore/',
  'advisories/',
  'licences/',
  'reports/',
  'ledger/verify/',
  'registries/',
  'rebuild/behaviour/strace/',
  'rebuild/compare/',
  'rebuild/recipe/infer/',
  'rebuild/recipe/managers/',
];
const pureModules = new Set(['node:crypto', 'node:buffer', 'node:util', 'node:url', 'node:zlib']);
/** No clock and no randomness but what they are given. */
const replayablePlaces = [...purePlaces, 'ledger/', 'evidence/', 'admission/'];
const randomNames = new Set([
  'randomBytes',
  'randomUUID',
  'randomInt',
  'randomFillSync',
  'randomFill',
  'getRandomValues',
  'webcrypto',
]);
const ioGlobals = new Set([
  'process',
  'fetch',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'WebSocket',
  'Worker',
]);

/** All violations in the tree, ordered by file. `packages` are the runtime dependencies that may be imported. */
export function violationsIn(src: string, packages: readonly string[]): readonly Violation[] {
  const files = readTree(src);
  const found = files.flatMap((file) => [
    ...roomViolations(file, files),
    ...moduleViolations(file),
    ...globalViolations(file),
    ...packageViolations(file, packages),
  ]);
  return [...found, ...circles(files)].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line,
  );
}

/** Files that run in production: tests and their helpers beside the source may use what they need. */
export function sourceFilesIn(src: string): readonly string[] {
  const all = globSync('**/*.{ts,tsx,js,mjs,cjs,mts,cts}', { cwd: src }).map((path) =>
    path.replaceAll('\\', '/'),
  );
  return all.filter((path) => !/\.test\.ts$|(?:^|\/)testing\//.test(path)).sort();
}

function readTree(src: string): readonly SourceFile[] {
  return sourceFilesIn(src).map((path) => {
    const tokens = tokensOf(readFileSync(join(src, path), 'utf8'));
    return { path, tokens, imports: importsOf(tokens) };
  });
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

function roomOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return Object.hasOwn(rooms, `${first}/${second}`) ? `${first}/${second}` : first;
}

/** Path below `src/` of what a relative import names; undefined for a module that is not ours. */
function targetOf(file: SourceFile, { specifier }: ImportOf): string | undefined {
  if (specifier?.startsWith('.') !== true) return undefined;
  return posix.normalize(posix.join(posix.dirname(file.path), specifier));
}

function roomViolations(file: SourceFile, files: readonly SourceFile[]): readonly Violation[] {
  const room = rooms[roomOf(file.path)];
  if (room === undefined) {
    return [{ rule: 'unknown-room', file: file.path, line: 1, why: 'no wall is described for this folder' }];
  }
  return file.imports.flatMap((of) => {
    const target = targetOf(file, of);
    if (target === undefined) return [];
    const at = { file: file.path, line: of.line };
    if (!files.some(({ path }) => path === target)) {
      return [
        { ...at, rule: 'outside', why: `${target} is no source file of ours (a test, or outside src)` },
      ];
    }
    const wrong = wrongImport(file.path, target, room, of.typeOnly);
    return wrong === undefined ? [] : [{ ...at, ...wrong }];
  });
}

function wrongImport(
  from: string,
  target: string,
  room: Room,
  typeOnly: boolean,
): Pick<Violation, 'rule' | 'why'> | undefined {
  const own = roomOf(from);
  const other = roomOf(target);
  if (own === other) {
    const [, mine = ''] = dirname(from).split('/');
    const [, theirs = ''] = dirname(target).split('/');
    const crossed = room.siblings === true && mine !== '' && theirs !== '' && mine !== theirs;
    return crossed
      ? { rule: 'siblings', why: `${own}/${mine} must not import its sibling ${theirs}` }
      : undefined;
  }
  if (other === 'core' || room.rooms.includes(other)) return undefined;
  if (typeOnly && room.types?.includes(target) === true) return undefined;
  return { rule: 'rooms', why: `${own} must not import ${other} (${target})` };
}

function moduleViolations(file: SourceFile): readonly Violation[] {
  return file.imports.flatMap((of): readonly Violation[] => {
    const at = { file: file.path, line: of.line };
    const { specifier } = of;
    if (specifier === undefined)
      return [
        { ...at, rule: 'computed-import', why: 'the imported module is computed: the walls cannot see it' },
      ];
    if (of.how === 'require') return [{ ...at, rule: 'require', why: 'use import' }];
    if (/^node:module$/.test(specifier) && of.names.includes('createRequire')) {
      return [{ ...at, rule: 'require', why: 'createRequire hides imports from the walls' }];
    }
    const name = `node:${specifier}`;
    if (isBuiltin(specifier)) return [{ ...at, rule: 'node-prefix', why: `write ${name}` }];
    const owned = of.typeOnly ? undefined : ownedModules.find(({ modules }) => modules.test(specifier));
    if (owned !== undefined && !isIn(file.path, owned.places))
      return [{ ...at, rule: owned.rule, why: owned.why }];
    return [...httpViolations(file, of), ...pureViolations(file, of)];
  });
}

/** Built-in modules that can be written without `node:` and are walled. */
function isBuiltin(specifier: string): boolean {
  return /^(?:https?|http2|tls|net|dns|dgram|child_process|cluster|worker_threads|fs|process|crypto|module)(?:\/|$)/.test(
    specifier,
  );
}

function httpViolations(file: SourceFile, of: ImportOf): readonly Violation[] {
  if (of.specifier !== 'node:http' || of.typeOnly || isIn(file.path, httpClientPlaces)) return [];
  const wrong = of.names.filter((name) => !httpServerNames.has(name));
  return wrong.map((name) => ({
    rule: 'http-client',
    file: file.path,
    line: of.line,
    why: `${name} of node:http can send requests; only upstream and server/control may`,
  }));
}

function pureViolations(file: SourceFile, of: ImportOf): readonly Violation[] {
  const at = { file: file.path, line: of.line };
  const random = of.names.filter((name) => randomNames.has(name));
  const takesAll =
    of.specifier === 'node:crypto' && of.names.some((name) => name === '*' || name === 'default');
  if (isIn(file.path, replayablePlaces) && (random.length > 0 || takesAll)) {
    return [{ ...at, rule: 'randomness', why: 'randomness is passed in here' }];
  }
  const builtin = of.specifier?.startsWith('node:') === true;
  if (!builtin || of.typeOnly || !isIn(file.path, purePlaces) || pureModules.has(of.specifier)) return [];
  return [{ ...at, rule: 'pure', why: `${of.specifier} does I/O, which this room must not` }];
}

/** Uses of globals: `process.env`, `fetch(…)`, clocks, randomness, ways around the imports. */
function globalViolations(file: SourceFile): readonly Violation[] {
  return file.tokens.flatMap((token, index): readonly Violation[] => {
    if (token.kind !== 'word' || isMember(file.tokens, index)) return [];
    const found = globalViolation(file, index, token.text);
    return found === undefined ? [] : [{ ...found, file: file.path, line: token.line }];
  });
}

function globalViolation(
  file: SourceFile,
  index: number,
  name: string,
): Pick<Violation, 'rule' | 'why'> | undefined {
  const { path, tokens } = file;
  const property = isPunctuation(tokens[index + 1], '.') ? tokens[index + 2]?.text : undefined;
  const isCall = isPunctuation(tokens[index + 1], '(');
  if (name === 'process' && property === 'env' && !isIn(path, ['server/'])) {
    return { rule: 'environment', why: 'only server reads the environment' };
  }
  if (property === 'getBuiltinModule')
    return { rule: 'require', why: 'getBuiltinModule hides imports from the walls' };
  if (name === 'globalThis')
    return { rule: 'global', why: 'globals are used by their own names, so that they are seen' };
  if (name === 'fetch' && isCall && tokens[index - 1]?.text !== 'function' && !isIn(path, ['upstream/'])) {
    return { rule: 'http-client', why: 'fetch is an HTTP client: upstream has the only one' };
  }
  if (
    isIn(path, purePlaces) &&
    ioGlobals.has(name) &&
    (isCall || property !== undefined || tokens[index - 1]?.text === 'new')
  ) {
    return { rule: 'pure', why: `${name} is I/O or time, which this room must not use` };
  }
  return isIn(path, replayablePlaces) ? clockViolation(file, index, name, property) : undefined;
}

function clockViolation(
  { tokens }: SourceFile,
  index: number,
  name: string,
  property: string | undefined,
): Pick<Violation, 'rule' | 'why'> | undefined {
  const clock = { rule: 'clock', why: 'the time is passed in here' };
  if (name === 'Date' && property === 'now') return clock;
  const made = name === 'Date' && isPunctuation(tokens[index + 1], '(');
  const isNew = tokens[index - 1]?.text === 'new';
  if (made && (!isNew || isPunctuation(tokens[index + 2], ')'))) return clock;
  if (name === 'Date' && isNew && !made) return clock;
  if (name === 'performance' || (name === 'process' && property === 'hrtime')) return clock;
  const random = (name === 'Math' && property === 'random') || name === 'crypto';
  return random && property !== undefined
    ? { rule: 'randomness', why: 'randomness is passed in here' }
    : undefined;
}

function packageViolations(file: SourceFile, packages: readonly string[]): readonly Violation[] {
  return file.imports.flatMap(({ specifier, line }) => {
    if (specifier === undefined || /^(?:\.|node:)/.test(specifier) || isBuiltin(specifier)) return [];
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (packages.includes(name)) return [];
    return [{ rule: 'undeclared-package', file: file.path, line, why: `${name} is no runtime dependency` }];
  });
}

/** Circles of imports, also of types: two files that name each other are read together. One violation a circle, at its first file. */
function circles(files: readonly SourceFile[]): readonly Violation[] {
  const edges = new Map(
    files.map((file) => [file.path, file.imports.flatMap((of) => targetOf(file, of) ?? [])]),
  );
  const done = new Set<string>();
  const found: Violation[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = [...trail.slice(start), path];
      found.push({ rule: 'circle', file: path, line: 1, why: circle.join(' → ') });
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) walk(path, []);
  return found;
}
