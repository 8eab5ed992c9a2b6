import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackageClass } from '../core/rebuild.ts';
import { summaryOf } from './summary.ts';

const community = (because: string): PackageClass => ({ class: 'community', grade: 'signed', because });
const secure: PackageClass = { class: 'secure', grade: 'rebuilt', because: 'It was built.' };

test('a share is never rounded up, and the unknown count against it', () => {
  const all = Array.from({ length: 999 }, () => secure);
  assert.equal(summaryOf(all, 1).securePercent, 99);
  assert.equal(summaryOf(all, 0).securePercent, 100);
  assert.equal(summaryOf([], 3).securePercent, 0);
  assert.equal(summaryOf([], 0).securePercent, undefined);
});

test('what keeps most from being Secure is told first, and alike reasons are one', () => {
  const { reasons, grades } = summaryOf(
    [
      secure,
      community('Nobody approved its source (https://a.example) yet.'),
      community('It was not built here.'),
      community('Nobody approved its source (https://b.example) yet.'),
    ],
    0,
  );
  assert.deepEqual(reasons, [
    { because: 'Nobody approved its source yet.', count: 2 },
    { because: 'It was not built here.', count: 1 },
  ]);
  assert.deepEqual([grades.rebuilt, grades.signed], [1, 3]);
});
