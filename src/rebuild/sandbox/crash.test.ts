/** When Assay dies, so does what it ran. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { noSandbox, reachableFolder } from '../../../test/support/sandbox.ts';

/** Processes whose command has this word. */
function running(word: string): number {
  let count = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word)) count += 1;
    } catch {
      // Gone meanwhile.
    }
  }
  return count;
}

it('ends a build when the process that started it is killed', { skip: noSandbox ?? false }, async () => {
  const word = `9${process.pid}.25`;
  const child = join(import.meta.dirname, '../../../test/support/sandbox-dying-child.ts');
  const folder = reachableFolder();
  const parent = spawn(process.execPath, [child, folder, 'sleep', word], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve) => parent.stdout.once('data', () => resolve()));
  // The shell becomes `sleep` a moment after it said that it is up.
  while (running(word) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  parent.kill('SIGKILL');
  await new Promise((resolve) => parent.once('exit', resolve));
  let left = running(word);
  for (let round = 0; left > 0 && round < 500; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    left = running(word);
  }
  rmSync(folder, { recursive: true });
  assert.equal(left, 0);
});
