import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import spdxList from 'spdx-license-list/full.js';
import { createDetector, type Detection } from './detect.ts';
import { indexOf } from './index.ts';
import { maxTextLength, wordsOf } from './normalise.ts';
import { detectLicence, licenceDetector } from './reference.ts';

function textOf(id: string): string {
  return spdxList[id]?.licenseText ?? assert.fail(`no text of ${id}`);
}

const idsOf = (found: readonly Detection[]): readonly (string | undefined)[] => found.map(({ id }) => id);

test('holders, years, layout and quotes make no difference', async () => {
  const text = textOf('MIT')
    .replace('<year> <copyright holders>', '2011-2026 Kim Example <kim@example.com> (https://example.com)')
    .replaceAll('\n', '\r\n * ')
    .replaceAll('"', '“');
  assert.deepEqual(idsOf(await detectLicence(text)), ['MIT']);
});

test('a sentence that forbids something makes another licence, or is told', async () => {
  const good = 'The Software shall be used for Good, not Evil.';
  const [head, tail] = textOf('MIT').split('THE SOFTWARE IS PROVIDED');
  assert.deepEqual(idsOf(await detectLicence(`${head}${good}\n\nTHE SOFTWARE IS PROVIDED${tail}`)), ['JSON']);
  const clause =
    'The License does not grant to you, and you may not exercise, the right to Sell the Software: to provide to third ' +
    'parties, for a fee or other consideration, a product or service whose value derives from the functionality of it.';
  assert.deepEqual(
    idsOf(await detectLicence(`"Commons" condition\n\n${clause}\n\n${textOf('Apache-2.0')}`)),
    ['Apache-2.0', undefined],
  );
});

test('two licences in one file are both named', async () => {
  const found = await detectLicence(
    `Either of these.\n\n${textOf('MIT')}\n\n----\n\n${textOf('Apache-2.0')}`,
  );
  assert.deepEqual(new Set(idsOf(found)), new Set(['Apache-2.0', 'MIT']));
});

test('a text repeated for many holders is one licence, and hides no other', async () => {
  const copies = Array.from(
    { length: 40 },
    (_, at) => `## module-${at}, by the authors of it\n\n${textOf('MIT')}\n`,
  );
  const notices = [...copies, textOf('ISC'), ...copies].join('\n');
  assert.deepEqual(new Set(idsOf(await detectLicence(notices))), new Set(['MIT', 'ISC']));
});

test('the short notice of the Apache licence stands for it', async () => {
  const notice = textOf('Apache-2.0').slice(
    textOf('Apache-2.0').indexOf('Licensed under the Apache License, V'),
  );
  assert.deepEqual(idsOf(await detectLicence(`Copyright 2012-2020 Kim Example\n\n${notice}`)), [
    'Apache-2.0',
  ]);
});

test('a text that cannot tell only from later names both', async () => {
  const [found] = await detectLicence(textOf('GPL-2.0-only'));
  assert.equal(found?.id, 'GPL-2.0-only');
  assert.ok(found.also.includes('GPL-2.0-or-later'));
});

test('the lesser licence alone is not taken for the greater, nor for unknown', async () => {
  const whole = textOf('LGPL-3.0-only');
  const alone = whole.slice(0, whole.indexOf('GNU GENERAL PUBLIC LICENSE\nVersion 3'));
  assert.deepEqual(idsOf(await detectLicence(alone)), ['LGPL-3.0-only']);
});

test('prose, and nothing at all, are no licence', async () => {
  assert.deepEqual(await detectLicence(''), []);
  assert.deepEqual(await detectLicence('  \n\t—\n'), []);
  const prose = 'Wash the rice until the water runs clear, then cook it slowly with the lid on. '.repeat(20);
  assert.deepEqual(idsOf(await detectLicence(prose)), [undefined]);
});

test('what lies beyond the length that is read is told as unknown', async () => {
  const text = `${textOf('MIT')}\n${'x '.repeat(maxTextLength / 2)}`;
  assert.deepEqual(idsOf(await detectLicence(text)), ['MIT', undefined]);
});

test('a character that stands for many hides nothing behind it, nor does a wall of signs', async () => {
  const hidden = `${'\ufdfa'.repeat(maxTextLength / 16)}\n${textOf('MIT')}`;
  assert.ok(hidden.length < maxTextLength);
  for (const text of [hidden, '-'.repeat(maxTextLength + 1)]) {
    assert.deepEqual(idsOf(await detectLicence(text)), [undefined]);
  }
});

test('reading popular licences first changes no answer', async () => {
  const detector = await licenceDetector();
  for (const [id, { licenseText }] of Object.entries(spdxList)) {
    assert.deepEqual(idsOf(await detectLicence(licenseText)), idsOf(detector(licenseText).found), id);
  }
});

test('any text gets an answer, and its similarities are shares', async () => {
  const detector = await licenceDetector();
  const pieces = fc.constantFrom(
    ...Object.values(spdxList).map(({ licenseText }) => licenseText.slice(0, 3000)),
  );
  const text = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 300 })), { maxLength: 6 });
  fc.assert(
    fc.property(text, (parts) => {
      const { found, rest } = detector(parts.join('\n'));
      assert.ok(found.length <= 34 && rest >= 0);
      for (const one of found) assert.ok(one.similarity >= 0 && one.similarity <= 1);
      const named = idsOf(found).filter((id) => id !== undefined);
      assert.equal(new Set(named).size, named.length, 'no id twice');
    }),
    { numRuns: 60 },
  );
});

test('an answer does not depend on what was asked before', () => {
  const detector = createDetector(indexOf(['MIT', 'ISC', 'Zlib'].map((id) => ({ id, text: textOf(id) }))));
  const first = detector(textOf('ISC'));
  detector(textOf('MIT'));
  assert.deepEqual(detector(textOf('ISC')), first);
});

test('a notice of rights is left out, a sentence about notices is not', () => {
  const count = (text: string): number => wordsOf(text).length;
  for (const line of [
    'Copyright (c) 2020 Kim Example',
    'Copyright 2020',
    '© 2020 Kim',
    '// Copyright Kim Example and contributors, 2020',
    'Portions Copyright (C) 2001 The Others',
    'All rights reserved.',
    'Copyright <YEAR> <COPYRIGHT HOLDER>',
  ]) {
    assert.equal(count(line), 0, line);
  }
  for (const line of [
    'copyright notice, this list of conditions and the following',
    'Copyright holders may not be named in advertising.',
    'copyright owner that is granting the License.',
  ]) {
    assert.ok(count(line) > 4, line);
  }
});
