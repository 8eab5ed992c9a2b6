/** Learns what names stand for, from one node after the other: declarations, assignments, imports, calls of own functions. */
import { meaningOf, moduleName, type Tag } from './calls.ts';
import type { Folded } from './constants.ts';
import { returnedBy, valuesOf } from './fold-values.ts';
import {
  better,
  constantsOf,
  foldHere,
  forget,
  isRequire,
  pathOf,
  pathWith,
  propertyName,
  type Names,
} from './names.ts';
import { functionTypes, namesIn } from './scopes.ts';
import { addTags, addTagsTo, noTags, rootName, tagsOf, union } from './tags.ts';
import { nodeOf, nodesIn, nodesOf, textOf, type Node } from './tree.ts';

/** Of which `learn` can learn something; and functions. */
export const learnedTypes: ReadonlySet<string> = new Set([
  'VariableDeclarator',
  'AssignmentExpression',
  'ForInStatement',
  'ForOfStatement',
  'ImportDeclaration',
  'ReturnStatement',
  'ObjectExpression',
  'ArrayExpression',
  'ClassDeclaration',
  'ClassExpression',
  'CallExpression',
  'NewExpression',
]);

/** `inside`: the functions around the node, the innermost last; a function is inside of itself. */
export function learn(state: Names, node: Node, inside: readonly Node[]): void {
  if (functionTypes.has(node.type)) learnFunction(state, node);
  switch (node.type) {
    case 'VariableDeclarator':
      return bind(state, nodeOf(node, 'id'), nodeOf(node, 'init'), 'declared');
    case 'AssignmentExpression':
      return learnAssignment(state, node);
    case 'ForInStatement':
    case 'ForOfStatement':
      return learnLoop(state, node);
    case 'ImportDeclaration':
      return learnImport(state, node);
    case 'ReturnStatement':
      return learnReturn(state, inside.at(-1), nodeOf(node, 'argument'));
    case 'ObjectExpression':
      return learnObject(state, node);
    case 'ArrayExpression':
      return nodesOf(node, 'elements')
        .slice(0, 100)
        .forEach((element, at) => learnMember(state, `obj#${node.start}.${at}`, element));
    case 'ClassDeclaration':
    case 'ClassExpression':
      return learnClass(state, node);
    case 'CallExpression':
    case 'NewExpression':
      learnCall(state, node);
      return learnCallbacks(state, node);
    default:
  }
}

function learnFunction(state: Names, node: Node): void {
  const path = `fn#${node.start}`;
  if (state.functions.get(path) !== node) {
    state.functions.set(path, node);
    forget(state);
  }
  const own = textOf(nodeOf(node, 'id'), 'name');
  if (own !== undefined) {
    setPath(state, state.scopes.keyOf(own), path);
    learnDecoder(state, own, node);
  }
  const body = nodeOf(node, 'body');
  if (body !== undefined && body.type !== 'BlockStatement') learnReturn(state, node, body);
}

function learnReturn(state: Names, of: Node | undefined, value: Node | undefined): void {
  if (of === undefined || value === undefined) return;
  const key = `fn#${of.start}`;
  const known = state.returns.get(key) ?? { tags: noTags, path: undefined };
  const tags = union(known.tags, tagsOf(state, value));
  const path = better(known.path, pathOf(state, value));
  if (tags.size === known.tags.size && path === known.path) return;
  state.returns.set(key, { tags, path });
  forget(state);
}

function learnAssignment(state: Names, node: Node): void {
  const left = nodeOf(node, 'left');
  const right = nodeOf(node, 'right');
  if (left?.type !== 'MemberExpression')
    return bind(state, left, right, textOf(node, 'operator') === '+=' ? 'appended' : 'assigned');
  addTags(state, rootName(left), tagsOf(state, right));
  const object = pathOf(state, nodeOf(left, 'object'));
  const name = propertyName(state, left);
  if (object !== undefined && name !== undefined) learnMember(state, pathWith(state, object, name), right);
}

