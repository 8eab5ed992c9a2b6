/**
 * Serialising a version's object once, in both forms, with a gap where the tarball's URL starts. The pieces are
 * put together by hand around `dist.tarball`, so no placeholder exists that hostile text could repeat.
 */
import { isJsonObject, own, type Json, type JsonObject } from '../../core/json.ts';
import { hasInstallScript } from './install-scripts.ts';
import { encodeFileName } from './names.ts';
import type { SplicedText } from './packument-parts.ts';

/**
 * npm's documented abbreviated fields (npm/registry docs, package-metadata), and `_npmUser`, which holds what
 * clients' own trust rules read (`trustedPublisher`, `approver`). Signatures and attestations lie in `dist`.
 */
export const abbreviatedFields: ReadonlySet<string> = new Set([
  'name',
  'version',
  'deprecated',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'bundleDependencies',
  'bundledDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'acceptDependencies',
  'bin',
  'directories',
  'dist',
  'engines',
  'cpu',
  'os',
  'libc',
  'funding',
  'hasInstallScript',
  '_hasShrinkwrap',
  '_npmUser',
]);

/** Throws TypeError without a `dist.tarball`. */
export function spliceFull(manifest: JsonObject, file: string): SplicedText {
  return splice(Object.entries(manifest), file);
}

/**
 * npm decides from `hasInstallScript` of the abbreviated form whether scripts run at all, so it is computed:
 * upstream's full form often lacks it.
 */
export function spliceAbbreviated(manifest: JsonObject, file: string): SplicedText {
  const entries = Object.entries(manifest).filter(
    ([key]) => abbreviatedFields.has(key) && key !== 'hasInstallScript',
  );
  if (hasInstallScript(manifest)) entries.push(['hasInstallScript', true]);
  else if (Object.hasOwn(manifest, 'hasInstallScript'))
    entries.push(['hasInstallScript', own(manifest, 'hasInstallScript') ?? null]);
  return splice(entries, file);
}

function splice(entries: readonly (readonly [string, Json])[], file: string): SplicedText {
  const at = entries.findIndex(([key]) => key === 'dist');
  const dist = entries[at]?.[1];
  const fields = isJsonObject(dist) ? Object.entries(dist) : [];
  const inDist = fields.findIndex(([key]) => key === 'tarball');
  if (inDist < 0) throw new TypeError('a version without dist.tarball cannot be listed');
  const before = `{${members(entries.slice(0, at), ',')}"dist":{${members(fields.slice(0, inDist), ',')}"tarball":"`;
  const after = `${encodeFileName(file)}"${rest(fields.slice(inDist + 1))}}${rest(entries.slice(at + 1))}}`;
  return { before, after };
}

function members(entries: readonly (readonly [string, Json])[], end: string): string {
  return entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}${end}`).join('');
}

function rest(entries: readonly (readonly [string, Json])[]): string {
  return entries.map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`).join('');
}
