/** Differences between two manifests in normal form, and in the fields beside them. */
import { canonicalJson } from '../../core/canonical-json.ts';
import { own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { impliedInstall } from '../package-json.ts';
import { binFolder, normalise, securePath, type NormalManifest } from './normalise.ts';

/** The fields by which an index can hide what an install would do ("manifest confusion", 2023). */
const mapFields = ['scripts', 'dependencies', 'optionalDependencies', 'bin', 'bundleDependencies'] as const;
export const guardedFields: readonly string[] = ['name', 'version', ...mapFields];

export interface Difference {
  readonly field: string;
  /** Script, dependency or command; undefined for a field that has no entries. */
  readonly key: string | undefined;
  readonly index: string | undefined;
  readonly tarball: string | undefined;
}

export interface Differences {
  readonly guarded: readonly Difference[];
  /** Differences that npm's own history explains, and fields that nothing rests on. */
  readonly other: readonly Difference[];
}

/** `files`: paths inside the archive's top folder. */
export function compareManifests(
  index: JsonObject,
  tarball: JsonObject,
  files: readonly string[],
): Differences {
  const differences = guardedDifferences(normalise(index, files), normalise(tarball, files));
  const explained = (difference: Difference): boolean => isExplained(difference, index, tarball, files);
  return {
    guarded: differences.filter((difference) => !explained(difference)),
    other: [...differences.filter(explained), ...otherDifferences(index, tarball)],
  };
}

function guardedDifferences(index: NormalManifest, tarball: NormalManifest): readonly Difference[] {
  const plain = (['name', 'version'] as const)
    .filter((field) => index[field] !== tarball[field])
    .map((field) => ({ field, key: undefined, index: index[field], tarball: tarball[field] }));
  const entries = mapFields.flatMap((field): readonly Difference[] => {
    const [left, right] = [index[field], tarball[field]];
    return [...new Set([...left.keys(), ...right.keys()])]
      .filter((key) => left.get(key) !== right.get(key))
      .map((key) => ({ field, key, index: left.get(key), tarball: right.get(key) }));
  });
  return [...plain, ...entries];
}

/** What npm before 1.1 wrote as `preinstall` for a package with a `wscript` (seen in glob 1.1.0 and 2.0.8). */
const wafScripts: ReadonlySet<string> = new Set([
  'node-waf configure build',
  'node-waf clean || true; node-waf configure build',
  'node-waf clean ; node-waf configure build',
]);

/**
 * What the index shows beyond the tarball and npm itself put there, from files on the publisher's disk that
 * were not packed. It can only make an install fail or do less than it says; it hides nothing.
 */
function isExplained(
  difference: Difference,
  index: JsonObject,
  tarball: JsonObject,
  files: readonly string[],
): boolean {
  const { field, key, tarball: inTarball, index: inIndex } = difference;
  if (inTarball !== undefined || key === undefined) return false;
  if (field === 'scripts' && wafScripts.has(inIndex ?? '')) return files.includes('wscript');
  if (field === 'scripts' && key === 'install')
    return inIndex === impliedInstall && own(index, 'gypfile') === true;
  if (field === 'scripts' && key === 'start') return inIndex === 'node server.js';
  if (field === 'bin' && own(tarball, 'bin') === undefined) {
    const folder = securePath(ownString(ownObject(tarball, 'directories') ?? {}, 'bin') ?? '');
    return folder !== '' && (inIndex ?? '').startsWith(`${folder}/`) && !binFolder(folder, files).has(key);
  }
  return false;
}

/** Fields a registry adds, and those npm rewrites or fills from other files when it publishes. */
const unlisted: ReadonlySet<string> = new Set([
  ...guardedFields,
  'bundledDependencies',
  'devDependencies',
  'dist',
  'gitHead',
  'readme',
  'readmeFilename',
  'maintainers',
  'deprecated',
  'hasInstallScript',
  'gypfile',
  'description',
  'keywords',
  'author',
  'authors',
  'contributors',
  'repository',
  'repositories',
  'bugs',
  'homepage',
  'funding',
  'man',
  'directories',
  'files',
  'modules',
]);

function otherDifferences(index: JsonObject, tarball: JsonObject): readonly Difference[] {
  const fields = [...new Set([...Object.keys(index), ...Object.keys(tarball)])];
  return fields
    .filter((field) => !unlisted.has(field) && !field.startsWith('_'))
    .map((field) => ({
      field,
      key: undefined,
      index: textOf(own(index, field)),
      tarball: textOf(own(tarball, field)),
    }))
    .filter((difference) => difference.index !== difference.tarball);
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(wellFormed(value));
}

/** Lone surrogates have no canonical form; here they only have to compare. */
function wellFormed(value: Json): Json {
  return JSON.parse(
    JSON.stringify(value)
      .toWellFormed()
      .replace(/\\ud[89a-f][0-9a-f]{2}/gi, '\\ufffd'),
  ) as Json;
}
