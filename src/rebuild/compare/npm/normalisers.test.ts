import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Normaliser, Side } from '../../../core/comparison-input.ts';
import { commit, compared, facts, file, thing } from '../testing/packages.ts';
import { readManifest } from './json-keys.ts';
import { embeddedCommit, embeddedDate, embeddedPath, lineEndings, sourceMapPaths } from './normalisers.ts';

function after({ apply }: Normaliser, text: string, side: Side = 'upstream', path = 'x.js'): string {
  return Buffer.from(apply(Buffer.from(text), { path, side, facts })).toString('utf8');
}

const left: readonly (readonly [string, Normaliser, string, Side?])[] = [
  ['another commit', embeddedCommit, `"${'ab'.repeat(20)}"`],
  ['six digits of the commit', embeddedCommit, commit.slice(0, 6)],
  ['the commit inside a word', embeddedCommit, `x${commit}`],
  ['a day before the day of publication', embeddedDate, '2024-02-27T12:00:00Z'],
  ['a time after publication', embeddedDate, '2024-03-01T12:00:01Z'],
  ['a time before the commit', embeddedDate, '2024-03-01T09:59:59Z'],
  ['a number that is nearly a known second', embeddedDate, String(facts.sourceDateEpoch + 1)],
  ['a known second inside a number', embeddedDate, `1${facts.sourceDateEpoch}`],
  ['a day that is no date', embeddedDate, '2024-99-99'],
  ['upstream’s time of publication in what was built here', embeddedDate, '2024-03-03T12:00:00Z', 'rebuilt'],
  ['the folder of the other side', embeddedPath, '"/build/source/a.js"'],
  ['a longer name of a folder', embeddedPath, '"/home/runner/work/thing/thing2/a.js"'],
  ['a folder below another', embeddedPath, '"/x/home/runner/work/thing/thing/a.js"'],
  ['a lone CR', lineEndings, 'a\rb'],
  ['CR LF in what is no text', lineEndings, 'a\0\r\n'],
  ['a map by another name', sourceMapPaths, '{"sources":["../a.ts"]}'],
];
for (const [what, normaliser, text, side] of left) {
  test(`left as it is: ${what}`, () => assert.equal(after(normaliser, text, side), text));
}

const taken: readonly (readonly [string, Normaliser, string, string, Side?])[] = [
  ['the commit', embeddedCommit, `v1-${commit.slice(0, 8)}.`, 'v1-<assay:commit>.'],
  ['the second of the commit', embeddedDate, `t=${facts.sourceDateEpoch};`, 't=<assay:epoch>;'],
  ['its milliseconds', embeddedDate, `t=${facts.sourceDateEpoch}000;`, 't=<assay:epoch>;'],
  ['its day, in any zone', embeddedDate, '2024-03-02', '<assay:day>'],
  ['a time with a zone', embeddedDate, '"2024-03-01T13:30:00+02:00"', '"<assay:time>"'],
  ['a time of HTTP', embeddedDate, 'Fri, 01 Mar 2024 10:00:00 GMT', '<assay:http-date>'],
  ['a time of JavaScript', embeddedDate, 'Fri Mar 01 2024 10:00:00 GMT+0000 (UTC)', '<assay:js-date>'],
  ['the folder', embeddedPath, '"/home/runner/work/thing/thing/a.js"', '"<assay:path>/a.js"'],
];
for (const [what, normaliser, text, expected, side] of taken) {
  test(`taken out: ${what}`, () => assert.equal(after(normaliser, text, side), expected));
}

test('a file that writes our placeholder itself is not taken for one that was normalised', () => {
  const forged = compared(
    [...thing, file('a.js', '/* <assay:commit> */')],
    [...thing, file('a.js', `/* ${commit} */`)],
  );
  assert.equal(forged.counts.benign, 0);
});

test('two normalisers together explain what none does alone, and both are recorded', () => {
  const { verdict, normalisers } = compared(
    [...thing, file('a.js', `/* ${commit.slice(0, 7)} */\r\n`)],
    [...thing, file('a.js', `/* ${commit.slice(0, 8)} */\n`)],
  );
  assert.equal(verdict, 'benign-difference');
  assert.deepEqual(
    normalisers.map(({ name, touched }) => [name, touched]),
    [
      ['embedded-commit', 1],
      ['line-endings', 1],
    ],
  );
});

test('dates, commits and folders in one file are taken out together', () => {
  const { verdict } = compared(
    [
      ...thing,
      file('a.js', `/* ${commit.slice(0, 7)} 2024-03-01T11:00:00Z */ "/home/runner/work/thing/thing/a"`),
    ],
    [...thing, file('a.js', `/* ${commit.slice(0, 8)} 2024-03-01T10:00:01Z */ "/build/source/a"`)],
  );
  assert.equal(verdict, 'benign-difference');
});

test('a normaliser that was not needed is not recorded', () => {
  const { normalisers } = compared(
    [...thing, file('a.js', `/* ${commit} */\r\n`)],
    [...thing, file('a.js', `/* ${commit} */\n`)],
  );
  assert.deepEqual(
    normalisers.map(({ name }) => name),
    ['line-endings'],
  );
});

test('a manifest is read when every reader reads it alike, and only then', () => {
  const refused = [
    '{"a":1,"a":2}',
    '{"x":{"b":1,"\\u0062":2}}',
    '[]',
    '1',
    '{',
    `{"a":${'['.repeat(200)}${']'.repeat(200)}}`,
    '{"a":"\\ud800"}',
  ];
  for (const text of refused) assert.equal(readManifest(Buffer.from(text)).manifest, undefined, text);
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (inner, spaced) => {
      const value = { inner, more: [inner] };
      const text = JSON.stringify(value, undefined, spaced ? 2 : 0);
      const { manifest } = readManifest(Buffer.from(text, 'utf8'));
      if (text.isWellFormed() && !/\\ud[89a-f]/i.test(text)) assert.deepEqual(manifest, JSON.parse(text));
    }),
  );
});
