/** What a run left is removed, whatever it left. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { bytesBelow } from './disk.ts';
import { removeTree } from './workspace.ts';

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-tree-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'left'));
  return folder;
}

/** Folders within each other, to a depth that no path leads to; only who goes step by step gets there. */
function dig(folder: string, levels: number): void {
  const back = process.cwd();
  process.chdir(folder);
  for (let level = 0; level < levels; level += 1) {
    const name = 'd'.repeat(200);
    mkdirSync(name);
    writeFileSync('f', '');
    process.chdir(name);
  }
  process.chdir(back);
}

test('folders so deep that no path leads there are removed, and with them the room they take', async (t) => {
  const folder = aFolder(t);
  dig(join(folder, 'left'), 100);
  await removeTree(join(folder, 'left'));
  assert.deepEqual(readdirSync(folder), []);
});

test('what lies behind links stays, and folders that may not be entered go', async (t) => {
  const folder = aFolder(t);
  mkdirSync(join(folder, 'kept'), { mode: 0o755 });
  writeFileSync(join(folder, 'kept/file'), '');
  mkdirSync(join(folder, 'left/closed'));
  symlinkSync(join(folder, 'kept'), join(folder, 'left/closed/link'));
  chmodSync(join(folder, 'left/closed'), 0);
  dig(join(folder, 'left'), 30);
  await removeTree(join(folder, 'left'));
  assert.equal(existsSync(join(folder, 'left')), false);
  assert.ok(existsSync(join(folder, 'kept/file')));
  assert.equal(lstatSync(join(folder, 'kept')).mode & 0o777, 0o755);
});

test('what is too deep to be counted is over every limit, and what is only deep is not', async (t) => {
  const over = async (levels: number): Promise<boolean> => {
    const folder = aFolder(t);
    dig(join(folder, 'left'), levels);
    const result = await bytesBelow([join(folder, 'left')], 1 << 30);
    await removeTree(join(folder, 'left'));
    return result > 1 << 30;
  };
  assert.deepEqual([await over(15), await over(30)], [false, true]);
});
