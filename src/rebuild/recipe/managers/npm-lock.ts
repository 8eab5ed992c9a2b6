/** `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3. */
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../../core/json.ts';
import { atMost20, placed, refusal, type PlacedLockfile } from './lockfile.ts';

const maxDepth = 200;

/** Throws SyntaxError for what is no JSON, Error for what is no lockfile. */
export function placeNpmLock(text: string): PlacedLockfile {
  const lock: unknown = JSON.parse(text);
  if (!isJsonObject(lock)) throw new Error('it is no object');
  const refused: string[] = [];
  const packages = ownObject(lock, 'packages');
  const dependencies = ownObject(lock, 'dependencies');
  const changed = {
    ...lock,
    ...(packages === undefined ? {} : { packages: placePackages(packages, refused) }),
    ...(dependencies === undefined ? {} : { dependencies: placeTree(dependencies, refused, 0) }),
  };
  return { text: `${JSON.stringify(changed, null, 2)}\n`, refused: atMost20(refused) };
}

function placePackages(packages: JsonObject, refused: string[]): JsonObject {
  return mapped(packages, (key, entry) => {
    const resolved = ownString(entry, 'resolved');
    if (resolved === undefined || own(entry, 'link') === true || isLocal(resolved)) return entry;
    const at = key.lastIndexOf('node_modules/');
    const name = ownString(entry, 'name') ?? (at < 0 ? undefined : key.slice(at + 'node_modules/'.length));
    return withPlace(key, entry, name, ownString(entry, 'version'), resolved, refused);
  });
}

/** Version 1: nested, and an alias or a place stands in `version`. */
function placeTree(tree: JsonObject, refused: string[], depth: number): JsonObject {
  if (depth > maxDepth) throw new Error('it is nested too deeply');
  return mapped(tree, (key, entry) => {
    const below = ownObject(entry, 'dependencies');
    const nested =
      below === undefined ? entry : { ...entry, dependencies: placeTree(below, refused, depth + 1) };
    const stated = ownString(entry, 'version') ?? '';
    const resolved = ownString(entry, 'resolved');
    if (own(entry, 'bundled') === true || isLocal(stated)) return nested;
    if (resolved === undefined) {
      if (!/^(?:\d|npm:)/.test(stated)) refused.push(refusal(key, stated));
      return nested;
    }
    const alias = /^npm:(.+)@([^@]+)$/.exec(stated);
    return withPlace(key, nested, alias?.[1] ?? key, alias?.[2] ?? stated, resolved, refused);
  });
}

function withPlace(
  key: string,
  entry: JsonObject,
  name: string | undefined,
  version: string | undefined,
  url: string,
  refused: string[],
): JsonObject {
  const claimed = (ownString(entry, 'integrity') ?? '') !== '';
  const place = placed({ name, version, url, claimed });
  if (place === undefined) refused.push(refusal(key, url));
  return place === undefined ? entry : { ...entry, resolved: place };
}

function isLocal(text: string): boolean {
  return text.startsWith('file:');
}

function mapped(object: JsonObject, change: (key: string, entry: JsonObject) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, entry]) => [key, isJsonObject(entry) ? change(key, entry) : entry]),
  );
}
