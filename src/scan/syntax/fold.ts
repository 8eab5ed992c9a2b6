/** What a string expression is, where that can be told without running anything: sums, joins, decodings. */
import type { Constants, Folded, Value } from './constants.ts';
import { numberIn, valuesOf, withParameter } from './fold-values.ts';
import { nodeOf, nodesOf, textOf, type Node } from './tree.ts';

export const longestFolded = 200_000;
const maxDepth = 60;

/** Undefined where it depends on what only a run shows. Template placeholders become a space. */
export function fold(node: Node | undefined, constants: Constants, depth = 0): Folded | undefined {
  if (node === undefined || depth > maxDepth || constants.budget.left <= 0) return undefined;
  constants.budget.left -= 1;
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
    case 'Identifier': {
      const name = textOf(node, 'name') ?? '';
      return name === '__dirname' ? { text: '.', decoded: false } : constants.text(name);
    }
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'ChainExpression':
      return next(nodeOf(node, 'expression') ?? nodeOf(node, 'argument'));
    case 'AssignmentExpression':
      return textOf(node, 'operator') === '=' ? next(nodeOf(node, 'right')) : undefined;
    case 'LogicalExpression':
      return next(nodeOf(node, 'left')) ?? next(nodeOf(node, 'right'));
    case 'ConditionalExpression':
      return next(nodeOf(node, 'consequent')) ?? next(nodeOf(node, 'alternate'));
    case 'SequenceExpression':
      return next(nodesOf(node, 'expressions').at(-1));
    case 'NewExpression':
      return textOf(nodeOf(node, 'callee'), 'name') === 'URL'
        ? next(nodesOf(node, 'arguments')[0])
        : undefined;
    case 'CallExpression':
      return decodedByFunction(node, constants, depth) ?? call(node, constants, depth);
    case 'MemberExpression':
      return listed(node, constants, depth) ?? constants.member(node);
    default:
      return undefined;
  }
}

function listed(node: Node, constants: Constants, depth: number): Folded | undefined {
  const computed = (node as unknown as { computed?: boolean }).computed === true;
  if (!computed) {
    const meta = nodeOf(node, 'object')?.type === 'MetaProperty';
    const isHere = meta && /^(?:dirname|url|filename)$/.test(textOf(nodeOf(node, 'property'), 'name') ?? '');
    return isHere ? { text: '.', decoded: false } : undefined;
  }
  const at = numberIn(nodeOf(node, 'property'), constants, depth + 1);
  if (at === undefined) return undefined;
  const value = valuesOf(nodeOf(node, 'object'), constants, depth + 1)?.[at];
  return typeof value === 'string' ? { text: value, decoded: false } : undefined;
}

function decodedByFunction(node: Node, constants: Constants, depth: number): Folded | undefined {
  const callee = nodeOf(node, 'callee');
  const decoder = callee?.type === 'Identifier' ? constants.decoder(textOf(callee, 'name') ?? '') : undefined;
  if (decoder === undefined || depth > 10) return undefined;
  const [argument] = nodesOf(node, 'arguments');
  const text = fold(argument, constants, depth + 1);
  const number = numberIn(argument, constants, depth + 1);
  if (text === undefined && number === undefined) return undefined;
  const result = fold(decoder.returns, withParameter(constants, decoder.parameter, text, number), depth + 5);
  if (result === undefined) return undefined;
  // What comes out as it went in is not hidden: a function that quotes, or cuts off what is not there.
  return { text: result.text, decoded: result.text !== text?.text || text.decoded };
}

function templateText(node: Node, next: (inner: Node | undefined) => Folded | undefined): Folded {
  const parts = nodesOf(node, 'quasis').map((quasi) => {
    const value = (quasi as unknown as { value?: { cooked?: unknown } }).value;
    return typeof value?.cooked === 'string' ? value.cooked : '';
  });
  const inserted = nodesOf(node, 'expressions').map((inner) => next(inner));
  const text = parts
    .map((part, index) => part + (inserted[index]?.text ?? (index < inserted.length ? ' ' : '')))
    .join('');
  return withParts(text, inserted);
}

function withParts(text: string, parts: readonly (Folded | undefined)[]): Folded {
  const decoded = parts.some((part) => part?.decoded === true);
  const partial = parts.some((part) => part === undefined || part.partial === true);
  return { text: text.slice(0, longestFolded), decoded, ...(partial ? { partial } : {}) };
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
  return withParts(text, parts);
}

function call(node: Node, constants: Constants, depth: number): Folded | undefined {
  const next = (inner: Node | undefined): Folded | undefined => fold(inner, constants, depth + 1);
  const callee = nodeOf(node, 'callee');
  const [first, second] = nodesOf(node, 'arguments');
  if (callee?.type === 'Identifier') {
    const name = textOf(callee, 'name');
    if (name === 'atob') return decodedBy('base64', next(first));
    if (name === 'decodeURIComponent' || name === 'unescape') return percentDecoded(next(first));
    if (name === 'String' || name === 'fileURLToPath') return next(first);
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
    return codesText(valuesOf(first, constants, depth + 1)) ?? next(first);
  }
  if (method === 'fromCharCode' || method === 'fromCodePoint') return fromCodes(node, constants, depth);
  if (method === 'decode') return codesText(valuesOf(first, constants, depth + 1));
  if (method === 'atob') return decodedBy('base64', next(first));
  if (method === 'decodeURIComponent') return percentDecoded(next(first));
  // A list is joined with one argument, paths with several.
  if ((method === 'join' || method === 'resolve') && (objectName === 'path' || second !== undefined))
    return pathText(nodesOf(node, 'arguments').map(next));
  if (method === 'join') return joined(object, next(first)?.text ?? ',', constants, depth);
  return textMethod(method, next(object), nodesOf(node, 'arguments'), constants, depth);
}

