/** Arrays and numbers as far as they are written: what texts are made of by those who hide them. */
import type { Constants, Folded, Value } from './constants.ts';
import { functionTypes } from './scopes.ts';
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

const mostValues = 50_000;
const maxDepth = 40;

/** Undefined where one of them is not known. */
export function valuesOf(
  node: Node | undefined,
  constants: Constants,
  depth = 0,
): readonly Value[] | undefined {
  if (node === undefined || depth > maxDepth || constants.budget.left <= 0) return undefined;
  constants.budget.left -= 1;
  if (node.type === 'Identifier') {
    const name = textOf(node, 'name') ?? '';
    return constants.list(name) ?? characters(constants.text(name)?.text);
  }
  if (node.type === 'Literal') return characters(constants.fold(node, constants, depth + 1)?.text);
  if (node.type === 'ArrayExpression') return elementsOf(node, constants, depth);
  if (node.type === 'ParenthesizedExpression')
    return valuesOf(nodeOf(node, 'expression'), constants, depth + 1);
  const [first] = nodesOf(node, 'arguments');
  const callee = nodeOf(node, 'callee');
  if (node.type === 'NewExpression')
    return /^(?:Uint8Array|Uint16Array|Array)$/.test(textOf(callee, 'name') ?? '')
      ? valuesOf(first, constants, depth + 1)
      : undefined;
  if (node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return undefined;
  const method = textOf(nodeOf(callee, 'property'), 'name');
  const object = nodeOf(callee, 'object');
  const isMaker = /^(?:Array|Uint8Array|Buffer|Object)$/.test(textOf(object, 'name') ?? '');
  if (isMaker && /^(?:from|of|values)$/.test(method ?? '')) return valuesOf(first, constants, depth + 1);
  return listMethod(method, object, nodesOf(node, 'arguments'), constants, depth);
}

/** The same names, but for one that is given. */
export function withParameter(
  constants: Constants,
  parameter: string,
  text: Folded | undefined,
  number: number | undefined,
): Constants {
  return {
    ...constants,
    text: (name) => (name === parameter ? text : constants.text(name)),
    number: (name) => (name === parameter ? number : constants.number(name)),
  };
}

function characters(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : Array.from(text.slice(0, mostValues));
}

function elementsOf(node: Node, constants: Constants, depth: number): readonly Value[] | undefined {
  const values: Value[] = [];
  for (const element of nodesOf(node, 'elements')) {
    if (values.length >= mostValues) return undefined;
    if (element.type === 'SpreadElement') {
      const spread = valuesOf(nodeOf(element, 'argument'), constants, depth + 1);
      if (spread === undefined) return undefined;
      for (const value of spread) values.push(value);
      continue;
    }
    const value =
      constants.fold(element, constants, depth + 1)?.text ?? numberIn(element, constants, depth + 1);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function listMethod(
  method: string | undefined,
  object: Node | undefined,
  args: readonly Node[],
  constants: Constants,
  depth: number,
): readonly Value[] | undefined {
  if (method === 'split' || method === 'match') {
    const text = constants.fold(object, constants, depth + 1)?.text;
    return text === undefined ? undefined : pieces(text, args[0], constants, depth);
  }
  if (method !== 'reverse' && method !== 'slice' && method !== 'map' && method !== 'concat') return undefined;
  const list = valuesOf(object, constants, depth + 1);
  if (list === undefined) return undefined;
  constants.budget.left -= list.length;
  if (method === 'reverse') return [...list].reverse();
  if (method === 'slice')
    return list.slice(
      numberIn(args[0], constants, depth + 1) ?? 0,
      numberIn(args[1], constants, depth + 1) ?? list.length,
    );
  if (method === 'concat') {
    const more = valuesOf(args[0], constants, depth + 1);
    return more === undefined ? undefined : [...list, ...more].slice(0, mostValues);
  }
  return mapped(list, args[0], constants, depth);
}

/** Only separators that are texts, and cuts of one length: patterns are the attacker's, and are not run. */
function pieces(
  text: string,
  by: Node | undefined,
  constants: Constants,
  depth: number,
): readonly string[] | undefined {
  const separator = constants.fold(by, constants, depth + 1)?.text;
  if (separator !== undefined) return text.split(separator, mostValues);
  const pattern = (by as unknown as { regex?: { pattern?: unknown } } | undefined)?.regex?.pattern;
  const dots =
    typeof pattern === 'string' ? /^(\.{1,4})$|^(?:\.|\[\\s\\S\])\{(?:1,)?([1-4])\}$/.exec(pattern) : null;
  if (dots === null) return undefined;
  const length = dots[1]?.length ?? Number(dots[2]);
  return Array.from({ length: Math.min(mostValues, Math.ceil(text.length / length)) }, (_, at) =>
    text.slice(at * length, (at + 1) * length),
  );
}

function mapped(
  list: readonly Value[],
  by: Node | undefined,
  constants: Constants,
  depth: number,
): readonly Value[] | undefined {
  if (by === undefined) return undefined;
  const given = (value: Value): readonly [string | undefined, number | undefined] =>
    typeof value === 'string' ? [value, undefined] : [undefined, value];
  if (!functionTypes.has(by.type)) {
    const name = textOf(by, 'name') ?? textOf(nodeOf(by, 'property'), 'name');
    if (name === 'Number' || name === 'parseInt') return list.map(Number);
    return name === 'fromCharCode' ? list.map((value) => String.fromCharCode(Number(value))) : undefined;
  }
  const [parameter] = nodesOf(by, 'params');
  const returns = returnedBy(by);
  const name = textOf(parameter, 'name');
  if (name === undefined || returns === undefined) return undefined;
  const results: Value[] = [];
  for (const value of list) {
    const [text, number] = given(value);
    const inner = withParameter(
      constants,
      name,
      text === undefined ? undefined : { text, decoded: false },
      number ?? (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined),
    );
    const result = inner.fold(returns, inner, depth + 5)?.text ?? numberIn(returns, inner, depth + 5);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}

/** The expression that a function ends with, where it is that simple. */
export function returnedBy(node: Node): Node | undefined {
  const body = nodeOf(node, 'body');
  if (body?.type !== 'BlockStatement') return body;
  const last = nodesOf(body, 'body').at(-1);
  return last?.type === 'ReturnStatement' ? nodeOf(last, 'argument') : undefined;
}

/** Numbers as tables are read with: written, given, and what is reckoned of those. */
export function numberIn(node: Node | undefined, constants: Constants, depth = 0): number | undefined {
  if (node === undefined || depth > maxDepth || constants.budget.left <= 0) return undefined;
  constants.budget.left -= 1;
  const next = (inner: Node | undefined): number | undefined => numberIn(inner, constants, depth + 1);
  switch (node.type) {
    case 'Identifier':
      return constants.number(textOf(node, 'name') ?? '');
    case 'Literal': {
      const value = (node as unknown as { value: unknown }).value;
      if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value)) return Number(value);
      return typeof value === 'number' ? value : undefined;
    }
    case 'ParenthesizedExpression':
      return next(nodeOf(node, 'expression'));
    case 'UnaryExpression': {
      const value = next(nodeOf(node, 'argument'));
      const operator = textOf(node, 'operator');
      return value === undefined ? undefined : operator === '-' ? -value : operator === '~' ? ~value : value;
    }
    case 'BinaryExpression': {
      const left = next(nodeOf(node, 'left'));
      const right = left === undefined ? undefined : next(nodeOf(node, 'right'));
      return left === undefined || right === undefined
        ? undefined
        : reckoned(textOf(node, 'operator'), left, right);
    }
    case 'CallExpression':
      return calledNumber(node, constants, depth);
    default:
      return undefined;
  }
}

function reckoned(operator: string | undefined, left: number, right: number): number | undefined {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '^':
      return left ^ right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '%':
      return left % right;
    case '<<':
      return left << right;
    case '>>':
      return left >> right;
    case undefined:
    default:
      return undefined;
  }
}

/** `parseInt('6f', 16)`, `Number('111')`, `c.charCodeAt(0)`. */
function calledNumber(node: Node, constants: Constants, depth: number): number | undefined {
  const callee = nodeOf(node, 'callee');
  const [first, second] = nodesOf(node, 'arguments');
  const name =
    textOf(callee, 'name') ?? textOf(callee === undefined ? undefined : nodeOf(callee, 'property'), 'name');
  if (name === 'parseInt' || name === 'Number') {
    const text = constants.fold(first, constants, depth + 1)?.text;
    if (text === undefined) return numberIn(first, constants, depth + 1);
    const value =
      name === 'Number' ? Number(text) : Number.parseInt(text, numberIn(second, constants, depth + 1) ?? 10);
    return Number.isNaN(value) ? undefined : value;
  }
  if ((name === 'charCodeAt' || name === 'codePointAt') && callee?.type === 'MemberExpression') {
    const text = constants.fold(nodeOf(callee, 'object'), constants, depth + 1)?.text;
    return text?.codePointAt(numberIn(first, constants, depth + 1) ?? 0);
  }
  return undefined;
}
