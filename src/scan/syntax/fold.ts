/** What a string expression is, where that can be told without running anything: sums, joins, decodings. */
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export interface Folded {
  readonly text: string;
  /** It was written so that reading does not show it: base64, hex, character codes, reversed. */
  readonly decoded: boolean;
}

/** What names stand for here. Flow is not followed: the last assignment of a constant counts. */
export interface Constants {
  readonly text: (name: string) => Folded | undefined;
  readonly number: (name: string) => number | undefined;
  /** Texts of an array. */
  readonly list: (name: string) => readonly string[] | undefined;
  /** A function of one parameter that only returns an expression of it: how tables of strings are read. */
  readonly decoder: (name: string) => Decoder | undefined;
}

export interface Decoder {
  readonly parameter: string;
  readonly returns: Node;
}

const maxLength = 200_000;
const maxDepth = 60;

/** Undefined where it depends on what only a run shows. Template placeholders become a space. */
export function fold(node: Node | undefined, constants: Constants, depth = 0): Folded | undefined {
  if (node === undefined || depth > maxDepth) return undefined;
  const next = (inner: Node | undefined): Folded | undefined => fold(inner, constants, depth + 1);
  switch (node.type) {
    case 'Literal': {
      const value = (node as unknown as { value: unknown }).value;
      return typeof value === 'string' ? { text: value, decoded: false } : undefined;
    }
    case 'TemplateLiteral':
      return templateText(node, next);
    case 'BinaryExpression':
      return textOf(node, 'operator') === '+' ? sum(node, constants, depth) : undefined;
    case 'Identifier':
      return constants.text(textOf(node, 'name') ?? '');
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
      return next(nodeOf(node, 'expression') ?? nodeOf(node, 'argument'));
    case 'ChainExpression':
      return next(nodeOf(node, 'expression'));
    case 'CallExpression':
      return decodedByFunction(node, constants, depth) ?? call(node, next);
    case 'MemberExpression':
      return listed(node, constants);
    default:
      return undefined;
  }
}

function listed(node: Node, constants: Constants): Folded | undefined {
  const list = constants.list(textOf(nodeOf(node, 'object'), 'name') ?? '');
  const at = list === undefined ? undefined : numberIn(nodeOf(node, 'property'), constants);
  const text = at === undefined ? undefined : list?.[at];
  return text === undefined ? undefined : { text, decoded: false };
}

function decodedByFunction(node: Node, constants: Constants, depth: number): Folded | undefined {
  const callee = nodeOf(node, 'callee');
  const decoder = callee?.type === 'Identifier' ? constants.decoder(textOf(callee, 'name') ?? '') : undefined;
  if (decoder === undefined || depth > 10) return undefined;
  const [argument] = nodesOf(node, 'arguments');
  const text = fold(argument, constants, depth + 1);
  const number = numberIn(argument, constants);
  if (text === undefined && number === undefined) return undefined;
  const isParameter = (name: string): boolean => name === decoder.parameter;
  const inner: Constants = {
    ...constants,
    text: (name) => (isParameter(name) ? text : constants.text(name)),
    number: (name) => (isParameter(name) ? number : constants.number(name)),
  };
  const result = fold(decoder.returns, inner, depth + 5);
  return result === undefined ? undefined : { text: result.text, decoded: true };
}

/** Numbers as tables are read with: written, given, and sums, differences and exclusive ors of those. */
function numberIn(node: Node | undefined, constants: Constants, depth = 0): number | undefined {
  if (node === undefined || depth > 10) return undefined;
  if (node.type === 'Identifier') return constants.number(textOf(node, 'name') ?? '');
  if (node.type === 'Literal') {
    const value = (node as unknown as { value: unknown }).value;
    if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value)) return Number(value);
    return typeof value === 'number' ? value : undefined;
  }
  if (node.type !== 'BinaryExpression') return undefined;
  const left = numberIn(nodeOf(node, 'left'), constants, depth + 1);
  const right = numberIn(nodeOf(node, 'right'), constants, depth + 1);
  if (left === undefined || right === undefined) return undefined;
  const operator = textOf(node, 'operator');
  return operator === '-'
    ? left - right
    : operator === '+'
      ? left + right
      : operator === '^'
        ? left ^ right
        : undefined;
}

function templateText(node: Node, next: (inner: Node | undefined) => Folded | undefined): Folded {
  const parts = nodesOf(node, 'quasis').map((quasi) => {
    const value = (quasi as unknown as { value?: { cooked?: unknown } }).value;
    return typeof value?.cooked === 'string' ? value.cooked : '';
  });
  const inserted = nodesOf(node, 'expressions').map((inner) => next(inner)?.text ?? ' ');
  const text = parts.map((part, index) => part + (inserted[index] ?? '')).join('');
  return { text: text.slice(0, maxLength), decoded: false };
}

