/** What the names of a file stand for: dotted paths of imports, constants, and kinds of data. */
import type { Signal } from '../signals.ts';
import { signalsInString } from '../text-signals.ts';
import { meaningOf, moduleName, type Tag } from './calls.ts';
import { fold, type Decoder, type Folded } from './fold.ts';
import { functionTypes, namesIn, type Scopes } from './scopes.ts';
import { childrenOf, nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export interface Names {
  readonly scopes: Scopes;
  /** By key: the dotted path that a variable stands for. */
  readonly paths: Map<string, string>;
  readonly constants: Map<string, Folded>;
  readonly lists: Map<string, readonly string[]>;
  readonly decoders: Map<string, Decoder>;
  readonly tags: Map<string, Set<Tag>>;
}

export function foldHere(state: Names, node: Node | undefined): Folded | undefined {
  const { scopes, constants, lists, decoders } = state;
  return fold(node, {
    text: (name) => constants.get(scopes.keyOf(name)),
    number: () => undefined,
    list: (name) => lists.get(scopes.keyOf(name)),
    decoder: (name) => decoders.get(scopes.keyOf(name)),
  });
}

/** The dotted path of an expression, with imports resolved; undefined where it has none. */
export function pathOf(state: Names, node: Node | undefined, depth = 0): string | undefined {
  if (node === undefined || depth > 30) return undefined;
  switch (node.type) {
    case 'Identifier': {
      const name = textOf(node, 'name') ?? '';
      return state.paths.get(state.scopes.keyOf(name)) ?? name;
    }
    case 'ThisExpression':
      return 'this';
    case 'ChainExpression':
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
      return pathOf(state, nodeOf(node, 'expression'), depth + 1);
    case 'AwaitExpression':
      return pathOf(state, nodeOf(node, 'argument'), depth + 1);
    case 'SequenceExpression':
      return pathOf(state, nodesOf(node, 'expressions').at(-1), depth + 1);
    case 'LogicalExpression':
      return pathOf(state, nodeOf(node, 'left'), depth + 1);
    case 'MemberExpression':
      return memberPath(state, node, depth);
    case 'ImportExpression': {
      const name = foldHere(state, nodeOf(node, 'source'))?.text;
      return name === undefined ? undefined : moduleName(name);
    }
    case 'CallExpression':
      return callPath(state, node, depth);
    default:
      return undefined;
  }
}

const globals = new Set(['globalThis', 'global', 'window', 'self']);

function memberPath(state: Names, node: Node, depth: number): string | undefined {
  const property = nodeOf(node, 'property');
  const computed = (node as unknown as { computed?: boolean }).computed === true;
  const name = computed ? foldHere(state, property)?.text : textOf(property, 'name');
  const object = pathOf(state, nodeOf(node, 'object'), depth + 1);
  if (name === undefined || object === undefined) return undefined;
  if (globals.has(object)) return name;
  return name === 'default' ? object : `${object}.${name}`;
}

function callPath(state: Names, node: Node, depth: number): string | undefined {
  const callee = pathOf(state, nodeOf(node, 'callee'), depth + 1);
  const [first] = nodesOf(node, 'arguments');
  if (callee === undefined) return undefined;
  if (isRequire(callee)) {
    const name = foldHere(state, first)?.text;
    return name === undefined ? undefined : moduleName(name);
  }
  if (/(?:^|\.)(?:promisify|__importDefault|__importStar|__toESM|_interopRequire\w+)$/.test(callee)) {
    return pathOf(state, first, depth + 1);
  }
  return undefined;
}

export function isRequire(path: string): boolean {
  return (
    path === 'require' ||
    path.endsWith('.require') ||
    path === 'process.getBuiltinModule' ||
    path === '__require'
  );
}

export function learn(state: Names, node: Node): void {
  if (node.type === 'VariableDeclarator') return bind(state, nodeOf(node, 'id'), nodeOf(node, 'init'));
  if (node.type === 'AssignmentExpression') {
    const left = nodeOf(node, 'left');
    if (left?.type === 'MemberExpression')
      addTags(state, rootName(left), tagsOf(state, nodeOf(node, 'right')));
    else bind(state, left, nodeOf(node, 'right'));
    return;
  }
  if (node.type === 'ImportDeclaration') return learnImport(state, node);
  if (node.type === 'FunctionDeclaration')
    return learnDecoder(state, textOf(nodeOf(node, 'id'), 'name'), node);
  if (node.type === 'CallExpression' || node.type === 'NewExpression') learnCallbacks(state, node);
}

function bind(state: Names, target: Node | undefined, value: Node | undefined): void {
  if (target === undefined || value === undefined) return;
  const path = pathOf(state, value);
  if (target.type === 'Identifier') {
    const key = state.scopes.keyOf(textOf(target, 'name') ?? '');
    const folded = foldHere(state, value);
    if (value.type === 'ArrayExpression') learnList(state, key, value);
    else if (functionTypes.has(value.type)) learnDecoder(state, textOf(target, 'name'), value);
    if (path !== undefined) state.paths.set(key, path);
    if (folded !== undefined) state.constants.set(key, folded);
  } else if (target.type === 'ObjectPattern' && path !== undefined) {
    for (const property of nodesOf(target, 'properties')) {
      const name = textOf(nodeOf(property, 'key'), 'name');
      const [local] = namesIn(nodeOf(property, 'value'));
      if (name !== undefined && local !== undefined)
        state.paths.set(state.scopes.keyOf(local), `${path}.${name}`);
    }
  }
  const tags = tagsOf(state, value);
  if (tags.size > 0) for (const name of namesIn(target)) addTags(state, name, tags);
}

function learnList(state: Names, key: string, value: Node): void {
  const texts = nodesOf(value, 'elements')
    .slice(0, 5000)
    .map((element) => foldHere(state, element)?.text);
  if (texts.length > 1 && texts.every((text) => text !== undefined)) state.lists.set(key, texts);
}

/** The scope at hand may be the function's own: its name is found from there as well. */
function learnDecoder(state: Names, name: string | undefined, node: Node): void {
  const [parameter] = nodesOf(node, 'params');
  const body = nodeOf(node, 'body');
  const last = body?.type === 'BlockStatement' ? nodesOf(body, 'body').at(-1) : undefined;
  const returns =
    body?.type === 'BlockStatement'
      ? last?.type === 'ReturnStatement'
        ? nodeOf(last, 'argument')
        : undefined
      : body;
  const parameterName = parameter?.type === 'Identifier' ? textOf(parameter, 'name') : undefined;
  if (name === undefined || parameterName === undefined || returns === undefined) return;
  if (returns.type !== 'CallExpression' && returns.type !== 'MemberExpression') return;
  state.decoders.set(state.scopes.keyOf(name), { parameter: parameterName, returns });
  if (tagsOf(state, returns).has('decoded')) addTags(state, name, new Set(['decoded']));
}

function learnImport(state: Names, node: Node): void {
  const specifier = foldHere(state, nodeOf(node, 'source'))?.text;
  if (specifier === undefined) return;
  const path = moduleName(specifier);
  for (const one of nodesOf(node, 'specifiers')) {
    const local = textOf(nodeOf(one, 'local'), 'name');
    const imported = textOf(nodeOf(one, 'imported'), 'name');
    if (local === undefined) continue;
    const whole = imported === undefined || imported === 'default';
    state.paths.set(state.scopes.keyOf(local), whole ? path : `${path}.${imported}`);
  }
}

/** What a request answers reaches the parameters of its callbacks. */
function learnCallbacks(state: Names, node: Node): void {
  const callee = nodeOf(node, 'callee');
  const path = pathOf(state, callee);
  const gives = path === undefined ? undefined : meaningOf(path)?.gives;
  const object = callee?.type === 'MemberExpression' ? nodeOf(callee, 'object') : undefined;
  const method = callee?.type === 'MemberExpression' ? textOf(nodeOf(callee, 'property'), 'name') : undefined;
  const of =
    object === undefined || !/^(?:then|on|once|pipe|catch)$/.test(method ?? '')
      ? noTags
      : tagsOf(state, object);
  const downloads =
    gives === 'downloaded' || gives === 'request' || of.has('downloaded') || of.has('request');
  const given = new Set<Tag>([
    ...(downloads ? ['downloaded' as const] : []),
    ...(of.has('decoded') ? ['decoded' as const] : []),
  ]);
  if (given.size === 0) return;
  for (const argument of nodesOf(node, 'arguments')) {
    if (!functionTypes.has(argument.type)) continue;
    state.scopes.enter(argument);
    for (const parameter of nodesOf(argument, 'params'))
      for (const name of namesIn(parameter)) addTags(state, name, given);
    state.scopes.leave(argument);
  }
}

function rootName(node: Node): string | undefined {
  let at: Node | undefined = node;
  for (let steps = 0; at?.type === 'MemberExpression' && steps < 100; steps += 1) at = nodeOf(at, 'object');
  return at?.type === 'Identifier' ? textOf(at, 'name') : undefined;
}

function addTags(state: Names, name: string | undefined, tags: ReadonlySet<Tag>): void {
  if (name === undefined || tags.size === 0) return;
  const key = state.scopes.keyOf(name);
  const known = state.tags.get(key) ?? new Set<Tag>();
  for (const tag of tags) known.add(tag);
  state.tags.set(key, known);
}

const noTags: ReadonlySet<Tag> = new Set();
const credentialSignals = new Set<Signal>([
  'credential-files',
  'npm-credentials',
  'browser-stores',
  'wallet-files',
]);

/** Kinds of data in an expression, without what lies in functions inside it. At most 400 nodes are looked at. */
export function tagsOf(state: Names, node: Node | undefined): ReadonlySet<Tag> {
  if (node === undefined) return noTags;
  const tags = new Set<Tag>();
  const waiting: Node[] = [node];
  for (let steps = 0; waiting.length > 0 && steps < 400; steps += 1) {
    const at = waiting.pop();
    if (at === undefined || functionTypes.has(at.type)) continue;
    if (at.type === 'Identifier')
      for (const tag of state.tags.get(state.scopes.keyOf(textOf(at, 'name') ?? '')) ?? []) tags.add(tag);
    if (at.type === 'Literal' || at.type === 'TemplateLiteral') {
      const text = foldHere(state, at)?.text ?? '';
      if (text.length < 300 && signalsInString(text).some(({ signal }) => credentialSignals.has(signal)))
        tags.add('credentials');
    }
    if (at.type === 'CallExpression' || at.type === 'NewExpression') {
      const path = pathOf(state, nodeOf(at, 'callee'));
      const gives = path === undefined ? undefined : meaningOf(path)?.gives;
      if (gives !== undefined) tags.add(gives);
      if (path === 'Buffer.from' && isEncoding(foldHere(state, nodesOf(at, 'arguments')[1])?.text))
        tags.add('decoded');
    }
    if (at.type === 'MemberExpression') {
      const path = pathOf(state, at);
      if (path === 'process.env') tags.add('environment');
      if (path?.startsWith('process.env.') === true) {
        continue;
      }
    }
    waiting.push(...childrenOf(at));
  }
  return tags;
}

function isEncoding(text: string | undefined): boolean {
  return text === 'base64' || text === 'hex' || text === 'base64url';
}
