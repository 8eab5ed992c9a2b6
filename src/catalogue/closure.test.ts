import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPurl, type Purl } from '../core/purl.ts';
import { closureShare, reachable } from './closure.ts';

const purl = (name: string): Purl => formatPurl('npm', name, '1.0.0');

test('a closure is what can be reached, once each, without where it began; a circle ends', () => {
  const edges: Readonly<Record<string, readonly string[]>> = {
    a: ['b', 'c'],
    b: ['c', 'a'],
    c: ['d', 'c'],
    e: ['a'],
  };
  const from = (node: string, most = 100) => reachable(node, (one) => edges[one] ?? [], most);
  assert.deepEqual([...from('a').nodes].sort(), ['b', 'c', 'd']);
  assert.deepEqual(from('d'), { nodes: [], clipped: false });
  assert.equal(from('e', 2).clipped, true);
});

test('what is unknown counts in the total and never as Secure', () => {
  const classes = new Map([
    [purl('a'), 'secure'],
    [purl('b'), 'community'],
  ] as const);
  const classOf = (of: Purl) => {
    const found = classes.get(of);
    return found === undefined ? undefined : { class: found };
  };
  assert.deepEqual(closureShare([purl('a'), purl('a'), purl('b'), purl('c')], classOf, 2), {
    total: 5,
    secure: 1,
    unknown: 3,
    clipped: false,
  });
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd')), fc.nat(9), (names, unresolved) => {
      const { total, secure, unknown } = closureShare(names.map(purl), classOf, unresolved);
      assert.ok(secure + unknown <= total && unknown >= unresolved && secure <= 1);
    }),
  );
});
