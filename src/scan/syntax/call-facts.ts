/** What a call tells: what it does, and which kinds of data it is given. */
import { commandLine } from '../command-line.ts';
import type { Signal } from '../signals.ts';
import { isHideable, meaningOf, type Tag } from './calls.ts';
import { areSecretsOfSeveral } from './data.ts';
import { foldHere, isRequire, moduleIn, pathOf } from './names.ts';
import { functionTypes } from './scopes.ts';
import { reach, type Add, type State } from './state.ts';
import { noTags, tagsOf, union } from './tags.ts';
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

interface Call {
  readonly callee: Node | undefined;
  readonly path: string | undefined;
  readonly args: readonly Node[];
}

export function lookAtCall(state: State, node: Node, add: Add): void {
  const { callee, path, args } = callOf(state, node);
  if (path !== undefined && isRequire(path)) return lookAtRequire(state, args, add);
  if (path === 'Buffer.from' && /^(?:base64(?:url)?|hex)$/.test(foldHere(state, args[1])?.text ?? ''))
    add('decode');
  if (isHiddenMember(state, callee)) add('hidden-member');
  if (path !== undefined && isInnerBinding(state, path, args)) add('hidden-module');
  const meaning = path === undefined ? undefined : meaningOf(path);
  const data = args.reduce((tags, argument) => union(tags, tagsOf(state, argument)), noTags);
  const signals = meaning?.signals ?? [];
  for (const signal of signals) add(signal);
  lookAtSending(state, callee, args, signals, data, add);
  if (signals.includes('dynamic-code') || isCodeOfWorker(path, args))
    lookAtCode(state, callee, args, data, add);
  lookAtLateCode(state, node, path, args, add);
  if (signals.includes('file-write') && data.has('downloaded')) {
    add('downloaded-to-file');
    for (const name of namesOfFile(state, args[0])) state.downloads.add(name);
  }
  if (signals.includes('process')) lookAtProcess(state, args, data, add);
  else if (isInputOfProcess(state, callee)) {
    if (data.has('downloaded')) add('downloaded-to-process');
    if (data.has('decoded') || args.some((argument) => foldHere(state, argument)?.decoded === true))
      add('runs-decoded');
    for (const { text } of args.flatMap((argument) => foldHere(state, argument) ?? []))
      for (const flow of commandLine(text)) add(flow);
  }
  if (signals.includes('file-delete') && isEverything(state, args[0])) add('runs-wipe');
}

/** With `call`, `apply` and `Reflect.apply` resolved. */
function callOf(state: State, node: Node): Call {
  const callee = nodeOf(node, 'callee');
  const args = nodesOf(node, 'arguments');
  const path = pathOf(state, callee);
  if (path === 'Reflect.apply' || path === 'Reflect.construct') {
    const list = args.at(path === 'Reflect.apply' ? 2 : 1);
    return { callee: args[0], path: pathOf(state, args[0]), args: elementsOf(list) };
  }
  if (path?.endsWith('.call') === true) return { callee, path: path.slice(0, -5), args: args.slice(1) };
  if (path?.endsWith('.apply') === true)
    return { callee, path: path.slice(0, -6), args: elementsOf(args[1]) };
  return { callee, path, args };
}

function elementsOf(list: Node | undefined): readonly Node[] {
  if (list === undefined) return [];
  return list.type === 'ArrayExpression' ? nodesOf(list, 'elements') : [list];
}

function lookAtRequire(state: State, args: readonly Node[], add: Add): void {
  const [first] = args;
  const name = foldHere(state, first);
  if (first === undefined) return;
  if (namesOfFile(state, first).some((file) => state.downloads.has(file))) add('downloaded-to-code');
  if (name === undefined) return add('dynamic-import');
  const module = moduleIn(name.text);
  if (name.decoded && isHideable(module)) add('hidden-module');
  else if (isInPieces(first) && isHideable(module)) add('split-module');
  reach(state, name.text);
}

