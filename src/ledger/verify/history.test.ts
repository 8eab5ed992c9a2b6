import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { historyProblems, type HistoryEntry } from './history.ts';

function chain(length: number): readonly HistoryEntry[] {
  return Array.from({ length }, (_, n) => ({
    index: n * 3 + 1,
    id: `id-${n}`,
    prev: n === 0 ? '' : `id-${n - 1}`,
  }));
}

const lengths = fc.integer({ min: 1, max: 30 });

test('a whole history has no problem, in whatever order it is shown', () => {
  assert.deepEqual(historyProblems([]), []);
  const shuffled = lengths.chain((length) =>
    fc.shuffledSubarray([...chain(length)], { minLength: length, maxLength: length }),
  );
  fc.assert(fc.property(shuffled, (entries) => assert.deepEqual(historyProblems(entries), [])));
});

test('any entry but the newest that is held back is noticed, and its id is named', () => {
  const cases = lengths
    .filter((length) => length > 1)
    .chain((length) => fc.tuple(fc.constant(length), fc.nat({ max: length - 2 })));
  fc.assert(
    fc.property(cases, ([length, withheld]) => {
      const problems = historyProblems(chain(length).filter((_, n) => n !== withheld));
      assert.deepEqual(problems[0], { kind: 'withheld', index: withheld * 3 + 4, id: `id-${withheld}` });
    }),
  );
});

test('the newest entry held back is what the links cannot show', () => {
  assert.deepEqual(historyProblems(chain(5).slice(0, 4)), []);
});

test('a second beginning, a branch, an entry twice and a link forward are noticed', () => {
  const [first, second, third] = chain(3);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const kinds = (entries: readonly HistoryEntry[]): readonly string[] =>
    historyProblems(entries).map(({ kind }) => kind);
  assert.deepEqual(kinds([first, { ...second, prev: '' }, third]), ['two-firsts']);
  assert.deepEqual(kinds([first, second, { ...third, prev: first.id }]), ['branch']);
  assert.deepEqual(kinds([first, first]), ['twice', 'two-firsts']);
  assert.deepEqual(kinds([{ ...first, index: 50 }, second]), ['backwards']);
  assert.deepEqual(kinds([{ ...first, prev: third.id }, second, third]), ['backwards', 'no-first']);
});

test('a closed link says that nothing can be said, and is no gap', () => {
  const [first, second] = chain(2);
  assert.ok(first !== undefined && second !== undefined);
  assert.deepEqual(historyProblems([first, { ...second, prev: undefined }]), [{ kind: 'closed', index: 4 }]);
});
