import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StandsOnShown } from '../server/control/catalogue-protocol.ts';
import { foundationLines } from './foundation-lines.ts';

const grades = { rebuilt: 0, reproduced: 0, attested: 0, signed: 0, unverified: 0 };
const input = { class: 'community', grade: 'unverified', assayed: true, suspected: false } as const;
const stands: StandsOnShown = {
  source: { repository: 'https://git.example.com/x\u001b[2J', approved: false },
  mode: 'assayed',
  counts: [
    { role: 'toolchain', total: 2, secure: 0, grades: { ...grades, unverified: 2 } },
    { role: 'dependency', total: 3, secure: 1, grades: { ...grades, rebuilt: 1, signed: 2 } },
  ],
  inputs: [
    { ...input, role: 'toolchain', name: 'node\u001b[31m@16.0.0' },
    { ...input, role: 'dependency', name: 'jsdom@16.7.0', suspected: true },
    { ...input, role: 'dependency', name: 'by-digest@1.0.0', assayed: false },
  ],
};

test('what a build stands on is counted by class, and nothing in it reaches the terminal as it is', () => {
  const text = foundationLines(stands, { inputs: true }).join('\n');
  assert.match(text, /source .*not approved/);
  assert.match(text, /toolchain +2 \(2 unverified\)/);
  assert.match(text, /packages +3 \(1 secure\/rebuilt, 2 signed\)/);
  assert.match(text, /takes jsdom@16\.7\.0 for malware/);
  assert.match(text, /jsdom@16\.7\.0 .*suspected/);
  assert.match(text, /by-digest@1\.0\.0 .* no$/m);
  assert.doesNotMatch(text, new RegExp(String.fromCharCode(27)));
});

test('the list is shown where it is asked for, and that nobody looked is said always', () => {
  const lines = foundationLines({ ...stands, mode: 'digest-only' }, { inputs: false });
  assert.ok(lines.every((line) => !line.includes('by-digest@1.0.0')));
  assert.ok(lines.some((line) => /by digest alone: nobody looked at them/.test(line)));
});
