import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobShown } from '../server/control/rebuild-protocol.ts';
import { jobLines } from './job-lines.ts';

const job = (id: string, change: Partial<JobShown>): JobShown => ({
  id,
  purl: `pkg:npm/${id}@1.0.0`,
  reason: 'asked',
  state: 'waiting',
  phase: 'waiting',
  attempt: 0,
  createdAt: '2026-11-20T10:00:00.000Z',
  notBefore: '2026-11-20T10:00:00.000Z',
  ...change,
});

test('jobs are grouped by what they are at and by why they failed, the most frequent cause first, each with what to do', () => {
  const lines = jobLines([
    job('a', { state: 'failed', cause: 'no-source', message: 'no tag', attempt: 1 }),
    job('b', { state: 'failed', cause: 'build-failed', message: 'tsc: 1', attempt: 1 }),
    job('c', { state: 'failed', cause: 'build-failed', message: 'tsc: 2', attempt: 1 }),
    job('d', { state: 'done', verdict: 'identical', attempt: 1 }),
    job('e', { state: 'running', phase: 'fetch', attempt: 2 }),
    job('f', { cause: 'fetch-failed', attempt: 1 }),
    job('g', {}),
  ]);
  const titles = lines.filter((line) => /\(\d+\)$/.test(line));
  assert.deepEqual(titles, [
    'running (1)',
    'waiting (1)',
    'waiting after fetch-failed (1)',
    'not built: build-failed (2)',
    'not built: no-source (1)',
    'done (1)',
  ]);
  const text = lines.join('\n');
  assert.match(text, /pkg:npm\/e@1\.0\.0 +fetch, attempt 2/);
  assert.match(text, /pkg:npm\/f@1\.0\.0 +again at 10:00:00/);
  assert.match(text, /pkg:npm\/d@1\.0\.0 +identical/);
  assert.match(text, /not built: no-source \(1\)\n {2}Name the source in a recipe/);
});

test('what a build said reaches the terminal as text, and a cause of another version is shown by its name', () => {
  const lines = jobLines([
    job('a', { state: 'failed', cause: 'UPSTREAM_X\u001b[2J', message: 'bad\u001b]0;x\u0007 news' }),
  ]);
  assert.ok(!lines.join('').includes('\u001b'));
  assert.match(lines[0] ?? '', /^not built: UPSTREAM_X/);
});
