/** The environment as an argument: lent to a function of another file, which may read single variables of it alone. */
import { secretVendor } from './data.ts';
import type { Loan, LoanTo } from './loan.ts';
import { pathOf, type Names } from './names.ts';
import { functionTypes, namesIn } from './scopes.ts';
import { nodeOf, nodesIn, nodesOf, textOf, type Node } from './tree.ts';

const mostLoans = 50;

/** Arguments of a call that are lent, which the call remembers: what comes back is judged by the other file. */
export function lentBy(state: Names, call: Node): readonly Node[] {
  const callee = nodeOf(call, 'callee');
  if (callee?.type !== 'Identifier') return [];
  const path = pathOf(state, callee) ?? '';
  if (!/^\.{1,2}\//.test(path) || path.length > 300) return [];
  return nodesOf(call, 'arguments').filter((argument, index) => {
    const plain = argument.type === 'Identifier' || argument.type === 'MemberExpression';
    if (!plain || pathOf(state, argument) !== 'process.env' || state.loans.size >= mostLoans) return false;
    const name = textOf(callee, 'name') ?? '';
    state.loans.set(`${name} ${index}`, { name, index });
    return true;
  });
}

/** Undefined where the variable is bound more than once in all of the file, or written to: it could be another. */
export function loanOf(nodes: readonly Node[], { name, index }: LoanTo): Loan | undefined {
  let from: Omit<Loan, 'index'> | undefined;
  let bound = 0;
  for (const node of nodes) {
    if (isWriting(node, name) || isOwn(node, name)) return undefined;
    if (node.type === 'VariableDeclarator' && namesIn(nodeOf(node, 'id')).includes(name)) {
      bound += 1;
      // Of what CommonJS exports only the whole: its properties can be written to from anywhere.
      const specifier =
        nodeOf(node, 'id')?.type === 'Identifier' ? requiredBy(nodeOf(node, 'init')) : undefined;
      from = specifier === undefined ? undefined : { specifier, exported: undefined };
    }
    if (node.type !== 'ImportDeclaration') continue;
    for (const one of nodesOf(node, 'specifiers')) {
      if (textOf(nodeOf(one, 'local'), 'name') !== name) continue;
      bound += 1;
      const specifier = textOf(nodeOf(node, 'source'), 'value');
      const exported = textOf(nodeOf(one, 'imported'), 'name');
      if (specifier === undefined || one.type === 'ImportNamespaceSpecifier') return undefined;
      from = { specifier, exported: exported === 'default' ? undefined : exported };
    }
  }
  return bound === 1 && from !== undefined ? { ...from, index } : undefined;
}

/** The file has a variable of this name. */
export function isBound(nodes: readonly Node[], name: string): boolean {
  return nodes.some(
    (node) =>
      isWriting(node, name) ||
      isOwn(node, name) ||
      (node.type === 'VariableDeclarator' && namesIn(nodeOf(node, 'id')).includes(name)) ||
      (node.type.startsWith('Import') && textOf(nodeOf(node, 'local'), 'name') === name),
  );
}

function isOwn(node: Node, name: string): boolean {
  if (!functionTypes.has(node.type) && !node.type.startsWith('Class')) return false;
  return (
    textOf(nodeOf(node, 'id'), 'name') === name || nodesOf(node, 'params').flatMap(namesIn).includes(name)
  );
}

/** `require('./file')`. */
function requiredBy(node: Node | undefined): string | undefined {
  if (node?.type !== 'CallExpression' || textOf(nodeOf(node, 'callee'), 'name') !== 'require')
    return undefined;
  return textOf(nodesOf(node, 'arguments')[0], 'value');
}

function isWriting(node: Node, name: string): boolean {
  const loop = node.type === 'ForInStatement' || node.type === 'ForOfStatement';
  if (node.type === 'CatchClause') return namesIn(nodeOf(node, 'param')).includes(name);
  if (node.type === 'UpdateExpression') return textOf(nodeOf(node, 'argument'), 'name') === name;
  if (node.type !== 'AssignmentExpression' && !loop) return false;
  const left = nodeOf(node, 'left');
  // Within a pattern, names may stand anywhere.
  return left !== undefined && nodesIn(left).some((inner) => textOf(inner, 'name') === name);
}

const mostVariables = 24;

/**
 * Whether the function that a file exports as `name` (undefined: as the whole module, or by default) reads of its
 * argument nothing but single variables by names that are written there, none of them a secret.
 */
export function readsByName(program: Node, name: string | undefined, index: number): boolean {
  const nodes = nodesIn(program);
  const called = exportedFunction(nodes, name);
  if (called === undefined) return false;
  const parameter = nodesOf(called, 'params')[index];
  const own = parameter?.type === 'Identifier' ? textOf(parameter, 'name') : undefined;
  if (own === undefined) return false;
  // All that a function was given can be had by other names, from a function that it calls, too.
  if (nodes.some((node) => /^(?:arguments|caller|eval)$/.test(textOf(node, 'name') ?? ''))) return false;
  const inside = nodesIn(called);
  const names = new Set<string>();
  const read = new Set<Node>();
  for (const node of inside) {
    if (node.type === 'WithStatement' || node.type.startsWith('JSX')) return false;
    if (node.type !== 'MemberExpression') continue;
    const object = nodeOf(node, 'object');
    if (object?.type !== 'Identifier' || textOf(object, 'name') !== own) continue;
    const variable = variableOf(node);
    if (variable === undefined) return false;
    names.add(variable);
    read.add(object);
  }
  const elsewhere = namesOfProperties(inside);
  for (const node of inside) {
    if (node.type !== 'Identifier' || node === parameter || read.has(node)) continue;
    if (textOf(node, 'name') === own && !elsewhere.has(node)) return false;
  }
  return names.size <= mostVariables && [...names].every(isHarmless);
}

/** `env.valueOf()` is all of it; a secret is worth stealing by itself. */
function isHarmless(variable: string): boolean {
  return !(variable in Object.prototype) && secretVendor(variable) === undefined;
}

function variableOf(member: Node): string | undefined {
  const property = nodeOf(member, 'property');
  const computed = (member as unknown as { computed?: boolean }).computed === true;
  return textOf(property, computed ? 'value' : 'name');
}

/** `url.env`, `{ env: 1 }`: the same word, another thing. */
function namesOfProperties(nodes: readonly Node[]): ReadonlySet<Node> {
  const names = new Set<Node | undefined>();
  for (const node of nodes) {
    const { computed, shorthand } = node as unknown as { computed?: boolean; shorthand?: boolean };
    if (computed === true || shorthand === true) continue;
    if (node.type === 'MemberExpression') names.add(nodeOf(node, 'property'));
    if (node.type === 'Property') names.add(nodeOf(node, 'key'));
  }
  return names as ReadonlySet<Node>;
}

/** Undefined where a file says more than once, or in another way, what it exports. */
function exportedFunction(nodes: readonly Node[], name: string | undefined): Node | undefined {
  const said = nodes.filter((node) => isExport(node, name));
  const [only] = said;
  if (only === undefined || said.length > 1) return undefined;
  if (only.type !== 'AssignmentExpression') return functionOf(nodes, nodeOf(only, 'declaration') ?? only);
  // Nothing else is done with `module` or `exports`.
  const words = nodes.filter(
    (node) => node.type === 'Identifier' && /^(?:module|exports)$/.test(textOf(node, 'name') ?? ''),
  );
  return words.length === 2 && name === undefined ? functionOf(nodes, nodeOf(only, 'right')) : undefined;
}

function isExport(node: Node, name: string | undefined): boolean {
  if (node.type === 'ExportDefaultDeclaration') return name === undefined;
  if (node.type === 'ExportNamedDeclaration') {
    const declared = textOf(nodeOf(nodeOf(node, 'declaration') ?? node, 'id'), 'name');
    // A list of names, or another file's: not followed.
    return declared === undefined || declared === name;
  }
  if (node.type === 'ExportAllDeclaration' || node.type.startsWith('TSExport')) return true;
  if (node.type !== 'AssignmentExpression') return false;
  const left = nodeOf(node, 'left');
  return left?.type === 'MemberExpression' && textOf(nodeOf(left, 'object'), 'name') === 'module';
}

function functionOf(nodes: readonly Node[], node: Node | undefined): Node | undefined {
  if (node === undefined || functionTypes.has(node.type)) return node;
  if (node.type !== 'Identifier') return undefined;
  const name = textOf(node, 'name') ?? '';
  if (nodes.some((one) => isWriting(one, name))) return undefined;
  const named = nodes.filter(
    (one) =>
      (functionTypes.has(one.type) && textOf(nodeOf(one, 'id'), 'name') === name) ||
      (one.type === 'VariableDeclarator' && namesIn(nodeOf(one, 'id')).includes(name)),
  );
  const [only] = named;
  if (only === undefined || named.length > 1) return undefined;
  const is = only.type === 'VariableDeclarator' ? nodeOf(only, 'init') : only;
  return is !== undefined && functionTypes.has(is.type) ? is : undefined;
}
