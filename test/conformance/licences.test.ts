/** The 819 texts that SPDX tests its own tools with: each is named, or known to be unknown. docs/accuracy.md has the figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { licenceDetector } from '../../src/licences/reference.ts';
import { gradesOf, precisionOf, recallOf } from '../support/licences/measure.ts';
import {
  gradeOf,
  skipLicenceTexts as skip,
  textsOfSpdx,
  type LicenceText,
} from '../support/licences/texts.ts';
import { variants } from '../support/licences/variants.ts';

const texts = skip === false ? textsOfSpdx() : [];
const detect = await licenceDetector();

function group(name: LicenceText['group']): readonly LicenceText[] {
  return texts.filter((one) => one.group === name);
}

test('the whole set is there', { skip }, () => {
  assert.equal(texts.length, 819);
  assert.deepEqual([group('licence').length, group('newer').length, group('exception').length], [727, 6, 86]);
});

test('every text of a licence that the list has is named by its id', { skip }, () => {
  for (const { id, text } of group('licence')) {
    assert.match(gradeOf(id, detect(text).found), /^(?:right|and-more)$/, id);
  }
});

test(
  'texts that we have none of are unknown, but for three that hold or repeat a known one',
  { skip },
  () => {
    const wrong = texts.filter(({ id, text }) => gradeOf(id, detect(text).found) === 'wrong');
    assert.deepEqual(
      wrong.map(({ id }) => id),
      ['CC-BY-NC-3.0-IGO', 'Fawkes-Runtime-exception', 'MVT-1.1'],
    );
    assert.ok(precisionOf(gradesOf(texts, detect)) > 0.99);
  },
);

for (const { name, bend } of variants.filter((one) => one.name !== 'every 20th word another')) {
  test(`recognised ${name}: at least 98.5 % named, at least 99.5 % of names right`, { skip }, () => {
    const grades = gradesOf(group('licence'), detect, bend);
    assert.ok(recallOf(grades) >= 0.985, `recall ${recallOf(grades)}`);
    assert.ok(precisionOf(grades) >= 0.995, `precision ${precisionOf(grades)}`);
  });
}

test('a text that was changed throughout is rather unknown than named wrong', { skip }, () => {
  const changed = variants.find((one) => one.name === 'every 20th word another');
  const grades = gradesOf(group('licence'), detect, changed?.bend);
  assert.ok(precisionOf(grades) >= 0.995);
});
