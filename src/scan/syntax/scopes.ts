/** Names by the function that declares them. Blocks are taken for part of their function. */
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export interface Scope {
  readonly id: number;
  readonly parent: Scope | undefined;
  readonly names: Set<string>;
  readonly keys: Map<string, string>;
}

export interface Scopes {
  readonly current: () => Scope;
  readonly enter: (node: Node) => void;
  readonly leave: (node: Node) => void;
  /** All names are declared: from now on they are looked up. */
  readonly declared: () => void;
  /** Runs as if inside of a function that was entered before. */
  readonly within: (node: Node, run: () => void) => void;
  /** The name with the number of the function that declares it: equal for equal variables. */
  readonly keyOf: (name: string) => string;
  /** Of `obj#start`: the key of `this` in a class that has one of its own. */
  readonly thisOf: (path: string) => string | undefined;
}

export const functionTypes: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);

/** Walked twice in the same order: the first walk declares, the second one looks up. `apart`: classes with a `this` of
 * their own. */
export function createScopes(apart: ReadonlySet<Node> = new Set()): Scopes {
  const root: Scope = { id: 0, parent: undefined, names: new Set(), keys: new Map() };
  const byNode = new Map<Node, Scope>();
  let scope = root;
  let count = 0;
  let declaring = true;
  const instances = new Map<string, string>();
  const isScope = (node: Node): boolean => functionTypes.has(node.type) || apart.has(node);
  return {
    current: () => scope,
    enter: (node) => {
      if (declaring && node.type === 'VariableDeclarator')
        for (const name of namesIn(nodeOf(node, 'id'))) scope.names.add(name);
      if (!isScope(node)) return;
      const isClass = !functionTypes.has(node.type);
      const own = isClass ? undefined : textOf(nodeOf(node, 'id'), 'name');
      if (own !== undefined) scope.names.add(own);
      let inner = byNode.get(node);
      if (inner === undefined) {
        count += 1;
        inner = {
          id: count,
          parent: scope,
          names: new Set(isClass ? ['this'] : nodesOf(node, 'params').flatMap(namesIn)),
          keys: new Map(),
        };
        if (isClass) instances.set(`obj#${node.start}`, `${count}:this`);
        byNode.set(node, inner);
      }
      scope = inner;
    },
    leave: (node) => {
      if (isScope(node)) scope = scope.parent ?? root;
    },
    declared: () => {
      declaring = false;
    },
    within: (node, run) => {
      const outer = scope;
      scope = byNode.get(node) ?? scope;
      run();
      scope = outer;
    },
    keyOf: (name) => {
      const known = scope.keys.get(name);
      if (known !== undefined) return known;
      let at: Scope | undefined = scope;
      while (at !== undefined && !at.names.has(name)) at = at.parent;
      const key = `${at?.id ?? 0}:${name}`;
      if (!declaring) scope.keys.set(name, key);
      return key;
    },
    thisOf: (path) => instances.get(path),
  };
}

/** All names that a pattern binds. */
export function namesIn(pattern: Node | undefined): readonly string[] {
  const names: string[] = [];
  const waiting: (Node | undefined)[] = [pattern];
  for (let steps = 0; waiting.length > 0 && steps < 10_000; steps += 1) {
    const node = waiting.pop();
    if (node === undefined) continue;
    if (node.type === 'Identifier') names.push(textOf(node, 'name') ?? '');
    else if (node.type === 'ObjectPattern')
      for (const property of nodesOf(node, 'properties'))
        waiting.push(nodeOf(property, 'value') ?? nodeOf(property, 'argument'));
    else if (node.type === 'ArrayPattern') waiting.push(...nodesOf(node, 'elements'));
    else if (node.type === 'AssignmentPattern') waiting.push(nodeOf(node, 'left'));
    else if (node.type === 'RestElement') waiting.push(nodeOf(node, 'argument'));
  }
  return names;
}