/** `path.join(__dirname, 'a', 'b')`: what is not known is a space. */
function pathText(parts: readonly (Folded | undefined)[]): Folded | undefined {
  if (parts.every((part) => part === undefined)) return undefined;
  return withParts(parts.map((part) => part?.text ?? ' ').join('/'), parts);
}

/** Methods of texts. Nobody writes a text with them that could be written as it is. */
function textMethod(
  method: string | undefined,
  source: Folded | undefined,
  args: readonly Node[],
  constants: Constants,
  depth: number,
): Folded | undefined {
  if (source === undefined) return undefined;
  const { text } = source;
  const words = (at: number): string | undefined => fold(args[at], constants, depth + 1)?.text;
  const number = (at: number): number | undefined => numberIn(args[at], constants, depth + 1);
  // Of a long text, or one whose parts are not all known, this is how every parser cuts it.
  const short = source.partial !== true && text.length <= 400;
  const hidden = (result: string): Folded => ({
    text: result.slice(0, longestFolded),
    decoded: source.decoded || short,
    ...(source.partial === true ? { partial: true } : {}),
  });
  const isUnknown = (at: number): boolean => args[at] !== undefined && number(at) === undefined;
  switch (method) {
    case 'toString':
    case 'trim':
    case 'valueOf':
    case 'normalize':
      return source;
    case 'concat': {
      const parts = args.map((_, at) => words(at) ?? ' ');
      return { text: (text + parts.join('')).slice(0, longestFolded), decoded: source.decoded };
    }
    case 'toLowerCase':
      return text === text.toLowerCase() ? source : hidden(text.toLowerCase());
    case 'toUpperCase':
      return text === text.toUpperCase() ? source : hidden(text.toUpperCase());
    case 'slice':
    case 'substring':
      if (isUnknown(0) || isUnknown(1)) return undefined;
      return hidden(text[method](number(0) ?? 0, number(1)));
    case 'substr':
      if (isUnknown(0) || isUnknown(1)) return undefined;
      return hidden(text.slice(number(0) ?? 0, (number(0) ?? 0) + (number(1) ?? text.length)));
    case 'charAt':
    case 'at':
      if (isUnknown(0)) return undefined;
      return hidden(text.charAt(number(0) ?? 0));
    case 'replace':
    case 'replaceAll': {
      const from = words(0) ?? plainPattern(args[0]);
      const to = words(1);
      if (from === undefined || from === '' || to === undefined) return undefined;
      const result = text.replaceAll(from, () => to);
      return result === text || isSameSite(text, result) ? { ...source, text: result } : hidden(result);
    }
    case undefined:
    default:
      return undefined;
  }
}

/** From an address to one of the same host, or of one that it is part of: the host stood there to be read. */
function isSameSite(one: string, other: string): boolean {
  const [from, to] = [one, other].map(
    (text) => /^(?:https?|wss?):\/\/([A-Za-z0-9.-]+)(?=[/:?#]|$)/.exec(text)?.[1],
  );
  return (
    from !== undefined && to !== undefined && (from === to || (to.includes('.') && from.endsWith(`.${to}`)))
  );
}

/** A regular expression that is a text: others are not run, they are the attacker's. */
function plainPattern(node: Node | undefined): string | undefined {
  const pattern = (node as unknown as { regex?: { pattern?: unknown } } | undefined)?.regex?.pattern;
  return typeof pattern === 'string' && /^[\w\s#@!~%&=:;,<>/"'`-]{1,40}$/.test(pattern) ? pattern : undefined;
}

/** `['a','b'].join('')`, `'ba'.split('').reverse().join('')`, `[99, 112].map((c) => String.fromCharCode(c)).join('')`. */
function joined(
  object: Node | undefined,
  separator: string,
  constants: Constants,
  depth: number,
): Folded | undefined {
  if (object?.type === 'ArrayExpression') {
    const elements = nodesOf(object, 'elements');
    if (elements.every(({ type }) => type !== 'SpreadElement')) {
      const parts = elements.map((element) => fold(element, constants, depth + 1));
      if (parts.every((part) => part === undefined)) return undefined;
      return withParts(parts.map((part) => part?.text ?? ' ').join(separator), parts);
    }
  }
  const values = valuesOf(object, constants, depth + 1);
  const decoded = object?.type !== 'Identifier';
  return values === undefined ? undefined : { text: values.join(separator).slice(0, longestFolded), decoded };
}

function fromCodes(node: Node, constants: Constants, depth: number): Folded | undefined {
  const codes = nodesOf(node, 'arguments').flatMap((argument): readonly (Value | undefined)[] =>
    argument.type === 'SpreadElement'
      ? (valuesOf(nodeOf(argument, 'argument'), constants, depth + 1) ?? [undefined])
      : [numberIn(argument, constants, depth + 1)],
  );
  if (codes.some((code) => typeof code !== 'number')) return undefined;
  return { text: String.fromCharCode(...codes.slice(0, 50_000).map(Number)), decoded: true };
}

function codesText(values: readonly Value[] | undefined): Folded | undefined {
  if (values === undefined || values.length < 3 || values.some((value) => typeof value !== 'number'))
    return undefined;
  const bytes = Buffer.from(values.map(Number));
  return { text: bytes.toString('latin1').slice(0, longestFolded), decoded: true };
}

function decodedBy(encoding: 'base64' | 'base64url' | 'hex', source: Folded | undefined): Folded | undefined {
  if (source === undefined) return undefined;
  return {
    text: Buffer.from(source.text, encoding).toString('latin1').slice(0, longestFolded),
    decoded: true,
  };
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
