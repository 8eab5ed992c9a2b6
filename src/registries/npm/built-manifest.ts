/**
 * A version's entry in an index, made from the built file alone: what a client installs by must be what it unpacks. npm's
 * publish adds a few fields that no `package.json` has; they are made here by its rules (libnpmpublish, npm 11).
 */
import { isJsonObject, own, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { isTooDeep } from './depth.ts';
import { hasInstallScript } from './install-scripts.ts';
import { isVersion } from './order.ts';

export interface BuiltArchive {
  /** Text of the top folder's `package.json`; undefined when there is none. */
  readonly manifestText: string | undefined;
  /** Paths of its files, with the top folder. */
  readonly paths: Iterable<string>;
}

export type BuiltManifest =
  | { readonly state: 'read'; readonly manifest: JsonObject }
  | { readonly state: 'unusable'; readonly why: string };

/** Never throws. The package and version inside must be those that were asked for. */
export function builtManifest(
  name: string,
  version: string,
  { manifestText, paths }: BuiltArchive,
): BuiltManifest {
  const parsed = manifestText === undefined ? undefined : parsedJson(manifestText);
  if (parsed === undefined || !isJsonObject(parsed))
    return unusable('it has no package.json that can be read');
  if (isTooDeep(parsed)) return unusable('its package.json is nested too deep');
  if (ownString(parsed, 'name') !== name) return unusable('its package.json names another package');
  if (ownString(parsed, 'version') !== version || !isVersion(version))
    return unusable('its package.json names another version');
  const files = new Set(topFiles(paths));
  const kept = entriesOf(parsed).filter(([key]) => isOwnField(key));
  const manifest = objectOf([
    ...kept.map(([key, value]) =>
      key === 'bin' ? ([key, binOf(name, value)] as const) : ([key, value] as const),
    ),
    ...(files.has('npm-shrinkwrap.json') ? [['_hasShrinkwrap', true] as const] : []),
    ...(files.has('binding.gyp') && own(parsed, 'gypfile') !== false ? [['gypfile', true] as const] : []),
    ['_id', `${name}@${version}`] as const,
  ]);
  return {
    state: 'read',
    manifest: hasInstallScript(manifest)
      ? objectOf([...entriesOf(manifest), ['hasInstallScript', true]])
      : manifest,
  };
}

/** What a registry says of a version, a package must not say of itself: where it lies, who signed it, what runs. */
const registrysOwn: ReadonlySet<string> = new Set(['dist', 'deprecated', 'hasInstallScript', '__proto__']);

function isOwnField(key: string): boolean {
  return !key.startsWith('_') && !registrysOwn.has(key);
}

/** One command under the package's own name may be written as its path alone. */
function binOf(name: string, value: Json): Json {
  return typeof value === 'string' ? { [name.slice(name.indexOf('/') + 1)]: value } : value;
}

function* topFiles(paths: Iterable<string>): Iterable<string> {
  for (const path of paths) {
    const [, file, ...deeper] = path.split('/');
    if (file !== undefined && deeper.length === 0) yield file;
  }
}

function parsedJson(text: string): Json | undefined {
  try {
    // npm reads a manifest with or without a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    return undefined;
  }
}

function entriesOf(object: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(object);
}

/** The last of two entries under one key counts. */
function objectOf(entries: readonly (readonly [string, Json])[]): JsonObject {
  return Object.fromEntries(entries);
}

function unusable(why: string): BuiltManifest {
  return { state: 'unusable', why };
}