function isInPieces(node: Node): boolean {
  return (
    node.type === 'BinaryExpression' ||
    node.type === 'CallExpression' ||
    (node.type === 'TemplateLiteral' && nodesOf(node, 'expressions').length > 0)
  );
}

function lookAtSending(
  state: State,
  callee: Node | undefined,
  args: readonly Node[],
  signals: readonly Signal[],
  data: ReadonlySet<Tag>,
  add: Add,
): void {
  const sends = isSending(state, callee, args, signals);
  if (sends && !signals.includes('network-send')) add('network-send');
  const toNetwork = sends || signals.some((signal) => signal === 'network' || signal === 'dns');
  if (!toNetwork) return;
  if (data.has('environment')) add('environment-to-network');
  else if (data.has('environment-lent')) add('environment-lent-to-network');
  if (data.has('identity')) add('identity-to-network');
  if (sends && (data.has('credentials') || areSecretsOfSeveral(data))) add('credentials-to-network');
}

function lookAtCode(
  state: State,
  callee: Node | undefined,
  args: readonly Node[],
  data: ReadonlySet<Tag>,
  add: Add,
): void {
  if (data.has('decoded') || args.some((argument) => foldHere(state, argument)?.decoded === true))
    add('decoded-to-code');
  if (data.has('downloaded')) add('downloaded-to-code');
  if (data.has('data-file') && !isInputOfCode(state, callee)) add('data-to-code');
}

/** `new Function('list', code)(list)`: the code is another, and says nothing of running what it is given. */
function isInputOfCode(state: State, callee: Node | undefined): boolean {
  if (callee?.type !== 'NewExpression' || pathOf(state, nodeOf(callee, 'callee')) !== 'Function')
    return false;
  const texts = nodesOf(callee, 'arguments').map((argument) => foldHere(state, argument)?.text ?? '');
  return !/eval|Function|constructor|runIn|Script|compile|require|process|import/.test(texts.join(' '));
}

/** `promise.then(eval)`, and timers that are given text. */
function lookAtLateCode(
  state: State,
  node: Node,
  path: string | undefined,
  args: readonly Node[],
  add: Add,
): void {
  const callee = nodeOf(node, 'callee');
  const method = callee?.type === 'MemberExpression' ? textOf(nodeOf(callee, 'property'), 'name') : undefined;
  if (method !== undefined && /^(?:then|on|once|map|forEach)$/.test(method)) {
    const runs = args.some(
      (argument) => meaningOf(pathOf(state, argument) ?? '')?.signals.includes('dynamic-code') === true,
    );
    if (runs) lookAtCode(state, undefined, [], tagsOf(state, nodeOf(callee as Node, 'object')), add);
  }
  if (path !== undefined && /^set(?:Timeout|Interval|Immediate)$/.test(path)) {
    const [first] = args;
    if (first?.type === 'Identifier' || first === undefined || functionTypes.has(first.type)) return;
    if (foldHere(state, first)?.decoded === true) add('decoded-to-code');
  }
}

function isCodeOfWorker(path: string | undefined, args: readonly Node[]): boolean {
  return path === 'worker_threads.Worker' && args.some((argument) => namesProperty(argument, /^eval$/));
}

function lookAtProcess(state: State, args: readonly Node[], data: ReadonlySet<Tag>, add: Add): void {
  if (data.has('downloaded')) add('downloaded-to-process');
  if (
    args.some((argument) => isEnvironmentInside(state, argument)) &&
    /\bcurl\b|\bwget\b/.test(textOfCommand(state, args))
  )
    add('environment-to-network');
  if (data.has('credentials') && /\bcurl\b|\bwget\b/.test(textOfCommand(state, args)))
    add('credentials-to-network');
  if (args.some((argument) => namesProperty(argument, /^detached$/))) add('process-detached');
  if (
    args.some((argument) =>
      elementsOf(argument).some((part) => namesOfFile(state, part).some((file) => state.downloads.has(file))),
    )
  )
    add('downloaded-file-run');
  const command = textOfCommand(state, args);
  const decoded = args.flatMap(elementsOf).some((part) => isCodeText(state, part));
  if (decoded) add('runs-decoded');
  for (const flow of commandLine(command)) add(flow);
}

