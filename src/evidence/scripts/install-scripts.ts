/** What would run when a package is installed, from what its archive holds. */
import { ownObject, ownStrings, type JsonObject } from '../../core/json.ts';
import { bundledEvent, impliedInstall, installEvents, type NestedPackages } from '../package-json.ts';

export interface InstallScript {
  readonly event: string;
  readonly text: string;
  /** Written nowhere: it runs because there is a binding.gyp. */
  readonly implied: boolean;
}

/**
 * `files` are paths inside the package. Only `binding.gyp` implies a build (@npmcli/run-script), in any case: some file
 * systems find it so. `gypfile: false` stops npm, and not Yarn 1.
 */
export function installScriptsOf(content: JsonObject, files: readonly string[]): readonly InstallScript[] {
  const written = ownStrings(ownObject(content, 'scripts'));
  const scripts = installEvents.flatMap((event) => {
    const text = written.get(event)?.trim() ?? '';
    return text === '' ? [] : [{ event, text, implied: false }];
  });
  const builds = files.some((path) => path.toLowerCase() === 'binding.gyp');
  const replaced = scripts.some((script) => script.event === 'install' || script.event === 'preinstall');
  return builds && !replaced
    ? [...scripts, { event: 'install', text: impliedInstall, implied: true }]
    : scripts;
}

/**
 * npm runs the scripts of packages that lie in a package's own `node_modules` as well, and no index shows them: all of
 * them as one script, a line each; none when there is nothing to run.
 */
export function bundledScript(nested: NestedPackages, files: readonly string[]): readonly InstallScript[] {
  const known = new Map(nested.manifests.map(({ folder, content }) => [folder, content]));
  const lines: string[] = nested.whole ? [] : ['more packages than were examined'];
  for (const folder of new Set([...known.keys(), ...foldersThatBuild(files)])) {
    const content = known.has(folder) ? known.get(folder) : {};
    if (content === undefined) lines.push(`${folder}: an unreadable package.json`);
    else {
      const inside = files.flatMap((path) =>
        path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
      );
      for (const { event, text } of installScriptsOf(content, inside))
        lines.push(`${folder} ${event}: ${text}`);
    }
  }
  return lines.length === 0 ? [] : [{ event: bundledEvent, text: lines.sort().join('\n'), implied: false }];
}

function foldersThatBuild(files: readonly string[]): readonly string[] {
  return files.flatMap((path) => {
    const folder = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\/binding\.gyp$/i.exec(path)?.[1];
    return folder === undefined || !isNested(folder) ? [] : [folder];
  });
}

/** Directly installed: below `node_modules` folders only, as npm lays them out. */
function isNested(folder: string): boolean {
  return /^(?:node_modules\/(?:@[^/]+\/)?[^/]+)(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*$/i.test(folder);
}
