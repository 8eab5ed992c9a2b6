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

/** Nodes as they are entered and left, depth first: made once and walked several times. */
export interface Traversal {
  readonly nodes: readonly Node[];
  /** 1 where the node is left. */
  readonly left: readonly number[];
}

/** Names of types as the engine keeps them: those of a tree are texts of their own, slow to compare. */
const typeNames = new Map(Object.keys(visitorKeys).map((name) => [name, name]));

/** Without recursion: hostile trees are deep. */
export function traversalOf(root: Node): Traversal {
  const nodes: Node[] = [];
  const left: number[] = [];
  const stack: Node[] = [root];
  const leaving: number[] = [0];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const isLeft = leaving.pop() ?? 0;
    nodes.push(node);
    left.push(isLeft);
    if (isLeft === 1) continue;
    (node as { type: string }).type = typeNames.get(node.type) ?? node.type;
    stack.push(node);
    leaving.push(1);
    const children = childrenOf(node);
    for (let i = children.length - 1; i >= 0; i -= 1) {
      const child = children[i];
      if (child === undefined) continue;
      stack.push(child);
      leaving.push(0);
    }
  }
  return { nodes, left };
}

export function walk(
  { nodes, left }: Traversal,
  enter: (node: Node) => void,
  leave: (node: Node) => void,
): void {
  nodes.forEach((node, at) => (left[at] === 1 ? leave(node) : enter(node)));
}

export function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const entry of value) if (isNode(entry)) children.push(entry);
    } else if (isNode(value)) children.push(value);
  }
  return children;
}
