/** What the syntax tree of one file says: signals with their places, flows of data, functions, what it requires. */
import type { Signal } from '../signals.ts';
import { signalsInString } from '../text-signals.ts';
import { isHideable, meaningOf, moduleName } from './calls.ts';
import { foldHere, isRequire, learn, pathOf, tagsOf, type Names } from './names.ts';
import { createScopes, functionTypes } from './scopes.ts';
import { nodeOf, nodesOf, textOf, traversalOf, walk, type Node } from './tree.ts';

/** Data of one kind reaches a sink. */
export type Flow =
  | 'environment-to-network'
  | 'identity-to-network'
  | 'credentials-to-network'
  | 'decoded-to-code'
  | 'downloaded-to-code'
  | 'downloaded-to-file'
  | 'downloaded-to-process'
  | 'runs-download'
  | 'runs-pipe'
  | 'runs-wipe'
  | 'runs-publish'
  | 'runs-reverse'
  | 'runs-agent'
  | 'runs-drop'
  | 'hidden-module'
  | 'hidden-member'
  | 'split-module'
  | 'endless-noise'
  | 'hidden-string'
  | 'hidden-url';

export interface SyntaxEvent {
  readonly what: Signal | Flow;
  /** Offset in UTF-16 units. */
  readonly at: number;
}

export interface SyntaxFacts {
  readonly events: readonly SyntaxEvent[];
  readonly functions: readonly { readonly start: number; readonly end: number }[];
  /** Relative specifiers, and names of files in strings: what it may reach. */
  readonly reaches: readonly string[];
}

interface State extends Names {
  readonly events: SyntaxEvent[];
  readonly functions: { start: number; end: number }[];
  readonly reaches: Set<string>;
}

const maxEvents = 20_000;
const maxReaches = 500;

export function syntaxFacts(program: Node): SyntaxFacts {
  const state: State = {
    scopes: createScopes(),
    paths: new Map(),
    constants: new Map(),
    lists: new Map(),
    decoders: new Map(),
    tags: new Map(),
    events: [],
    functions: [],
    reaches: new Set(),
  };
  const { enter, leave } = state.scopes;
  const all = traversalOf(program);
  walk(all, enter, leave);
  // Twice: a variable may be used above the place that gives it its value.
  for (let round = 0; round < 2; round += 1) walk(all, (node) => (enter(node), learn(state, node)), leave);
  const parents: Node[] = [];
  walk(
    all,
    (node) => {
      enter(node);
      look(state, node, parents);
      parents.push(node);
    },
    (node) => {
      parents.pop();
      leave(node);
    },
  );
  return { events: state.events, functions: state.functions, reaches: [...state.reaches] };
}

function look(state: State, node: Node, parents: readonly Node[]): void {
  const add = (what: SyntaxEvent['what']): void => {
    if (state.events.length < maxEvents) state.events.push({ what, at: node.start });
  };
  if (functionTypes.has(node.type)) state.functions.push({ start: node.start, end: node.end });
  if (node.type === 'CallExpression' || node.type === 'NewExpression') lookAtCall(state, node, add);
  if ((node.type === 'ForStatement' || node.type === 'WhileStatement') && isEndlessNoise(state, node))
    add('endless-noise');
  if (node.type === 'ImportDeclaration') {
    const specifier = foldHere(state, nodeOf(node, 'source'))?.text;
    if (specifier?.startsWith('.') === true) reach(state, specifier);
  }
  if (node.type === 'ImportExpression' && foldHere(state, nodeOf(node, 'source')) === undefined)
    add('dynamic-import');
  if (node.type === 'MemberExpression' && pathOf(state, node) === 'process.env') {
    const parent = parents.at(-1);
    const isNamed = parent?.type === 'MemberExpression' && nodeOf(parent, 'object') === node;
    add(isNamed ? 'environment' : isListing(state, parent) ? 'environment-whole' : 'environment');
  }
  if (isText(node) && !isInsideText(parents)) lookAtText(state, node, add);
}

/** `JSON.stringify(process.env)` and the like, which make the whole environment a value to send. */
function isListing(state: State, parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const path = pathOf(state, nodeOf(parent, 'callee')) ?? '';
  return /^(?:JSON\.stringify|Object\.entries|querystring\.(?:stringify|encode)|qs\.stringify|util\.inspect|Buffer\.from)$/.test(
    path,
  );
}

function isText(node: Node): boolean {
  return (
    node.type === 'Literal' ||
    node.type === 'TemplateLiteral' ||
    node.type === 'CallExpression' ||
    (node.type === 'BinaryExpression' && textOf(node, 'operator') === '+')
  );
}

function isInsideText(parents: readonly Node[]): boolean {
  const parent = parents.at(-1);
  return parent?.type === 'BinaryExpression' && textOf(parent, 'operator') === '+';
}

