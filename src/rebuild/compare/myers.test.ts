import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editLines, type Edit } from './myers.ts';
import { unifiedDiff } from './unified.ts';

function applied(a: readonly string[], b: readonly string[], edits: readonly Edit[]): readonly string[] {
  const made: string[] = [];
  let at = 0;
  for (const { aStart, aEnd, bStart, bEnd } of edits) {
    made.push(...a.slice(at, aStart), ...b.slice(bStart, bEnd));
    at = aEnd;
  }
  return [...made, ...a.slice(at)];
}

/** Length of the shortest edit, by dynamic programming. */
function shortest(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, line] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      next.push(line === other ? (row[j] ?? 0) : 1 + Math.min(row[j + 1] ?? 0, next[j] ?? 0));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 });

test('the edits make the second text of the first, and no shorter ones do', () => {
  fc.assert(
    fc.property(lines, lines, (a, b) => {
      const { edits, exact } = editLines(a, b);
      assert.ok(exact);
      assert.deepEqual(applied(a, b, edits), b);
      const cost = edits.reduce((sum, edit) => sum + edit.aEnd - edit.aStart + edit.bEnd - edit.bStart, 0);
      assert.equal(cost, shortest(a, b));
    }),
    { numRuns: 500 },
  );
});

test('texts beyond the bound are one edit, which is said', () => {
  const a = Array.from({ length: 3000 }, (_, at) => `a${at}`);
  const b = Array.from({ length: 3000 }, (_, at) => `b${at}`);
  const { edits, exact } = editLines(['same', ...a, 'end'], ['same', ...b, 'end']);
  assert.equal(exact, false);
  assert.deepEqual(edits, [{ aStart: 1, aEnd: 3001, bStart: 1, bEnd: 3001 }]);
});

test('a unified diff has the form that patch reads', () => {
  const a = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'];
  const b = ['1', '2', 'three', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13'];
  assert.equal(
    unifiedDiff(a, b, editLines(a, b).edits, (added) => `${added.length} new`, 10_000),
    '@@ -1,6 +1,6 @@ 1 new\n 1\n 2\n-3\n+three\n 4\n 5\n 6\n@@ -10,3 +10,4 @@ 1 new\n 10\n 11\n 12\n+13\n',
  );
});

test('a diff against nothing names the line before, as diff -u does', () => {
  assert.equal(
    unifiedDiff([], ['x'], editLines([], ['x']).edits, () => '', 100),
    '@@ -0,0 +1 @@\n+x\n',
  );
});

test('a long diff is cut, and says how much is left out', () => {
  const a = Array.from({ length: 500 }, (_, at) => `line ${at}`);
  const b = a.map((line) => `${line}!`);
  const shown = unifiedDiff(a, b, editLines(a, b).edits, () => '', 1000);
  assert.ok(shown.length < 2500);
  assert.match(shown, /more lines are left out/);
});
