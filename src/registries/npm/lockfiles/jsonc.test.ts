import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainJson } from './jsonc.ts';

test('plain JSON stays as it is, byte for byte', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 4 }), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.equal(plainJson(text), text);
    }),
  );
});

test('trailing commas and comments go, strings that look like them stay', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['[1,]', [1]],
    ['{"a":[1, 2 , ] , }', { a: [1, 2] }],
    ['[1, // one\n 2, /* two */ ]', [1, 2]],
    ['["//", "/*", ",]", "\\",]"]', ['//', '/*', ',]', '",]']],
    ['[1 /*,*/ , // ,\n ]', [1]],
  ];
  for (const [text, value] of cases) assert.deepEqual(JSON.parse(plainJson(text)), value, text);
});

test('what is not JSON does not become JSON', () => {
  for (const text of ['[,]', '[1,,]', '{,}', '["a]', '[1 2]', '/* open', ','])
    assert.throws(() => JSON.parse(plainJson(text)), SyntaxError, text);
});
