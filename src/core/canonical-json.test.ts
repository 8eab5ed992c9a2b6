import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, hasCanonicalForm } from './canonical-json.ts';
import type { Json } from './json.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 8 });
const halves = fc.constantFrom('\ud800', 'a\udc00', '\ud83d\ude00', 'plain');
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, 0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
    anyText,
    halves,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(anyText, halves), tie('value'), { maxKeys: 3 }),
  ),
}));

test('a value has a canonical form exactly where it can be made', () => {
  fc.assert(
    fc.property(value, (any) => {
      const made = (): string => canonicalJson(any);
      if (hasCanonicalForm(any)) assert.doesNotThrow(made);
      else assert.throws(made, { code: 'CANONICAL_JSON_UNREPRESENTABLE' });
    }),
    { numRuns: 2000 },
  );
});

test('keys are in order of their UTF-16 units, and numbers and texts as ECMAScript writes them', () => {
  const mixed = { '\ufb33': 1, '\ud83d\ude00': 2, b: [1e21, -0, 'é\n'], a: null };
  assert.equal(canonicalJson(mixed), '{"a":null,"b":[1e+21,0,"é\\n"],"\ud83d\ude00":2,"\ufb33":1}');
});
