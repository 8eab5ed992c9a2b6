/** A base root is the same every time it is made, and one that was changed is made anew. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { noSandbox, reachableFolder } from '../../../test/support/sandbox.ts';
import { isAssayError } from '../../core/errors.ts';
import { openBases } from './bases.ts';

const folders = [reachableFolder(), reachableFolder()];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it('is made anew, and is the same', { skip: noSandbox ?? false }, async () => {
  const made = [];
  for (const directory of folders) made.push(await openBases({ directory }).base([], 'bookworm'));
  const [first, second] = made;
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(first.digest, second.digest);
  assert.deepEqual(first.packages, second.packages);
  assert.ok(first.packages.some(({ name, version }) => name === 'libc6' && version !== ''));
  assert.equal(existsSync(join(first.path, 'etc/apt/sources.list')), false);

  writeFileSync(join(first.path, 'usr/bin/added'), 'x');
  const again = await openBases({ directory: folders[0] ?? '' }).base([], 'bookworm');
  assert.equal(again.digest, first.digest);
  assert.equal(existsSync(join(again.path, 'usr/bin/added')), false);
});

it('is not made from a suite or packages that are none', async () => {
  const bases = openBases({ directory: folders[0] ?? '' });
  for (const [packages, suite] of [
    [['--include=x'], 'bookworm'],
    [['a b'], 'bookworm'],
    [[], '/etc/passwd'],
    [[], 'no-such-suite'],
  ] as const)
    await assert.rejects(bases.base(packages, suite), (error) => isAssayError(error, 'BASE_UNAVAILABLE'));
});
