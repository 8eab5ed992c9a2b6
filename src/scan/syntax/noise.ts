/** Loops that only print: whoever loads them never goes on. */
import { pathOf, type Names } from './names.ts';
import { nodeOf, nodesIn, textOf, type Node } from './tree.ts';

export function isEndlessNoise(state: Names, node: Node): boolean {
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
  for (const inner of nodesIn(body)) {
    if (/^(?:Break|Return|Throw)Statement$|^(?:Await|Yield)Expression$/.test(inner.type)) ends = true;
    if (
      inner.type === 'CallExpression' &&
      /^(?:console\.\w+|process\.stdout\.write)$/.test(pathOf(state, nodeOf(inner, 'callee')) ?? '')
    )
      prints = true;
  }
  return prints && !ends;
}
