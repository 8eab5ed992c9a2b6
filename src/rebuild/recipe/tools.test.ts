import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nearest } from './tools.ts';

it('a tool that is no package for this machine is stood in for by the nearest of its line', () => {
  const there = ['12.22.12', '14.16.0', '14.17.1', '14.18.0-rc.1', 'latest', '16.0.0'];
  assert.equal(nearest('14.17.1', there), '14.17.1');
  assert.equal(nearest('14.18.3', there), '14.17.1');
  assert.equal(nearest('14.15.0', there), '14.16.0');
  assert.equal(nearest('18.0.0', there), '18.0.0');
});
