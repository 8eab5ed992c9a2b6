/** JavaScript and TypeScript as a syntax tree, by oxc. A native parser: it runs in a child that may die. */
import { parseSync, visitorKeys } from 'oxc-parser';

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export type Parsed =
  | { readonly state: 'parsed'; readonly program: Node; readonly clean: boolean }
  | { readonly state: 'not-parsed'; readonly why: string };

/** Deeper nesting than this ends the native parser with its stack; no source that people wrote comes near. */
const maxDepth = 700;

export function parseCode(path: string, text: string): Parsed {
  if (deepest(text) > maxDepth) return { state: 'not-parsed', why: `nested deeper than ${maxDepth}` };
  const extension = /\.([cm]?[jt]sx?)$/i.exec(path)?.[1]?.toLowerCase() ?? 'js';
  const lang = extension.includes('t') ? (extension === 'tsx' ? 'tsx' : 'ts') : 'jsx';
  const { program, errors } = parseSync(path, text, { lang, sourceType: 'unambiguous' });
  const node = program as unknown as Node & { readonly body?: readonly unknown[] };
  if (errors.length > 0 && (node.body ?? []).length === 0) {
    return { state: 'not-parsed', why: 'no JavaScript that the parser understands' };
  }
  return { state: 'parsed', program: node, clean: errors.length === 0 };
}

/** Brackets, counted without regard to strings: an upper bound that is good enough. */
function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0x28 || c === 0x5b || c === 0x7b) {
      depth += 1;
      if (depth > most) most = depth;
    } else if ((c === 0x29 || c === 0x5d || c === 0x7d) && depth > 0) depth -= 1;
  }
  return most;
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

export function nodeOf(node: Node, key: string): Node | undefined {
  const value = (node as unknown as Record<string, unknown>)[key];
  return isNode(value) ? value : undefined;
}

export function nodesOf(node: Node, key: string): readonly Node[] {
  const value = (node as unknown as Record<string, unknown>)[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function textOf(node: Node | undefined, key: string): string | undefined {
  const value = (node as unknown as Record<string, unknown> | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** A tree in one list, each node before those inside of it: made once, walked several times. */
export interface Tree {
  readonly nodes: readonly Node[];
  /** By node, what kind it is: bits that were given to `treeOf` by type. */
  readonly marks: Uint8Array;
  /** By node, where the node around it stands; -1: none. */
  readonly parents: Int32Array;
  /** By node, where the first node behind all that is inside of it stands. */
  readonly ends: Int32Array;
}

interface Type {
  readonly name: string;
  /** Properties that may hold nodes; undefined: any of them. */
  readonly keys: readonly string[] | undefined;
}

/** Names of types as the engine keeps them: those of a tree are texts of their own, slow to compare. */
const types = new Map<string, Type>(
  Object.entries(visitorKeys).map(([name, keys]) => [name, { name, keys }]),
);

/** Without recursion: hostile trees are deep. */
export function treeOf(root: Node, markOf: (type: string) => number = () => 0): Tree {
  const nodes: Node[] = [];
  const parents: number[] = [];
  const marks: number[] = [];
  const known = new Map<string, number>();
  const stack: Node[] = [root];
  const around: number[] = [-1];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const at = nodes.length;
    const type = types.get(node.type) ?? { name: node.type, keys: undefined };
    (node as { type: string }).type = type.name;
    let mark = known.get(type.name);
    if (mark === undefined) known.set(type.name, (mark = markOf(type.name)));
    nodes.push(node);
    marks.push(mark);
    parents.push(around.pop() ?? -1);
    const children = childrenBy(node, type.keys);
    for (let i = children.length - 1; i >= 0; i -= 1) {
      stack.push(children[i] as Node);
      around.push(at);
    }
  }
  return { nodes, marks: Uint8Array.from(marks), parents: Int32Array.from(parents), ends: endsOf(parents) };
}

function endsOf(parents: readonly number[]): Int32Array {
  const ends = new Int32Array(parents.length);
  for (let at = parents.length - 1; at >= 0; at -= 1) {
    const end = Math.max(ends[at] ?? 0, at + 1);
    ends[at] = end;
    const parent = parents[at] ?? -1;
    if (parent >= 0 && end > (ends[parent] ?? 0)) ends[parent] = end;
  }
  return ends;
}

/** The node itself and all inside of it. */
export function nodesIn(root: Node): readonly Node[] {
  return treeOf(root).nodes;
}

/** Of a node whose type is one that the parser has. */
export function childrenOf(node: Node): readonly Node[] {
  return childrenBy(node, types.get(node.type)?.keys);
}

function childrenBy(node: Node, keys: readonly string[] | undefined): readonly Node[] {
  const children: Node[] = [];
  for (const key of keys ?? Object.keys(node)) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const entry of value) if (isNode(entry)) children.push(entry);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}