/** What is known of others' modules stays: a program may well replace `fs.readFile` by itself. */
function learnMember(state: Names, path: string, value: Node | undefined): void {
  if (value === undefined || path.length > 200 || meaningOf(path) !== undefined || isRequire(path)) return;
  if (path.startsWith('process.')) return;
  const is = better(state.members.get(path), pathOf(state, value));
  const text = foldHere(state, value);
  if (is !== undefined && is !== path && state.members.get(path) !== is) {
    state.members.set(path, is);
    forget(state);
  }
  if (text === undefined || isSame(state.memberTexts.get(path), text)) return;
  state.memberTexts.set(path, text);
  forget(state);
}

function learnObject(state: Names, node: Node): void {
  for (const property of nodesOf(node, 'properties').slice(0, 500)) {
    const key = nodeOf(property, 'key');
    const name = textOf(key, 'name') ?? foldHere(state, key)?.text;
    if (name !== undefined) learnMember(state, `obj#${node.start}.${name}`, nodeOf(property, 'value'));
  }
}

function learnClass(state: Names, node: Node): void {
  const path = `obj#${node.start}`;
  const own = textOf(nodeOf(node, 'id'), 'name');
  if (own !== undefined) setPath(state, state.scopes.keyOf(own), path);
  const body = nodeOf(node, 'body');
  for (const member of body === undefined ? [] : nodesOf(body, 'body').slice(0, 500)) {
    const name = textOf(nodeOf(member, 'key'), 'name');
    if (name === undefined) continue;
    learnMember(state, `${path}.${name}`, nodeOf(member, 'value'));
    learnMember(state, `this.${name}`, nodeOf(member, 'value'));
    if (member.type === 'PropertyDefinition') addTags(state, 'this', tagsOf(state, nodeOf(member, 'value')));
  }
}

type How = 'declared' | 'assigned' | 'appended' | 'given';

function bind(state: Names, target: Node | undefined, value: Node | undefined, how: How): void {
  if (target === undefined || value === undefined) return;
  const path = pathOf(state, value);
  if (target.type === 'Identifier') {
    const name = textOf(target, 'name') ?? '';
    const key = state.scopes.keyOf(name);
    if (functionTypes.has(value.type)) learnDecoder(state, name, value);
    else learnList(state, key, value);
    bindPath(state, key, path);
    bindText(state, key, foldHere(state, value), how);
  } else if (path !== undefined) bindPattern(state, target, path);
  const tags = tagsOf(state, value);
  if (tags.size > 0) for (const name of namesIn(target)) addTags(state, name, tags);
}

function bindPath(state: Names, key: string, path: string | undefined): void {
  const is = better(state.paths.get(key), path);
  if (is !== undefined) setPath(state, key, is);
}

function setPath(state: Names, key: string, path: string): void {
  if (state.paths.get(key) === path) return;
  state.paths.set(key, path);
  forget(state);
}

function isSame(one: Folded | undefined, other: Folded): boolean {
  return (
    one !== undefined &&
    one.text === other.text &&
    one.decoded === other.decoded &&
    one.partial === other.partial
  );
}

const longestJoined = 4000;

/** A variable that was given several texts stands for each of them: a line each. */
function bindText(state: Names, key: string, folded: Folded | undefined, how: How): void {
  if (folded === undefined) return;
  const known = state.constants.get(key);
  const decoded = folded.decoded || known?.decoded === true;
  const set = (to: Folded): void => {
    if (isSame(known, to)) return;
    state.constants.set(key, to);
    forget(state);
  };
  if (how === 'declared' || known === undefined) set(folded);
  else if (how === 'appended') set({ text: (known.text + folded.text).slice(0, longestJoined), decoded });
  else if (!known.text.split('\n').includes(folded.text) && known.text.length < longestJoined)
    set({ text: `${known.text}\n${folded.text}`, decoded });
}

