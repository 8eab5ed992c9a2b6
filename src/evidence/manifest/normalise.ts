/**
 * The normal form of the seven fields by which a manifest can mislead, after what npm itself changes between a
 * package.json and an index (facts read from @npmcli/package-json, normalize-package-data and
 * npm-normalize-package-bin; the code is ours). Both sides go through it, so that an index written by npm, by
 * another publisher or by a mirror compares equal to the same package.json.
 */
import semver from 'semver';
import { own, ownObject, ownString, ownStrings, type Json, type JsonObject } from '../../core/json.ts';
import { impliedInstall } from '../package-json.ts';
import { specForm } from './spec-form.ts';

export interface NormalManifest {
  readonly name: string;
  readonly version: string;
  readonly scripts: ReadonlyMap<string, string>;
  /** Without those that are optional as well: old indexes list optional ones in both. */
  readonly dependencies: ReadonlyMap<string, string>;
  readonly optionalDependencies: ReadonlyMap<string, string>;
  readonly bin: ReadonlyMap<string, string>;
  readonly bundleDependencies: ReadonlyMap<string, string>;
}

/** `files`: paths inside the archive's top folder; both sides get the same ones. */
export function normalise(raw: JsonObject, files: readonly string[]): NormalManifest {
  const optionalDependencies = dependencyMap(own(raw, 'optionalDependencies'));
  const all = dependencyMap(own(raw, 'dependencies'));
  const bundled = bundledNames(raw, all);
  const named = bundled.filter((name) => !all.has(name) && !optionalDependencies.has(name));
  const listed = new Map([...all, ...named.map((name) => [name, '*'] as const)]);
  return {
    name: (ownString(raw, 'name') ?? '').trim(),
    version: versionForm(ownString(raw, 'version')),
    scripts: scriptMap(raw, files),
    dependencies: new Map([...listed].filter(([name]) => !optionalDependencies.has(name))),
    optionalDependencies,
    bin: binMap(raw, files),
    bundleDependencies: new Map(bundled.map((name) => [name, 'bundled'])),
  };
}

/** npm publishes `semver.clean(version, loose)`; a version it can't read stays as it is and so differs. */
function versionForm(version: string | undefined): string {
  if (version === undefined) return '';
  return semver.clean(version, { loose: true }) ?? version;
}

function scriptMap(raw: JsonObject, files: readonly string[]): ReadonlyMap<string, string> {
  const scripts = new Map<string, string>();
  for (const [event, text] of ownStrings(ownObject(raw, 'scripts'))) {
    scripts.set(event, text.replace(/^(\.[/\\])?node_modules[/\\].bin[\\/]/, ''));
  }
  if (builds(raw, files) && blank(scripts, 'install') && blank(scripts, 'preinstall')) {
    scripts.set('install', impliedInstall);
  }
  if (files.includes('server.js') && blank(scripts, 'start')) scripts.set('start', 'node server.js');
  return scripts;
}

function blank(scripts: ReadonlyMap<string, string>, event: string): boolean {
  return (scripts.get(event) ?? '') === '';
}

/** When publishing, npm looks for any top-level `*.gyp` (step `gypfile`). */
function builds(raw: JsonObject, files: readonly string[]): boolean {
  return own(raw, 'gypfile') !== false && files.some((path) => /^[^/]+\.gyp$/.test(path));
}

/** Objects, and the old forms: a string or an array of `name@range` or `name range`. */
function dependencyMap(raw: Json | undefined): ReadonlyMap<string, string> {
  if (typeof raw === 'string') return dependencyList(raw.trim().split(/[\s,]+/));
  if (Array.isArray(raw)) return dependencyList(raw as readonly Json[]);
  if (typeof raw !== 'object' || raw === null) return new Map();
  return new Map([...ownStrings(raw as JsonObject)].map(([name, spec]) => [name, specForm(spec)]));
}

function dependencyList(entries: readonly Json[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const entry of entries) {
    if (typeof entry !== 'string') continue;
    const [name = '', ...rest] = entry.trim().split(/(:?[@\s><=])/);
    found.set(name, specForm(rest.join('').replace(/^@/, '')));
  }
  return found;
}

function bundledNames(raw: JsonObject, dependencies: ReadonlyMap<string, string>): readonly string[] {
  const value = own(raw, 'bundleDependencies') ?? own(raw, 'bundledDependencies');
  if (value === true) return [...dependencies.keys()];
  if (Array.isArray(value)) {
    const names = (value as readonly Json[]).filter((name) => typeof name === 'string' && name !== '');
    return [...new Set(names as readonly string[])];
  }
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function binMap(raw: JsonObject, files: readonly string[]): ReadonlyMap<string, string> {
  const value = own(raw, 'bin');
  const bins = binEntries(value, ownString(raw, 'name') ?? '');
  const folder = securePath(ownString(ownObject(raw, 'directories') ?? {}, 'bin') ?? '');
  const present = value !== undefined && value !== null && value !== '' && value !== false;
  return present || folder === '' ? bins : binFolder(folder, files);
}

function binEntries(value: Json | undefined, name: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (key: string, target: Json): void => {
    const base = baseName(securePath(key));
    const path = typeof target === 'string' ? securePath(target) : '';
    if (base !== '' && path !== '') found.set(base, path);
  };
  if (typeof value === 'string') add(name, value);
  else if (Array.isArray(value)) {
    for (const entry of value as readonly Json[]) if (typeof entry === 'string') add(entry, entry);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, target] of Object.entries(value as JsonObject)) add(key, target);
  }
  return found;
}

/** `directories.bin`: every file below that folder whose path does not begin with a dot, by its base name. */
export function binFolder(folder: string, files: readonly string[]): ReadonlyMap<string, string> {
  const inside = files.filter(
    (path) => path.startsWith(`${folder}/`) && !path.slice(folder.length + 1).startsWith('.'),
  );
  return new Map(inside.map((path) => [baseName(path), path]));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path as seen from the package's own folder, which `..` can't leave (CVE-2019-16776 is what happens otherwise). */
export function securePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replace(/[\\:]/g, '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