/** But for `{ env: process.env }`, and more beside it: in what every program is started with. */
function isEnvironmentInside(state: State, argument: Node): boolean {
  const isIn = (node: Node | undefined): boolean => {
    const tags = tagsOf(state, node);
    return tags.has('environment') || tags.has('environment-lent');
  };
  if (!isIn(argument) || argument.type !== 'ObjectExpression') return isIn(argument);
  return nodesOf(argument, 'properties').some((property) => {
    const value = nodeOf(property, 'value');
    if (textOf(nodeOf(property, 'key'), 'name') !== 'env' || value === undefined) return isIn(property);
    if (pathOf(state, value) === 'process.env') return false;
    if (value.type !== 'ObjectExpression') return isIn(value);
    return nodesOf(value, 'properties').some((one) =>
      one.type !== 'SpreadElement'
        ? isIn(one)
        : pathOf(state, nodeOf(one, 'argument')) !== 'process.env' && isIn(one),
    );
  });
}

/** A command, or code for `node -e`, that was decoded. */
function isCodeText(state: State, part: Node): boolean {
  const folded = foldHere(state, part);
  if (folded?.decoded === true && /[\s(;]/.test(folded.text.trim())) return true;
  return part.type === 'CallExpression' && tagsOf(state, part).has('decoded') && folded === undefined;
}

/** A name and a list of arguments are read as one text. */
function textOfCommand(state: State, args: readonly Node[]): string {
  return args
    .flatMap(elementsOf)
    .map((part) => foldHere(state, part)?.text ?? (pathOf(state, part) === 'process.execPath' ? 'node' : ''))
    .join(' ');
}

/** `child.stdin.write(…)`. */
function isInputOfProcess(state: State, callee: Node | undefined): boolean {
  if (callee?.type !== 'MemberExpression') return false;
  const object = nodeOf(callee, 'object');
  if (object?.type !== 'MemberExpression' || textOf(nodeOf(object, 'property'), 'name') !== 'stdin')
    return false;
  return tagsOf(state, nodeOf(object, 'object')).has('child');
}

const bindings = /^(?:spawn_sync|process_wrap|tcp_wrap|udp_wrap|pipe_wrap|cares_wrap)$/;

function isInnerBinding(state: State, path: string, args: readonly Node[]): boolean {
  return (
    /^process\.(?:binding|_linkedBinding)$/.test(path) && bindings.test(foldHere(state, args[0])?.text ?? '')
  );
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

/** The home folder, the folder it runs in, or the root: itself, not something in it. */
function isEverything(state: State, argument: Node | undefined): boolean {
  if (argument?.type === 'CallExpression' || argument?.type === 'NewExpression') {
    const path = pathOf(state, nodeOf(argument, 'callee'));
    return path === 'os.homedir' || path === 'process.cwd';
  }
  const path = pathOf(state, argument);
  if (path === 'process.env.HOME' || path === 'process.env.USERPROFILE') return true;
  return /^(?:\/|~\/?|[A-Z]:[\\/]?)$/.test(foldHere(state, argument)?.text ?? '');
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

function namesProperty(argument: Node, name: RegExp): boolean {
  if (argument.type !== 'ObjectExpression') return false;
  return nodesOf(argument, 'properties').some((property) =>
    name.test(textOf(nodeOf(property, 'key'), 'name') ?? ''),
  );
}

/** How a file is named here: its text, and the variable. */
function namesOfFile(state: State, node: Node | undefined): readonly string[] {
  if (node === undefined) return [];
  const text = foldHere(state, node)?.text.trim();
  return [
    ...(text === undefined || text.length < 3 ? [] : [`text ${text}`]),
    ...(node.type === 'Identifier' ? [state.scopes.keyOf(textOf(node, 'name') ?? '')] : []),
  ];
}
