/** Kinds of data, and what holds them. */
import type { Signal } from '../signals.ts';
import { signalsInString } from '../text-signals.ts';
import { meaningOf, type Tag } from './calls.ts';
import { outputTags, secretVendor } from './data.ts';
import { lentBy } from './lent.ts';
import { foldHere, forget, isRequire, mostKept, pathOf, type Names } from './names.ts';
import { functionTypes } from './scopes.ts';
import { childrenOf, nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export const noTags: ReadonlySet<Tag> = new Set();
const credentialSignals = new Set<Signal>([
  'credential-files',
  'npm-credentials',
  'browser-stores',
  'wallet-files',
]);
const mostSteps = 400;

export function addTags(state: Names, name: string | undefined, tags: ReadonlySet<Tag>): void {
  if (name !== undefined) addTagsTo(state, state.scopes.keyOf(name), tags);
}

export function addTagsTo(state: Names, key: string, tags: ReadonlySet<Tag>): void {
  if (tags.size === 0) return;
  const known = state.tags.get(key) ?? new Set<Tag>();
  const before = known.size;
  for (const tag of tags) known.add(tag);
  if (known.size === before) return;
  state.tags.set(key, known);
  forget(state);
}

export function union(one: ReadonlySet<Tag>, other: ReadonlySet<Tag>): ReadonlySet<Tag> {
  if (other.size === 0) return one;
  return one.size === 0 ? other : new Set([...one, ...other]);
}

/** For `a.b.c`: what holds it all. */
export function rootName(node: Node): string | undefined {
  let at: Node | undefined = node;
  for (let steps = 0; at?.type === 'MemberExpression' && steps < 100; steps += 1) at = nodeOf(at, 'object');
  if (at?.type === 'ThisExpression') return 'this';
  return at?.type === 'Identifier' ? textOf(at, 'name') : undefined;
}

/** Kinds of data in an expression, without what lies in functions inside it. */
export function tagsOf(state: Names, node: Node | undefined): ReadonlySet<Tag> {
  if (node === undefined || functionTypes.has(node.type)) return noTags;
  const known = state.kept.tags.get(node);
  if (known !== undefined) return known;
  const tags = new Set<Tag>();
  const waiting: Node[] = [node];
  for (let steps = 0; waiting.length > 0 && steps < mostSteps; steps += 1) {
    const at = waiting.pop();
    if (at === undefined || functionTypes.has(at.type)) continue;
    state.budget.left -= 1;
    if (at.type === 'Identifier') {
      const key = state.scopes.keyOf(textOf(at, 'name') ?? '');
      for (const tag of state.tags.get(key) ?? []) tags.add(tag);
      if (state.paths.get(key) === 'process.env') tags.add('environment');
    }
    if (at.type === 'ThisExpression')
      for (const tag of state.tags.get(state.scopes.keyOf('this')) ?? []) tags.add(tag);
    if (isTextual(at)) addTextTags(foldHere(state, at)?.text ?? '', tags);
    if (at.type === 'CallExpression' || at.type === 'NewExpression') addCallTags(state, at, tags);
    if (at.type === 'MemberExpression') {
      const path = pathOf(state, at);
      if (path === 'process.env') tags.add('environment');
      if (path?.startsWith('process.env.') === true) {
        const vendor = secretVendor(path.slice('process.env.'.length));
        if (vendor !== undefined) tags.add(vendor);
        continue;
      }
      if (isLookup(state, at)) {
        // One variable by a name from elsewhere: all of them only where the names are all of them.
        const property = nodeOf(at, 'property');
        if (property !== undefined) waiting.push(property);
        continue;
      }
      if (path?.startsWith('fn#') === true)
        for (const tag of state.returns.get(path)?.tags ?? []) tags.add(tag);
    }
    // Whether a variable is there.
    if (at.type === 'BinaryExpression' && textOf(at, 'operator') === 'in') continue;
    // What a callback is bound to is not handed over with it.
    if (isBoundCallback(at)) continue;
    const lent = at.type === 'CallExpression' ? lentBy(state, at) : [];
    if (lent.length > 0) tags.add('environment-lent');
    waiting.push(
      ...(lent.length === 0 ? childrenOf(at) : childrenOf(at).filter((one) => !lent.includes(one))),
    );
  }
  const found = tags.size === 0 ? noTags : tags;
  if (state.kept.tags.size >= mostKept) state.kept.tags.clear();
  state.kept.tags.set(node, found);
  return found;
}

const textual = new Set(['Literal', 'TemplateLiteral', 'BinaryExpression', 'CallExpression']);

function isTextual(node: Node): boolean {
  return textual.has(node.type);
}

function isLookup(state: Names, node: Node): boolean {
  if ((node as unknown as { computed?: boolean }).computed !== true) return false;
  return pathOf(state, nodeOf(node, 'object')) === 'process.env';
}

function addTextTags(text: string, tags: Set<Tag>): void {
  if (text.length < 4 || text.length >= 300) return;
  if (signalsInString(text).some(({ signal }) => credentialSignals.has(signal))) tags.add('credentials');
  if (/^\/proc\/(?:self|\d+|\s*)\/environ/.test(text)) tags.add('environment');
}

function addCallTags(state: Names, at: Node, tags: Set<Tag>): void {
  const callee = nodeOf(at, 'callee');
  const path = pathOf(state, callee);
  const args = nodesOf(at, 'arguments');
  if (args.some((argument) => isDecoder(state, argument)) && callee?.type === 'MemberExpression') {
    const object = nodeOf(callee, 'object');
    if (object !== undefined && isWritten(state, object)) tags.add('decoded');
  }
  if (pathOf(state, at) === 'process.env') tags.add('environment');
  if (path === undefined) return;
  const file = foldHere(state, args[0])?.text;
  // Of a name that is put together, others may come.
  if (isRequire(path) && file?.endsWith('.json') === true)
    addDataFile(state, args[0]?.type === 'Literal' && isPlainRequire(callee) ? file : '', tags);
  const instance = at.type === 'NewExpression' ? state.scopes.thisOf(path) : undefined;
  if (instance !== undefined) for (const tag of state.tags.get(instance) ?? []) tags.add(tag);
  const meaning = meaningOf(path);
  if (meaning?.gives !== undefined) tags.add(meaning.gives);
  if (meaning?.signals.includes('process') === true)
    for (const tag of outputTags(args.map((argument) => foldHere(state, argument)?.text ?? '').join(' ')))
      tags.add(tag);
  if (meaning?.signals.includes('file-read') === true && file !== undefined && isDataFile(file))
    addDataFile(state, file, tags);
  if (path === 'Buffer.from' && isEncoding(foldHere(state, args[1])?.text)) tags.add('decoded');
  if (path.startsWith('fn#')) {
    const known = args.some((argument) => isWritten(state, argument));
    for (const tag of state.returns.get(path)?.tags ?? [])
      // A function that makes text is a parser as often: what it is given must be written here.
      if (tag !== 'decoded' || known) tags.add(tag);
  }
}

/** `function () {}.bind(this)`. */
function isBoundCallback(node: Node): boolean {
  const callee = node.type === 'CallExpression' ? nodeOf(node, 'callee') : undefined;
  if (callee?.type !== 'MemberExpression' || textOf(nodeOf(callee, 'property'), 'name') !== 'bind')
    return false;
  return functionTypes.has(nodeOf(callee, 'object')?.type ?? '') && nodesOf(node, 'arguments').length === 1;
}

const mostDataFiles = 100;

function addDataFile(state: Names, path: string, tags: Set<Tag>): void {
  tags.add('data-file');
  // Which one a value is from is not told: one name too many, and none is known to be harmless.
  state.dataFiles.add(state.dataFiles.size < mostDataFiles ? path.slice(0, 2000) : '');
}

/** `module.parent.require` looks for files elsewhere. */
function isPlainRequire(callee: Node | undefined): boolean {
  return callee?.type === 'Identifier' && textOf(callee, 'name') === 'require';
}

/** `text.replace(/[a-z]/g, (c) => String.fromCharCode(…))`. */
function isDecoder(state: Names, argument: Node): boolean {
  if (!functionTypes.has(argument.type)) return false;
  return state.returns.get(`fn#${argument.start}`)?.tags.has('decoded') === true;
}

function isWritten(state: Names, argument: Node): boolean {
  if (argument.type === 'Identifier') {
    const key = state.scopes.keyOf(textOf(argument, 'name') ?? '');
    if (state.lists.has(key)) return true;
  }
  if (argument.type === 'Literal') return true;
  return argument.type === 'ArrayExpression' || (foldHere(state, argument)?.text.length ?? 0) >= 3;
}

/** A file by whose name nobody would look for code. */
function isDataFile(path: string): boolean {
  return /\.(?:txt|md|map|dat|bin|png|jpe?g|gif|ico|svg|css|woff2?|ttf|log|lock|cache|tmp)$|(?:^|\/)LICEN[CS]E$/i.test(
    path,
  );
}

function isEncoding(text: string | undefined): boolean {
  return text === 'base64' || text === 'hex' || text === 'base64url';
}
