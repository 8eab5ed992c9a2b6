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

export interface SplicedForms {
  readonly full: SplicedText;
  readonly abbreviated: SplicedText;
}

/** A member of the object, `"key":value`; `dist` is cut at the gap, and `after` is what follows it. */
interface Member {
  readonly key: string;
  readonly text: string;
  readonly after?: string;
}

/**
 * Both forms, every value serialised once. npm decides from `hasInstallScript` of the abbreviated form whether
 * scripts run at all, so it is computed there: upstream's full form often lacks it. Throws TypeError without a
 * `dist.tarball`.
 */
export function spliceForms(manifest: JsonObject, file: string): SplicedForms {
  const members = Object.entries(manifest).map((entry) => memberOf(entry, file));
  const some = members.filter(({ key }) => abbreviatedFields.has(key) && key !== 'hasInstallScript');
  const said = hasInstallScript(manifest) ? true : own(manifest, 'hasInstallScript');
  if (said !== undefined)
    some.push({ key: 'hasInstallScript', text: memberText(['hasInstallScript', said]) });
  return { full: assemble(members), abbreviated: assemble(some) };
}

function memberOf(entry: readonly [string, Json], file: string): Member {
  const [key, value] = entry;
  return key === 'dist' && isJsonObject(value) ? distMember(value, file) : { key, text: memberText(entry) };
}

function distMember(dist: JsonObject, file: string): Member {
  const entries = Object.entries(dist);
  const at = entries.findIndex(([key]) => key === 'tarball');
  if (at < 0) throw new TypeError('a version without dist.tarball cannot be listed');
  const before = entries.slice(0, at).map((entry) => `${memberText(entry)},`);
  const after = entries.slice(at + 1).map((entry) => `,${memberText(entry)}`);
  return {
    key: 'dist',
    text: `"dist":{${before.join('')}"tarball":"`,
    after: `${encodeFileName(file)}"${after.join('')}}`,
  };
}

function memberText([key, value]: readonly [string, Json]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function assemble(members: readonly Member[]): SplicedText {
  const at = members.findIndex(({ after }) => after !== undefined);
  const dist = members[at];
  if (dist?.after === undefined) throw new TypeError('a version without dist cannot be listed');
  const before = members.slice(0, at).map(({ text }) => `${text},`);
  const after = members.slice(at + 1).map(({ text }) => `,${text}`);
  return { before: `{${before.join('')}${dist.text}`, after: `${dist.after}${after.join('')}}` };
}
