import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeFinding } from './node-version.ts';

test('a Node below the security release of its line is a warning, an unknown old line is bad, a newer line is fine', () => {
  const states = [
    'v26.12.1',
    'v26.12.0',
    'v26.13.0',
    'v24.22.1',
    'v24.21.9',
    'v25.0.0',
    'v20.20.2',
    'v28.0.0',
  ].map((version) => nodeFinding(version).state);
  assert.deepEqual(states, ['good', 'warning', 'good', 'good', 'warning', 'bad', 'bad', 'good']);
});
