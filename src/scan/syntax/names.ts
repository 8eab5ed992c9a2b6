/** What the names of a file stand for: dotted paths of imports, of functions and objects of the file, and constants. */
import { isHideable, meaningOf, moduleName, type Tag } from './calls.ts';
import type { Constants, Decoder, Folded, Value } from './constants.ts';
import { fold } from './fold.ts';
import type { Scopes } from './scopes.ts';
import type { LoanTo } from './loan.ts';
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export interface Returned {
  tags: ReadonlySet<Tag>;
  path: string | undefined;
}

export interface Names {
  readonly scopes: Scopes;
  /** By key: the dotted path that a variable stands for. */
  readonly paths: Map<string, string>;
  /** By path: what a property of an object of this file stands for. */
  readonly members: Map<string, string>;
  readonly memberTexts: Map<string, Folded>;
  readonly constants: Map<string, Folded>;
  readonly lists: Map<string, readonly Value[]>;
  readonly decoders: Map<string, Decoder>;
  readonly tags: Map<string, Set<Tag>>;
  /** Functions of this file by their path, `fn#` and where they begin. */
  readonly functions: Map<string, Node>;
  readonly returns: Map<string, Returned>;
  readonly budget: { left: number };
  /** Specifiers of the files of data that are read. */
  readonly dataFiles: Set<string>;
  readonly loans: Map<string, LoanTo>;
  /** By path and name: their path together. The same text each time, which is found soonest in a map. */
  readonly joined: Map<string, Map<string, string>>;
  /** What was found out since something was learned last. */
  readonly kept: Kept;
}

interface Kept {
  readonly paths: Map<Node, string | undefined>;
  readonly texts: Map<Node, Folded | undefined>;
  readonly tags: Map<Node, ReadonlySet<Tag>>;
}

export const mostKept = 100_000;

/** Something was learned: what was found out before may be otherwise now. */
export function forget({ kept }: Names): void {
  if (kept.paths.size > 0) kept.paths.clear();
  if (kept.texts.size > 0) kept.texts.clear();
  if (kept.tags.size > 0) kept.tags.clear();
}

export function constantsOf(state: Names): Constants {
  const { scopes, constants, lists, decoders, memberTexts } = state;
  return {
    text: (name) => constants.get(scopes.keyOf(name)),
    number: () => undefined,
    list: (name) => lists.get(scopes.keyOf(name)),
    member: (node) => (memberTexts.size === 0 ? undefined : memberTexts.get(pathOf(state, node) ?? '')),
    decoder: (name) => decoders.get(scopes.keyOf(name)),
    fold,
    budget: state.budget,
  };
}

export function foldHere(state: Names, node: Node | undefined): Folded | undefined {
  if (node === undefined || neverText.has(node.type)) return undefined;
  const { kept } = state;
  if (node.type === 'Literal' || node.type === 'Identifier') return fold(node, constantsOf(state));
  const known = kept.texts.get(node);
  if (known !== undefined || kept.texts.has(node)) return known;
  const folded = fold(node, constantsOf(state));
  if (kept.texts.size >= mostKept) kept.texts.clear();
  kept.texts.set(node, folded);
  return folded;
}

const neverText = new Set([
  'ObjectExpression',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'UnaryExpression',
]);

const maxDepth = 30;

/** The dotted path of an expression, with imports resolved; undefined where it has none. */
export function pathOf(state: Names, node: Node | undefined, depth = 0): string | undefined {
  if (node === undefined || depth > maxDepth || state.budget.left <= 0) return undefined;
  state.budget.left -= 1;
  if (node.type === 'Identifier') return nameHere(state, textOf(node, 'name') ?? '');
  const { kept } = state;
  if (!keptTypes.has(node.type)) return freshPath(state, node, depth);
  const known = kept.paths.get(node);
  if (known !== undefined || kept.paths.has(node)) return known;
  const path = freshPath(state, node, depth);
  if (kept.paths.size >= mostKept) kept.paths.clear();
  kept.paths.set(node, path);
  return path;
}

/** Others are found out as fast as they are looked up. */
const keptTypes = new Set(['MemberExpression', 'CallExpression', 'NewExpression', 'AssignmentExpression']);

function nameHere(state: Names, name: string): string {
  return state.paths.get(state.scopes.keyOf(name)) ?? name;
}