/** A long sum leans to the left: walked, not recursed into. Unknown parts become a space, as in templates. */
function sum(node: Node, constants: Constants, depth: number): Folded | undefined {
  const parts: (Folded | undefined)[] = [];
  let at: Node | undefined = node;
  for (; at?.type === 'BinaryExpression' && textOf(at, 'operator') === '+'; at = nodeOf(at, 'left')) {
    parts.push(fold(nodeOf(at, 'right'), constants, depth + 1));
  }
  parts.push(fold(at, constants, depth + 1));
  if (parts.every((part) => part === undefined)) return undefined;
  const text = parts
    .reverse()
    .map((part) => part?.text ?? ' ')
    .join('');
  return { text: text.slice(0, maxLength), decoded: parts.some((part) => part?.decoded === true) };
}

function call(node: Node, next: (inner: Node | undefined) => Folded | undefined): Folded | undefined {
  const callee = nodeOf(node, 'callee');
  const [first, second] = nodesOf(node, 'arguments');
  if (callee?.type === 'Identifier') {
    const name = textOf(callee, 'name');
    if (name === 'atob') return decodedBy('base64', next(first));
    if (name === 'decodeURIComponent' || name === 'unescape') return percentDecoded(next(first));
    return undefined;
  }
  if (callee?.type !== 'MemberExpression') return undefined;
  const object = nodeOf(callee, 'object');
  const method = textOf(nodeOf(callee, 'property'), 'name') ?? next(nodeOf(callee, 'property'))?.text;
  const objectName = textOf(object, 'name');
  if (method === 'from' && objectName === 'Buffer') {
    const encoding = next(second)?.text.toLowerCase();
    if (encoding === 'base64' || encoding === 'hex' || encoding === 'base64url')
      return decodedBy(encoding, next(first));
    const codes = numbersOf(first);
    return codes === undefined ? next(first) : { text: codes, decoded: true };
  }
  if ((method === 'fromCharCode' || method === 'fromCodePoint') && objectName === 'String') {
    const codes = nodesOf(node, 'arguments').map(numberOf);
    return codes.some((code) => code === undefined)
      ? undefined
      : { text: String.fromCharCode(...codes.map((code) => code ?? 0)), decoded: true };
  }
  if (method === 'toString' || method === 'trim' || method === 'concat') return next(object);
  if (method === 'atob') return decodedBy('base64', next(first));
  if (method === 'join') return joined(object, next(first)?.text ?? ',', next);
  return undefined;
}

/** `['a','b'].join('')`, and `'ba'.split('').reverse().join('')`. */
function joined(
  object: Node | undefined,
  separator: string,
  next: (inner: Node | undefined) => Folded | undefined,
): Folded | undefined {
  if (object?.type === 'ArrayExpression') {
    const parts = nodesOf(object, 'elements').map((element) => next(element)?.text);
    if (parts.every((part) => part === undefined)) return undefined;
    return {
      text: parts
        .map((part) => part ?? ' ')
        .join(separator)
        .slice(0, maxLength),
      decoded: false,
    };
  }
  const reversed = calledMethod(object, 'reverse');
  const split = calledMethod(reversed, 'split');
  const source = next(split);
  return source === undefined ? undefined : { text: source.text.split('').reverse().join(''), decoded: true };
}

/** The object of `object.name(...)`. */
function calledMethod(node: Node | undefined, name: string): Node | undefined {
  if (node?.type !== 'CallExpression') return undefined;
  const callee = nodeOf(node, 'callee');
  if (callee?.type !== 'MemberExpression') return undefined;
  return textOf(nodeOf(callee, 'property'), 'name') === name ? nodeOf(callee, 'object') : undefined;
}

function decodedBy(encoding: 'base64' | 'base64url' | 'hex', source: Folded | undefined): Folded | undefined {
  if (source === undefined) return undefined;
  return { text: Buffer.from(source.text, encoding).toString('latin1').slice(0, maxLength), decoded: true };
}

function percentDecoded(source: Folded | undefined): Folded | undefined {
  if (source === undefined) return undefined;
  try {
    return {
      text: decodeURIComponent(source.text),
      decoded: /%[0-9a-f]{2}(?:%[0-9a-f]{2}){3}/i.test(source.text),
    };
  } catch {
    return source;
  }
}

function numberOf(node: Node): number | undefined {
  const value = node.type === 'Literal' ? (node as unknown as { value: unknown }).value : undefined;
  return typeof value === 'number' ? value : undefined;
}

function numbersOf(node: Node | undefined): string | undefined {
  if (node?.type !== 'ArrayExpression') return undefined;
  const codes = nodesOf(node, 'elements').map(numberOf);
  if (codes.length < 3 || codes.some((code) => code === undefined)) return undefined;
  return Buffer.from(codes.map((code) => code ?? 0))
    .toString('latin1')
    .slice(0, maxLength);
}
