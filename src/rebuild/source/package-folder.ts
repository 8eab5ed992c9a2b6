/** Where in a repository a package lies, by its `package.json` files. Pure; what they hold is hostile. */
import { isJsonObject, own, ownString } from '../../core/json.ts';

/**
 * Paths of `package.json` files in the order in which they are tried: what the metadata names, the top, the folders that
 * monorepos have, then the others, nearest to the top first. Not those of dependencies that were committed.
 */
export function manifestOrder(
  name: string,
  directory: string | undefined,
  manifests: readonly string[],
  atMost: number,
): readonly string[] {
  const bare = name.replace(/^@[^/]*\//, '');
  const flat = name.replace(/^@/, '').replace('/', '-');
  const likely = [
    ...(directory === undefined ? [] : [directory]),
    '',
    ...[name, bare, flat].map((folder) => `packages/${folder}`),
    bare,
  ].map((folder) => (folder === '' ? 'package.json' : `${folder}/package.json`));
  const there = new Set(manifests);
  const depth = (path: string): number => path.split('/').length;
  const others = manifests
    .filter((path) => !path.split('/').includes('node_modules'))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  return [...new Set([...likely.filter((path) => there.has(path)), ...others])].slice(0, atMost);
}

export interface ManifestName {
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** npm publishes nothing that says so. */
  readonly isPrivate: boolean;
}

/** Undefined: it is no JSON object. A byte order mark is left away, as npm does. */
export function readManifestName(bytes: Uint8Array): ManifestName | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isJsonObject(value)
      ? {
          name: ownString(value, 'name'),
          version: ownString(value, 'version'),
          isPrivate: own(value, 'private') === true,
        }
      : undefined;
  } catch {
    return undefined;
  }
}

export function folderOf(manifestPath: string): string {
  return manifestPath.split('/').slice(0, -1).join('/');
}

/** What the version field says may have npm's `v` or `=` before it; only those two. */
export function isVersion(given: string | undefined, version: string): boolean {
  return given?.trim().replace(/^[v=]/, '') === version;
}
