import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import { indexParagraphs, readParagraph, textOf } from './deb822.ts';

const name = fc.stringMatching(/^[A-Z][A-Za-z0-9-]{0,12}$/);
const word = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const value = fc.tuple(fc.option(word, { nil: '' }), fc.array(word, { maxLength: 4 }));
const fields = fc.uniqueArray(fc.tuple(name, value), {
  minLength: 1,
  maxLength: 8,
  selector: ([key]) => key.toLowerCase(),
});

function write(of: readonly (readonly [string, readonly [string, readonly string[]]])[]): string {
  return of
    .map(([key, [first, rest]]) => [`${key}: ${first}`, ...rest.map((line) => ` ${line}`)].join('\n'))
    .join('\n');
}

describe('a paragraph', () => {
  test('reads as it was written, whatever its fields', () => {
    fc.assert(
      fc.property(fields, (of) => {
        const read = readParagraph(write(of), 'it');
        assert.equal(read.size, of.length);
        for (const [key, [first, rest]] of of)
          assert.equal(read.get(key.toLowerCase()), [first, ...rest].join('\n'));
      }),
    );
  });

  test('is read or refused with one code, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', ':', ' ', '\n', '\t', '-', '#', '\r', 'ä', '\0') }),
        (text) => {
          try {
            readParagraph(text, 'it');
          } catch (error) {
            assert.ok(isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'), String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  for (const [why, text] of [
    ['has a field twice, in any case', 'Depends: a\ndepends: b'],
    ['has a carriage return', 'Depends: a\r\nVersion: 1'],
    ['has a line of blanks', 'Depends: a\n \nVersion: 1'],
    ['begins with a continued line', ' a\nVersion: 1'],
    ['has a line without a colon', 'Depends a'],
    ['has a comment', '# Depends: a\nVersion: 1'],
    ['begins a name with a dash', '-Depends: a'],
    ['is two', 'Depends: a\n\nVersion: 1'],
  ] as const)
    test(`is refused when it ${why}`, () => {
      assert.throws(
        () => readParagraph(text, 'it'),
        (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'),
      );
    });

  test('is refused when it is no UTF-8', () => {
    assert.throws(
      () => textOf(Buffer.from([0x41, 0xff]), 'it'),
      (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'),
    );
  });
});

describe('an index', () => {
  const index = indexParagraphs(
    'Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\nProvides: v (= 2), w:any\n\nPackage: a\nVersion: 2\n\nPackage: c\nProvides: v\n',
    'it',
  );

  test('finds every paragraph of a name and no other', () => {
    assert.equal(index.size, 4);
    assert.deepEqual(
      index.named('a').map((one) => one.get('version')),
      ['1', '2'],
    );
    assert.deepEqual(index.named('A'), []);
    assert.deepEqual(index.named('__proto__'), []);
  });

  test('knows who provides a name', () => {
    assert.deepEqual(index.providersOf('v'), ['b', 'c']);
    assert.deepEqual(index.providersOf('w'), ['b']);
    assert.deepEqual(index.providersOf('a'), []);
  });

  test('is refused with a paragraph that names no package', () => {
    assert.throws(
      () => indexParagraphs('Package: a\n\nVersion: 1\n', 'it'),
      (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'),
    );
  });
});
