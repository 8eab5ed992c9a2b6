/** Where a user of an npm package comes in: install scripts, main, exports, bin. */
import type { Tree } from '../../../core/comparison-input.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../../core/json.ts';
import { readManifest } from './json-keys.ts';

/** The package's own; undefined when there is none that can be read. */
export function manifestOf(tree: Tree): JsonObject | undefined {
  const entry = tree.get('package.json');
  return entry === undefined ? undefined : readManifest(entry.content).manifest;
}

/** Normal form of a path in the package: without `./`; undefined for what leads out of it. */
export function insidePath(path: string): string | undefined {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) return undefined;
  }
  return kept.join('/');
}

/** Paths that `bin` and `directories.bin` name, as they are written there. */
export function binPaths(manifest: JsonObject): readonly string[] {
  const bin = own(manifest, 'bin');
  const named = typeof bin === 'string' ? [bin] : isJsonObject(bin) ? Object.values(bin) : [];
  return named.flatMap((path) => (typeof path === 'string' ? (insidePath(path) ?? []) : []));
}

export interface EntryPoints {
  /** Specifiers relative to the top, to be resolved as Node does. */
  readonly main: readonly string[];
  readonly bin: readonly string[];
  /** Every word of an install script that could be a file. */
  readonly install: readonly string[];
}

const installScripts = ['preinstall', 'install', 'postinstall'];
const mostPoints = 2000;

export function entryPointsOf(tree: Tree): EntryPoints {
  const manifest = manifestOf(tree) ?? {};
  const scripts = ownObject(manifest, 'scripts') ?? {};
  const commands = installScripts.flatMap((name) => ownString(scripts, name) ?? []);
  const words = commands.flatMap((command) => command.split(/[\s;&|<>()"'`=]+/));
  // npm runs node-gyp by itself where this file is.
  const gyp = tree.has('binding.gyp') ? ['binding.gyp'] : [];
  const binFolder = ownString(ownObject(manifest, 'directories') ?? {}, 'bin');
  const inBinFolder = binFolder === undefined ? [] : filesIn(tree, insidePath(binFolder) ?? '');
  const fields = ['main', 'module', 'browser'].flatMap((field) => strings(own(manifest, field)));
  return {
    main: [
      ...fields,
      ...strings(own(manifest, 'exports')).flatMap((path) => expand(tree, path)),
      'index',
    ].slice(0, mostPoints),
    bin: [...binPaths(manifest), ...inBinFolder].slice(0, mostPoints),
    install: [...words, ...gyp].slice(0, mostPoints),
  };
}

/** All strings in a value: `exports` nests conditions. */
function strings(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(strings);
  return isJsonObject(value) ? Object.values(value).flatMap(strings) : [];
}

/** `./lib/*.js` of `exports` stands for every such file. */
function expand(tree: Tree, path: string): readonly string[] {
  const star = path.indexOf('*');
  if (star === -1) return path.endsWith('/') ? filesIn(tree, insidePath(path) ?? '') : [path];
  const before = insidePath(path.slice(0, star)) ?? '';
  const head = path[star - 1] === '/' && before !== '' ? `${before}/` : before;
  const tail = path.slice(star + 1);
  return [...tree.keys()].filter(
    (file) => file.startsWith(head) && file.endsWith(tail) && file.length > head.length + tail.length,
  );
}

function filesIn(tree: Tree, folder: string): readonly string[] {
  const head = folder === '' ? '' : `${folder}/`;
  return [...tree.keys()].filter((path) => path.startsWith(head));
}