function freshPath(state: Names, node: Node, depth: number): string | undefined {
  const next = (inner: Node | undefined): string | undefined => pathOf(state, inner, depth + 1);
  switch (node.type) {
    case 'Literal':
      return undefined;
    case 'MemberExpression':
      return memberPath(state, node, depth);
    case 'CallExpression':
      return callPath(state, node, depth);
    case 'ThisExpression':
      return 'this';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return `fn#${node.start}`;
    case 'ArrayExpression':
    case 'ClassExpression':
    case 'ClassDeclaration':
      return `obj#${node.start}`;
    case 'ObjectExpression':
      return copied(state, node, depth) ?? `obj#${node.start}`;
    case 'ChainExpression':
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
      return next(nodeOf(node, 'expression'));
    case 'AwaitExpression':
      return next(nodeOf(node, 'argument'));
    case 'SequenceExpression':
      return next(nodesOf(node, 'expressions').at(-1));
    case 'LogicalExpression':
      return better(next(nodeOf(node, 'left')), next(nodeOf(node, 'right')));
    case 'ConditionalExpression':
      return better(next(nodeOf(node, 'consequent')), next(nodeOf(node, 'alternate')));
    case 'AssignmentExpression':
      return textOf(node, 'operator') === '=' ? next(nodeOf(node, 'right')) : undefined;
    case 'ImportExpression': {
      const name = foldHere(state, nodeOf(node, 'source'))?.text;
      return name === undefined ? undefined : moduleIn(name);
    }
    case 'NewExpression': {
      const made = next(nodeOf(node, 'callee'));
      return made === 'Proxy' ? next(nodesOf(node, 'arguments')[0]) : made;
    }
    default:
      return undefined;
  }
}

/** Which of two a name rather stands for: one that says something. */
export function better(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return weight(other) > weight(one) ? other : one;
}

const weights = new Map<string, number>();
const mostWeights = 20_000;

function weight(path: string): number {
  const before = weights.get(path);
  if (before !== undefined) return before;
  // Paths are the attacker's: what is remembered is bounded.
  if (weights.size >= mostWeights) weights.clear();
  const is = freshWeight(path);
  weights.set(path, is);
  return is;
}

function freshWeight(path: string): number {
  if (isRequire(path) || meaningOf(path) !== undefined || path === 'process.env') return 3;
  const [root = ''] = path.split('.', 1);
  if (isHideable(root) || root === 'process') return 2;
  return path.startsWith('fn#') || path.startsWith('obj#') ? 1 : 0;
}

/** `{ ...fs }`, which has what `fs` has. */
function copied(state: Names, node: Node, depth: number): string | undefined {
  const properties = nodesOf(node, 'properties');
  const [only] = properties;
  if (properties.length !== 1 || only?.type !== 'SpreadElement') return undefined;
  return pathOf(state, nodeOf(only, 'argument'), depth + 1);
}

const globals = new Set(['globalThis', 'global', 'window', 'self']);

function memberPath(state: Names, node: Node, depth: number): string | undefined {
  const object = pathOf(state, nodeOf(node, 'object'), depth + 1);
  const name = object === undefined ? undefined : propertyName(state, node);
  if (name === undefined || object === undefined) return undefined;
  if (globals.has(object)) return name;
  if (name === 'default') return object;
  const path = pathWith(state, object, name);
  return state.members.get(path) ?? path;
}

/** `object.name`. */
export function pathWith(state: Names, object: string, name: string): string {
  let names = state.joined.get(object);
  if (names === undefined) state.joined.set(object, (names = new Map()));
  let path = names.get(name);
  if (path === undefined) names.set(name, (path = `${object}.${name}`));
  return path;
}

/** Of `a.b`, `a['b']`, `a[0]`. */
export function propertyName(state: Names, node: Node): string | undefined {
  const property = nodeOf(node, 'property');
  if ((node as unknown as { computed?: boolean }).computed !== true) return textOf(property, 'name');
  const value = (property as unknown as { value?: unknown } | undefined)?.value;
  return typeof value === 'number' ? String(value) : foldHere(state, property)?.text.slice(0, 100);
}

function callPath(state: Names, node: Node, depth: number): string | undefined {
  const callee = pathOf(state, nodeOf(node, 'callee'), depth + 1);
  if (callee === undefined) return undefined;
  const args = nodesOf(node, 'arguments');
  const argument = (at: number): string | undefined => pathOf(state, args[at], depth + 1);
  if (isRequire(callee)) {
    const name = foldHere(state, args[0])?.text;
    return name === undefined ? undefined : moduleIn(name);
  }
  if (callee.startsWith('fn#')) return state.returns.get(callee)?.path;
  if (callee === 'module.createRequire' || callee === 'createRequire') return 'require';
  if (callee === 'Reflect.get') {
    const object = argument(0);
    const name = foldHere(state, args[1])?.text;
    if (object === undefined || name === undefined) return undefined;
    return globals.has(object) ? name : `${object}.${name}`;
  }
  if (callee === 'Object.assign') return args.map((_, at) => argument(at)).reduce(better, undefined);
  if (callee.endsWith('.bind')) return callee.slice(0, -'.bind'.length);
  if (
    /(?:^|\.)(?:promisify|__importDefault|__importStar|__toESM|_interopRequire\w+)$|^Object\.(?:create|freeze)$/.test(
      callee,
    )
  )
    return argument(0);
  return undefined;
}

/** Of a name that was given several texts, the one that says something. */
export function moduleIn(text: string): string {
  const names = text.slice(0, 2000).split('\n').map(moduleName);
  return names.find(isHideable) ?? names[0] ?? '';
}

export function isRequire(path: string): boolean {
  return (
    path === 'require' ||
    path.endsWith('.require') ||
    path === 'process.getBuiltinModule' ||
    path === '__require' ||
    path === 'module._load' ||
    path === 'module.constructor._load'
  );
}
