/** YAML as lockfiles use it: maps, lists and text. Everything is read as text (`1.0` stays `1.0`); aliases are refused. */
import { AssayError } from '../../../core/errors.ts';
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit, type Node } from 'yaml';
import { invalidLockfile } from './types.ts';

/** The roots of all documents in the text, each a map. Throws LOCKFILE_INVALID. */
export function yamlMaps(text: string): readonly YamlMap[] {
  try {
    return mapsIn(text);
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    // The parser recurses: a file of nothing but `[` ends its stack.
    throw invalidLockfile('it is nested too deeply, or no YAML at all', cause);
  }
}

function mapsIn(text: string): readonly YamlMap[] {
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: true,
    merge: false,
  });
  if (!Array.isArray(documents)) throw invalidLockfile('it is empty');
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw invalidLockfile(`it is not valid YAML (${error.message.split('\n', 1)[0] ?? ''})`);
    refuseAliases(document.contents);
    if (!isMap(document.contents)) throw invalidLockfile('it is no map');
    return mapOf(document.contents);
  });
}

export type YamlMap = ReadonlyMap<string, YamlValue>;
export type YamlValue = string | YamlMap | readonly YamlValue[];

function refuseAliases(node: unknown): void {
  visit(node as Node, {
    Alias: () => {
      throw invalidLockfile('it has YAML aliases');
    },
  });
}

function mapOf(node: unknown): YamlMap {
  if (!isMap(node)) throw invalidLockfile('a map is missing');
  return new Map(
    node.items.map((pair) => {
      if (!isScalar(pair.key)) throw invalidLockfile('a key is no text');
      return [String(pair.key.value), valueOf(pair.value)];
    }),
  );
}

function valueOf(node: unknown): YamlValue {
  if (isMap(node)) return mapOf(node);
  if (isSeq(node)) return node.items.map(valueOf);
  if (isAlias(node)) throw invalidLockfile('it has YAML aliases');
  return isScalar(node) ? String(node.value) : '';
}

export function textAt(map: YamlMap, key: string): string | undefined {
  const value = map.get(key);
  return typeof value === 'string' ? value : undefined;
}

export function mapAt(map: YamlMap, key: string): YamlMap | undefined {
  const value = map.get(key);
  return value instanceof Map ? (value as YamlMap) : undefined;
}
