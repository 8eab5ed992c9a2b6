import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import ids from 'spdx-license-ids/index.json' with { type: 'json' };
import { expressionText, maxExpressionLength, readExpression, termsOf, type Declared } from './expression.ts';

function read(text: string): Extract<Declared, { kind: 'expression' }> {
  const declared = readExpression(text);
  return declared.kind === 'expression' ? declared : assert.fail(`${text}: ${declared.kind}`);
}

test('expressions are read with their precedence, and written in today’s ids', () => {
  for (const [text, plain] of [
    ['MIT', 'MIT'],
    ['(MIT OR Apache-2.0)', 'MIT OR Apache-2.0'],
    ['MIT AND (ISC OR Zlib)', 'MIT AND (ISC OR Zlib)'],
    ['MIT OR ISC AND Zlib', 'MIT OR ISC AND Zlib'],
    ['GPL-2.0', 'GPL-2.0-only'],
    ['GPL-2.0+', 'GPL-2.0-or-later'],
    ['Apache-1.1+', 'Apache-1.1+'],
    ['GPL-2.0-or-later WITH Classpath-exception-2.0', 'GPL-2.0-or-later WITH Classpath-exception-2.0'],
    ['GPL-2.0-with-classpath-exception', 'GPL-2.0-only WITH Classpath-exception-2.0'],
  ] as const) {
    assert.equal(read(text).text, plain);
    assert.equal(read(text).corrected, undefined);
  }
});

test('slips that can mean one licence alone are mended, and said to be', () => {
  for (const [text, plain] of [
    ['mit', 'MIT'],
    ['The MIT License', 'MIT'],
    ['Apache License, Version 2.0', 'Apache-2.0'],
    ['Apache 2', 'Apache-2.0'],
    ['GPLv3', 'GPL-3.0-only'],
    ['gpl-3.0+', 'GPL-3.0-or-later'],
    ['New BSD License', 'BSD-3-Clause'],
    ['mit or (apache-2.0 and bsd-3-clause)', 'MIT OR Apache-2.0 AND BSD-3-Clause'],
  ] as const) {
    assert.equal(read(text).text, plain);
    assert.equal(read(text).corrected, text);
  }
});

test('nothing is guessed: what may mean several licences, or none, stays unknown', () => {
  for (const [text, kind] of [
    ['', 'none'],
    ['UNLICENSED', 'unlicensed'],
    ['Unlicensed', 'unlicensed'],
    ['SEE LICENSE IN LICENSE.md', 'file'],
    ['SEE LICENCE IN x', 'file'],
    ['NOASSERTION', 'no-assertion'],
    ['NONE', 'no-assertion'],
    ['BSD', 'unreadable'],
    ['GPL', 'unreadable'],
    ['MIT, but not for commercial use', 'unreadable'],
    ['MIT Commons Clause', 'unreadable'],
    ['Public Domain', 'unreadable'],
    ['MIT AND', 'unreadable'],
    ['MIT OR something', 'unreadable'],
    ['constructor', 'unreadable'],
    [`MIT${' AND MIT'.repeat(maxExpressionLength / 8)}`, 'unreadable'],
  ] as const) {
    assert.equal(readExpression(text).kind, kind, text);
  }
});

test('any text is read without an error, in bounded time and depth', () => {
  const word = fc.constantFrom(
    '(',
    ')',
    ' AND ',
    ' OR ',
    ' WITH ',
    '+',
    'MIT',
    'mit',
    'GPL-2.0',
    'DocumentRef-a:',
    ' ',
    '/',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(word, { maxLength: 400 }).map((parts) => parts.join('')),
  );
  fc.assert(fc.property(text, (one) => void readExpression(one)));
  const nested = `${'('.repeat(490)}MIT${')'.repeat(490)}`;
  assert.equal(read(nested).text, 'MIT');
  assert.equal(readExpression('('.repeat(900)).kind, 'unreadable');
});

test('what is written can be read again, to the same terms', () => {
  const tree = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(...ids),
      fc
        .tuple(tie('text'), fc.constantFrom('AND', 'OR'), tie('text'))
        .map(([a, word, b]) => `(${a} ${word} ${b})`),
    ),
  })).text;
  fc.assert(
    fc.property(tree, (text) => {
      fc.pre(text.length <= maxExpressionLength / 2);
      const { expression } = read(text);
      const again = read(expressionText(expression));
      assert.deepEqual(termsOf(again.expression), termsOf(expression));
      assert.equal(again.text, expressionText(expression));
    }),
  );
});
