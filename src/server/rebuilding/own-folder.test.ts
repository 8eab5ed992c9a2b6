import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { makeOwnFolder, sweepOwnFolders } from './own-folder.ts';

const child = `
  import { writeFileSync } from 'node:fs';
  import { makeOwnFolder } from './own-folder.ts';
const own = makeOwnFolder(process.argv[1], 'gate-');
writeFileSync(own.path + '/large', 'left');
console.log(own.path);
setInterval(() => undefined, 1000);
`;

/** As if it had lain there for an hour. */
function age(path: string): void {
  const then = Date.now() / 1000 - 3600;
  utimesSync(path, then, then);
}

test('what a killed process left is removed; what one has that lives, and what is none of ours, is not', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'assay-own-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const other = spawn(process.execPath, ['--input-type=module-typescript', '-e', child, parent], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const path = await new Promise<string>((resolve) =>
    other.stdout.once('data', (line: Buffer) => resolve(line.toString().trim())),
  );
  const mine = makeOwnFolder(parent, 'gate-');
  mkdirSync(join(parent, 'bases'));
  mkdirSync(join(parent, 'elsewhere'));
  writeFileSync(join(parent, 'elsewhere', 'kept'), '');
  symlinkSync('elsewhere', join(parent, 'gate-link'));
  for (const each of [path, mine.path, join(parent, 'bases')]) age(each);
  assert.equal(await sweepOwnFolders(parent, 'gate-'), 0);
  other.kill('SIGKILL');
  await new Promise((resolve) => other.once('exit', resolve));
  assert.equal(await sweepOwnFolders(parent, 'gate-'), 1);
  const left = ['bases', 'elsewhere', 'gate-link', basename(mine.path)].sort();
  assert.deepEqual(readdirSync(parent).sort(), left);
  assert.deepEqual(readdirSync(join(parent, 'elsewhere')), ['kept']);
  await mine.remove();
  assert.ok(!readdirSync(parent).includes(basename(mine.path)));
});

test('a folder that was made this moment, and has no lock yet, is left alone', async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'assay-own-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  mkdirSync(join(parent, 'gate-new'));
  assert.equal(await sweepOwnFolders(parent, 'gate-'), 0);
  age(join(parent, 'gate-new'));
  assert.equal(await sweepOwnFolders(parent, 'gate-'), 1);
});