/** `{ exec }`, `{ exec: run = null }`, `{ promises: { readFile } }`, `[first]`. */
function bindPattern(state: Names, pattern: Node, path: string, depth = 0): void {
  if (depth > 20) return;
  const bindTo = (target: Node | undefined, inner: string): void => {
    const at = target?.type === 'AssignmentPattern' ? nodeOf(target, 'left') : target;
    const is = state.members.get(inner) ?? inner;
    if (at?.type === 'Identifier') bindPath(state, state.scopes.keyOf(textOf(at, 'name') ?? ''), is);
    else if (at !== undefined) bindPattern(state, at, is, depth + 1);
  };
  if (pattern.type === 'ArrayPattern')
    nodesOf(pattern, 'elements').forEach((element, at) => bindTo(element, `${path}.${at}`));
  if (pattern.type !== 'ObjectPattern') return;
  const isGlobal = path === 'globalThis' || path === 'global' || path === 'window';
  for (const property of nodesOf(pattern, 'properties')) {
    const key = nodeOf(property, 'key');
    const computed = (property as unknown as { computed?: boolean }).computed === true;
    const name = (computed ? undefined : textOf(key, 'name')) ?? foldHere(state, key)?.text;
    if (name === 'default') bindTo(nodeOf(property, 'value'), path);
    else if (name !== undefined)
      bindTo(nodeOf(property, 'value'), isGlobal ? name : pathWith(state, path, name));
  }
}

function learnList(state: Names, key: string, value: Node): void {
  if (value.type !== 'ArrayExpression' && value.type !== 'CallExpression' && value.type !== 'NewExpression')
    return;
  const values = valuesOf(value, constantsOf(state));
  if (values === undefined || values.length <= 1) return;
  state.lists.set(key, values);
  forget(state);
}

/** The scope at hand may be the function's own: its name is found from there as well. */
function learnDecoder(state: Names, name: string, node: Node): void {
  const [parameter] = nodesOf(node, 'params');
  const returns = returnedBy(node);
  const parameterName = parameter?.type === 'Identifier' ? textOf(parameter, 'name') : undefined;
  if (parameterName === undefined || returns === undefined) return;
  if (returns.type !== 'CallExpression' && returns.type !== 'MemberExpression') return;
  const key = state.scopes.keyOf(name);
  if (state.decoders.get(key)?.returns === returns) return;
  state.decoders.set(key, { parameter: parameterName, returns });
  forget(state);
}

/** A variable of a loop holds what is looped over. */
function learnLoop(state: Names, node: Node): void {
  const left = nodeOf(node, 'left');
  const target =
    left?.type === 'VariableDeclaration' ? nodeOf(nodesOf(left, 'declarations')[0] ?? left, 'id') : left;
  const tags = tagsOf(state, nodeOf(node, 'right'));
  if (tags.size === 0) return;
  const names = namesIn(target);
  // Variables of one prefix are settings; libraries of settings read all of them for that.
  const given = tags.has('environment') && isChosen(node, names) ? without(tags, 'environment') : tags;
  for (const name of names) addTags(state, name, given);
}

function without(tags: ReadonlySet<Tag>, tag: Tag): ReadonlySet<Tag> {
  return new Set([...tags].filter((one) => one !== tag));
}

/** All that the loop does stands under a condition about how the name begins. */
function isChosen(loop: Node, names: readonly string[]): boolean {
  const body = nodeOf(loop, 'body');
  const statements =
    body?.type === 'BlockStatement' ? nodesOf(body, 'body') : body === undefined ? [] : [body];
  const [only] = statements;
  if (statements.length !== 1 || only?.type !== 'IfStatement') return false;
  const asked = nodesIn(nodeOf(only, 'test') ?? only);
  return asked.some((node) => {
    const callee = node.type === 'CallExpression' ? nodeOf(node, 'callee') : undefined;
    if (
      callee === undefined ||
      !/^(?:startsWith|indexOf)$/.test(textOf(nodeOf(callee, 'property'), 'name') ?? '')
    )
      return false;
    const [prefix] = nodesOf(node, 'arguments');
    const written = prefix?.type === 'Literal' ? (textOf(prefix, 'value') ?? '') : undefined;
    return (
      names.includes(textOf(nodeOf(callee, 'object'), 'name') ?? '') &&
      (written === undefined || written.length >= 3)
    );
  });
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
    setPath(state, state.scopes.keyOf(local), whole ? path : `${path}.${imported}`);
  }
}

