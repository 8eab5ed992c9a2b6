/** Which classes of a bundle have a `this` that no other class shares. */
import { functionTypes, namesIn } from './scopes.ts';
import { nodeOf, nodesOf, textOf, type Node, type Tree } from './tree.ts';

const classes = new Set(['ClassDeclaration', 'ClassExpression']);

/**
 * Those that inherit nothing, and whose name is only asked for an instance, a static member, or `instanceof`: handed on
 * under another name, inherited from or opened by its prototype, a class may lend what it holds to any other.
 */
export function classesApart({ nodes, parents, ends }: Tree): ReadonlySet<Node> {
  const found: Candidate[] = [];
  const around = new Int32Array(nodes.length).fill(-1);
  const declared = new Map<number, Set<string>>();
  nodes.forEach((node, at) => {
    const up = parents[at] as number;
    const parent = nodes[up];
    if (up >= 0) around[at] = functionTypes.has(parent?.type ?? '') ? up : (around[up] as number);
    const within = functionTypes.has(node.type) ? at : (around[at] as number);
    const names = declaredBy(node);
    if (names.length > 0) addTo(declared, within, names);
    if (!classes.has(node.type) || nodeOf(node, 'superClass') !== undefined) return;
    const outer = nameOf(node, parent);
    const inner = node.type === 'ClassExpression' ? textOf(nodeOf(node, 'id'), 'name') : undefined;
    if (outer !== undefined) found.push({ node, at, end: ends[at] as number, outer, inner, is: true });
  });
  const named = new Map<string, Candidate[]>();
  for (const one of found)
    for (const name of new Set([one.outer, one.inner ?? one.outer])) {
      const same = named.get(name);
      if (same === undefined) named.set(name, [one]);
      else same.push(one);
    }
  let left = mostSteps;
  nodes.forEach((node, at) => {
    const name = node.type === 'Identifier' ? (textOf(node, 'name') ?? '') : '';
    const meant = named.get(name);
    if (meant === undefined || isPlainUse(node, nodes[parents[at] as number])) return;
    for (const one of meant) {
      if ((left -= 1) < 0) return;
      if (!one.is || (one.outer !== name && (at <= one.at || at >= one.end))) continue;
      one.is = one.outer !== name && isDeclaredInside(name, around[at] as number, one.at);
    }
  });
  if (left < 0) return new Set();
  // Which of several is meant is not looked for.
  const outers = new Map<string, number>();
  for (const { outer } of found) outers.set(outer, (outers.get(outer) ?? 0) + 1);
  return new Set(found.flatMap(({ node, outer, is }) => (is && outers.get(outer) === 1 ? [node] : [])));

  /** A function between the class and the place has a name like that of its own. */
  function isDeclaredInside(name: string, from: number, classAt: number): boolean {
    for (let at = from; at > classAt; at = around[at] as number) {
      if (declared.get(at)?.has(name) === true) return true;
      if ((left -= 1) < 0) return false;
    }
    return false;
  }
}

function addTo(sets: Map<number, Set<string>>, key: number, names: readonly string[]): void {
  const known = sets.get(key) ?? new Set();
  for (const name of names) known.add(name);
  sets.set(key, known);
}

/** Hostile code makes more work than it is worth: then all classes share one `this`. */
const mostSteps = 5_000_000;

interface Candidate {
  readonly node: Node;
  /** Its place among the nodes, and that behind its last. */
  readonly at: number;
  readonly end: number;
  readonly outer: string;
  /** `class e {}` is called so in itself alone. */
  readonly inner: string | undefined;
  is: boolean;
}

function declaredBy(node: Node): readonly string[] {
  if (node.type === 'VariableDeclarator') return namesIn(nodeOf(node, 'id'));
  if (node.type === 'CatchClause') return namesIn(nodeOf(node, 'param'));
  return functionTypes.has(node.type) ? nodesOf(node, 'params').flatMap(namesIn) : [];
}

/** `class A {}`, `const A = class {}`; of others it is not known. */
function nameOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'ClassDeclaration') return textOf(nodeOf(node, 'id'), 'name');
  const target = parent?.type === 'VariableDeclarator' ? nodeOf(parent, 'id') : undefined;
  return target?.type === 'Identifier' ? textOf(target, 'name') : undefined;
}

function isPlainUse(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  switch (parent.type) {
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'VariableDeclarator':
      return nodeOf(parent, 'id') === node;
    case 'NewExpression':
      return nodeOf(parent, 'callee') === node;
    case 'ExportSpecifier':
      return true;
    case 'BinaryExpression':
      return textOf(parent, 'operator') === 'instanceof';
    case 'MemberExpression': {
      const isComputed = (parent as unknown as { computed?: boolean }).computed === true;
      if (nodeOf(parent, 'object') !== node) return !isComputed;
      return !isComputed && textOf(nodeOf(parent, 'property'), 'name') !== 'prototype';
    }
    default:
      return false;
  }
}
