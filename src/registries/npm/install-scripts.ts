/** Which scripts of a version run at install: npm's lifecycle for a dependency, with the implied node-gyp build. */
import { sha256 } from '../../core/digest.ts';
import { own, ownObject, ownString, type JsonObject } from '../../core/json.ts';

const lifecycle = ['preinstall', 'install', 'postinstall'] as const;
/** Longer texts are cut and named by their digest: still comparable, no longer a burden on every record. */
const longestScript = 4000;

/** By lifecycle name. `install: node-gyp rebuild` when `gypfile` says so and nothing replaces it, as npm does. */
export function installScriptsOf(manifest: JsonObject): Readonly<Record<string, string>> {
  const scripts = ownObject(manifest, 'scripts') ?? {};
  const found: Record<string, string> = {};
  for (const name of lifecycle) {
    const text = ownString(scripts, name);
    if (text !== undefined && text !== '') found[name] = cut(text.toWellFormed());
  }
  const implied =
    own(manifest, 'gypfile') === true && found['install'] === undefined && found['preinstall'] === undefined;
  return implied ? { ...found, install: 'node-gyp rebuild' } : found;
}

/** Upstream may say so without showing the scripts; it can't talk them away. */
export function hasInstallScript(manifest: JsonObject): boolean {
  return own(manifest, 'hasInstallScript') === true || Object.keys(installScriptsOf(manifest)).length > 0;
}

function cut(text: string): string {
  return text.length <= longestScript
    ? text
    : `${text.slice(0, longestScript).toWellFormed()}... [sha256 ${sha256(text)}]`;
}
