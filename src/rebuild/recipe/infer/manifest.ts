/** The parts of a `package.json` that decide how it is built. */
import { isJsonObject, own, ownObject, ownString, ownStrings, type JsonObject } from '../../../core/json.ts';
import type { SourceFacts } from './facts.ts';

export interface Manifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly scripts: ReadonlyMap<string, string>;
  readonly dependencies: ReadonlyMap<string, string>;
  readonly engines: string | undefined;
  readonly packageManager: string | undefined;
  readonly voltaNode: string | undefined;
  readonly workspaces: boolean;
  readonly bundles: boolean;
  /** Files it promises: `main`, `module`, `types`, `bin`, `exports`. Plain paths only. */
  readonly entries: readonly string[];
}

/** Undefined: no such file, or no JSON object. */
export function manifestAt(facts: Pick<SourceFacts, 'texts'>, directory: string): Manifest | undefined {
  const text = facts.texts.get(directory === '' ? 'package.json' : `${directory}/package.json`);
  return text === undefined ? undefined : manifestOf(text);
}

export function manifestOf(text: string): Manifest | undefined {
  const json = parsed(text);
  if (json === undefined) return undefined;
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const bundled = own(json, 'bundleDependencies') ?? own(json, 'bundledDependencies');
  return {
    name: ownString(json, 'name'),
    version: ownString(json, 'version'),
    scripts: ownStrings(ownObject(json, 'scripts')),
    dependencies: new Map(kinds.flatMap((kind) => [...ownStrings(ownObject(json, kind))])),
    engines: nestedString(json, 'engines', 'node'),
    packageManager: ownString(json, 'packageManager'),
    voltaNode: nestedString(json, 'volta', 'node'),
    workspaces: own(json, 'workspaces') !== undefined,
    bundles: bundled === true || (Array.isArray(bundled) && bundled.length > 0),
    entries: entriesOf(json),
  };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function nestedString(json: JsonObject, key: string, inner: string): string | undefined {
  const object = ownObject(json, key);
  return object === undefined ? undefined : ownString(object, inner);
}

function entriesOf(json: JsonObject): readonly string[] {
  const texts: string[] = [];
  const keys = ['main', 'module', 'types', 'typings', 'bin', 'exports', 'browser', 'unpkg', 'jsdelivr'];
  for (const key of keys) collect(own(json, key), texts, 0);
  const paths = texts.map((text) => text.replace(/^\.\//, '')).filter((path) => isFilePath(path));
  return [...new Set(paths)];
}

function isFilePath(path: string): boolean {
  return (
    /\.[A-Za-z0-9]{1,8}$/.test(path) && !path.includes('*') && !path.startsWith('/') && !path.includes('..')
  );
}

function collect(value: unknown, into: string[], depth: number): void {
  if (depth > 6 || into.length >= 200) return;
  if (typeof value === 'string') into.push(value);
  else if (Array.isArray(value)) for (const item of value) collect(item, into, depth + 1);
  else if (isJsonObject(value)) for (const item of Object.values(value)) collect(item, into, depth + 1);
}