function lookAtText(state: State, node: Node, add: (what: SyntaxEvent['what']) => void): void {
  const folded = foldHere(state, node);
  if (folded === undefined || folded.text.length < 3) return;
  const hits = signalsInString(folded.text);
  for (const { signal } of hits) add(signal);
  if (/^[\w./-]+\.(?:[cm]?js|sh|ps1|bat|cmd|py|exe|bin)$/.test(folded.text)) reach(state, folded.text);
  if (!folded.decoded) return;
  if (hits.length > 0) add('hidden-string');
  if (/^(?:https?|wss?):\/\//.test(folded.text)) add('hidden-url');
}

function reach(state: State, specifier: string): void {
  if (state.reaches.size < maxReaches) state.reaches.add(specifier.slice(0, 300));
}

function lookAtCall(state: State, node: Node, add: (what: SyntaxEvent['what']) => void): void {
  const callee = nodeOf(node, 'callee');
  const path = pathOf(state, callee);
  const args = nodesOf(node, 'arguments');
  if (path !== undefined && isRequire(path)) {
    const name = foldHere(state, args[0]);
    if (name === undefined && args.length > 0) add('dynamic-import');
    else if (name?.decoded === true && isHideable(moduleName(name.text))) add('hidden-module');
    else if (args[0]?.type === 'BinaryExpression' && name !== undefined && isHideable(moduleName(name.text)))
      add('split-module');
    if (name?.text.startsWith('.') === true) reach(state, name.text);
    return;
  }
  if (path === 'Buffer.from' && /^(?:base64(?:url)?|hex)$/.test(foldHere(state, args[1])?.text ?? ''))
    add('decode');
  if (isHiddenMember(state, callee)) add('hidden-member');
  const meaning = path === undefined ? undefined : meaningOf(path);
  const data = new Set(args.flatMap((argument) => [...tagsOf(state, argument)]));
  const sends = isSending(state, callee, args, meaning?.signals ?? []);
  for (const signal of meaning?.signals ?? []) add(signal);
  if (sends && meaning?.signals.includes('network-send') !== true) add('network-send');
  const toNetwork =
    sends || meaning?.signals.some((signal) => signal === 'network' || signal === 'dns') === true;
  if (toNetwork && data.has('environment')) add('environment-to-network');
  if (toNetwork && data.has('identity')) add('identity-to-network');
  if (toNetwork && sends && data.has('credentials')) add('credentials-to-network');
  if (meaning?.signals.includes('dynamic-code') === true) {
    if (data.has('decoded') || args.some((argument) => foldHere(state, argument)?.decoded === true))
      add('decoded-to-code');
    if (data.has('downloaded')) add('downloaded-to-code');
  }
  if (meaning?.signals.includes('file-write') === true && data.has('downloaded')) add('downloaded-to-file');
  if (meaning?.signals.includes('process') === true) {
    if (data.has('downloaded')) add('downloaded-to-process');
    if (args.some(isDetached)) add('process-detached');
    for (const flow of commandFlows(state, args)) add(flow);
  }
}

/** What a command line says, as what it does. */
export const commandSignals: Partial<Readonly<Record<Signal, Flow>>> = {
  'shell-download': 'runs-download',
  'shell-pipe': 'runs-pipe',
  'shell-wipe': 'runs-wipe',
  'npm-publish': 'runs-publish',
  'shell-reverse': 'runs-reverse',
  'agent-unleashed': 'runs-agent',
  'drop-host': 'runs-drop',
  'tunnel-host': 'runs-drop',
  'bare-address': 'runs-drop',
};

/** What the command line of a started program says: a name and a list of arguments are read as one text. */
function commandFlows(state: State, args: readonly Node[]): readonly Flow[] {
  const parts = args.flatMap((argument) =>
    argument.type === 'ArrayExpression' ? nodesOf(argument, 'elements') : [argument],
  );
  const text = parts.map((part) => foldHere(state, part)?.text ?? '').join(' ');
  return signalsInString(text).flatMap(({ signal }) => commandSignals[signal] ?? []);
}

/** `crypto[decode('…')](…)`: a function of a module that starts programs, decrypts or sends, by a name that is decoded. */
function isHiddenMember(state: State, callee: Node | undefined): boolean {
  if (callee?.type !== 'MemberExpression') return false;
  if ((callee as unknown as { computed?: boolean }).computed !== true) return false;
  const object = pathOf(state, nodeOf(callee, 'object'));
  if (object === undefined || !isHideable(object)) return false;
  const property = nodeOf(callee, 'property');
  return foldHere(state, property)?.decoded === true || tagsOf(state, property).has('decoded');
}

/** A loop without an end that only prints. */
function isEndlessNoise(state: State, node: Node): boolean {
  const test = nodeOf(node, 'test');
  const endless =
    node.type === 'WhileStatement'
      ? (test as unknown as { value?: unknown } | undefined)?.value === true
      : test === undefined ||
        (test.type === 'BinaryExpression' && textOf(nodeOf(test, 'right'), 'name') === 'Infinity');
  const body = nodeOf(node, 'body');
  if (!endless || body === undefined) return false;
  let prints = false;
  let ends = false;
  walk(
    traversalOf(body),
    (inner) => {
      if (/^(?:Break|Return|Throw)Statement$|^(?:Await|Yield)Expression$/.test(inner.type)) ends = true;
      if (
        inner.type === 'CallExpression' &&
        /^(?:console\.\w+|process\.stdout\.write)$/.test(pathOf(state, nodeOf(inner, 'callee')) ?? '')
      )
        prints = true;
    },
    () => undefined,
  );
  return prints && !ends;
}

/** A body, a method that has one, or writing to a request. */
function isSending(
  state: State,
  callee: Node | undefined,
  args: readonly Node[],
  signals: readonly Signal[],
): boolean {
  if (signals.includes('network-send')) return true;
  if (signals.includes('network'))
    return args.some((argument) => namesProperty(argument, /^(?:body|data|form|json)$/));
  if (callee?.type !== 'MemberExpression') return false;
  const method = textOf(nodeOf(callee, 'property'), 'name') ?? '';
  return /^(?:write|end|send|emit)$/.test(method) && tagsOf(state, nodeOf(callee, 'object')).has('request');
}

function isDetached(argument: Node): boolean {
  return namesProperty(argument, /^detached$/);
}

function namesProperty(argument: Node, name: RegExp): boolean {
  if (argument.type !== 'ObjectExpression') return false;
  return nodesOf(argument, 'properties').some((property) =>
    name.test(textOf(nodeOf(property, 'key'), 'name') ?? ''),
  );
}
