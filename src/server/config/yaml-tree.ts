/**
 * YAML as a tree of plain data with the place of every value, and nothing more: no anchors or aliases
 * (a dozen lines of them unfold to gigabytes), no tags, no merge keys, no keys that are not text, no key twice.
 */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Node, type Pair } from 'yaml';
import { AssayError } from '../../core/errors.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlTree {
  readonly value: unknown;
  /** Where a value starts; keys of the path as in the data. `key: true` for the key's own place. */
  readonly place: (path: readonly PropertyKey[], key?: boolean) => Place | undefined;
}

const maxTextBytes = 1024 * 1024;
const maxNodes = 20_000;
const maxDepth = 12;

interface Walk {
  readonly file: string;
  readonly lines: LineCounter;
  readonly places: Map<string, Place>;
  nodes: number;
}

/** Throws CONFIG_INVALID with `file:line:column`. */
export function readYamlTree(file: string, text: string): YamlTree {
  if (Buffer.byteLength(text) > maxTextBytes)
    throw invalid(file, { line: 1, column: 1 }, 'the file is larger than 1 MiB');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    merge: false,
  });
  const walk: Walk = { file, lines, places: new Map(), nodes: 0 };
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined)
    throw invalid(
      file,
      placeAt(walk, error.pos[0]),
      plainYamlMessage(error.code, error.message, text, error.pos[0]),
    );
  const value = document.contents === null ? {} : plain(walk, document.contents, [], 0);
  return {
    value,
    place: (path, key = false) => walk.places.get(pathKey(path, key)),
  };
}

function plain(walk: Walk, node: unknown, path: readonly PropertyKey[], depth: number): unknown {
  if (!isNode(node)) return null;
  const place = placeAt(walk, node.range?.[0] ?? 0);
  walk.nodes += 1;
  if (walk.nodes > maxNodes)
    throw invalid(walk.file, place, 'the file holds more values than a configuration can need');
  if (depth > maxDepth) throw invalid(walk.file, place, 'the values are nested too deeply');
  refuseExtras(walk, node, place);
  walk.places.set(pathKey(path, false), place);
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item, index) => plain(walk, item, [...path, index], depth + 1));
  if (!isMap(node))
    throw invalid(walk.file, place, 'an alias (`*name`) cannot be used here; write the value out');
  const entries = node.items.map((pair) => entryOf(walk, pair, path, depth));
  return Object.fromEntries(entries);
}

function entryOf(
  walk: Walk,
  pair: Pair,
  path: readonly PropertyKey[],
  depth: number,
): readonly [string, unknown] {
  const keyNode = pair.key as Node | null;
  const place = placeAt(walk, keyNode?.range?.[0] ?? 0);
  if (!isScalar(keyNode) || typeof keyNode.value !== 'string')
    throw invalid(walk.file, place, 'a key must be text');
  refuseExtras(walk, keyNode, place);
  if (keyNode.value === '<<')
    throw invalid(walk.file, place, 'merge keys (`<<`) cannot be used; write the values out');
  const inner = [...path, keyNode.value];
  walk.places.set(pathKey(inner, true), place);
  const value = plain(walk, pair.value, inner, depth + 1);
  if (!walk.places.has(pathKey(inner, false))) walk.places.set(pathKey(inner, false), place);
  return [keyNode.value, value];
}

function refuseExtras(walk: Walk, node: Node, place: Place): void {
  if ('anchor' in node && node.anchor !== undefined)
    throw invalid(walk.file, place, `anchors (\`&${node.anchor}\`) cannot be used; write the values out`);
  if (node.tag !== undefined && !node.tag.startsWith('tag:yaml.org,2002:'))
    throw invalid(walk.file, place, `the tag ${node.tag} cannot be used`);
}

function plainYamlMessage(code: string, message: string, text: string, at: number): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice; keep one of the two';
  if (text[at] === '*')
    return 'a bare `*` means nothing here: name what is meant, one by one (in YAML `*` starts an alias)';
  return `this is not valid YAML: ${message.split('\n', 1)[0] ?? ''}`;
}

function placeAt(walk: Walk, offset: number): Place {
  const { line, col } = walk.lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function pathKey(path: readonly PropertyKey[], key: boolean): string {
  return `${key ? 'k' : 'v'}${JSON.stringify(path.map(String))}`;
}

export function invalid(file: string, place: Place, message: string): AssayError {
  return new AssayError('CONFIG_INVALID', `${file}:${place.line}:${place.column}: ${message}`);
}