/** What a function of this file is given: its parameters stand for it. */
function learnCall(state: Names, node: Node): void {
  const path = pathOf(state, nodeOf(node, 'callee')) ?? '';
  const instance = node.type === 'NewExpression' ? state.scopes.thisOf(path) : undefined;
  // A constructor keeps what it is given.
  if (instance !== undefined)
    for (const argument of nodesOf(node, 'arguments')) addTagsTo(state, instance, tagsOf(state, argument));
  const called = state.functions.get(path.replace(/\.(?:call|bind)$/, ''));
  if (called === undefined) return;
  const args = nodesOf(node, 'arguments').slice(path.endsWith('.call') || path.endsWith('.bind') ? 1 : 0);
  const given = args.slice(0, 20).map((argument) => ({
    path: argument.type === 'Identifier' || argument.type !== 'Literal' ? pathOf(state, argument) : undefined,
    text: foldHere(state, argument),
    tags: tagsOf(state, argument),
  }));
  const parameters = nodesOf(called, 'params');
  state.scopes.within(called, () =>
    given.forEach(({ path: is, text, tags }, at) => {
      const parameter = parameters[at];
      if (parameter === undefined) return;
      for (const name of namesIn(parameter)) addTags(state, name, tags);
      const target = parameter.type === 'AssignmentPattern' ? nodeOf(parameter, 'left') : parameter;
      if (target?.type !== 'Identifier') {
        if (target !== undefined && is !== undefined) bindPattern(state, target, is);
        return;
      }
      const key = state.scopes.keyOf(textOf(target, 'name') ?? '');
      if (is !== undefined && isTelling(is)) bindPath(state, key, is);
      bindText(state, key, text, 'given');
    }),
  );
}

/** Names of the caller's variables mean nothing to the function. */
function isTelling(path: string): boolean {
  return (
    /^(?:fn|obj)#/.test(path) ||
    path === 'process' ||
    path.startsWith('process.') ||
    isRequire(path) ||
    better('', path) !== ''
  );
}

/** What a request answers reaches the parameters of its callbacks; what a promise holds, those of `then`. */
function learnCallbacks(state: Names, node: Node): void {
  const callee = nodeOf(node, 'callee');
  const path = pathOf(state, callee);
  const gives = path === undefined ? undefined : meaningOf(path)?.gives;
  const object = callee?.type === 'MemberExpression' ? nodeOf(callee, 'object') : undefined;
  const method = callee?.type === 'MemberExpression' ? textOf(nodeOf(callee, 'property'), 'name') : undefined;
  const follows =
    object !== undefined && /^(?:then|on|once|pipe|catch|addEventListener|subscribe)$/.test(method ?? '');
  const of = follows ? tagsOf(state, object) : noTags;
  const downloads =
    gives === 'downloaded' || gives === 'request' || of.has('downloaded') || of.has('request');
  const promised = method === 'then' ? pathOf(state, object) : undefined;
  if (!downloads && of.size === 0 && promised === undefined) return;
  const given = new Set<Tag>([
    ...(downloads ? ['downloaded' as const] : []),
    ...[...of].filter((tag) => tag !== 'downloaded' && tag !== 'request'),
  ]);
  if (given.size === 0 && promised === undefined) return;
  for (const argument of nodesOf(node, 'arguments')) {
    const called = functionTypes.has(argument.type)
      ? argument
      : state.functions.get(pathOf(state, argument) ?? '');
    if (called === undefined) continue;
    state.scopes.within(called, () => {
      for (const parameter of nodesOf(called, 'params')) {
        for (const name of namesIn(parameter)) addTags(state, name, given);
        if (promised === undefined) continue;
        if (parameter.type === 'Identifier')
          bindPath(state, state.scopes.keyOf(textOf(parameter, 'name') ?? ''), promised);
        else bindPattern(state, parameter, promised);
      }
    });
  }
}
