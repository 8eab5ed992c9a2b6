/** What commands read for a person is bounded before it is read. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBoundedFile } from './bounded-file.ts';
import { lockfileOf } from './checking/check-lockfile.ts';
import { readSpki } from './verifying/gate-signature.ts';

test('a device, a link to one, a folder and a file that is too large are refused before they are read', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bounded-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const link = join(folder, 'package-lock.json');
  await symlink(devNull, link);
  const file = join(folder, 'file');
  await writeFile(file, 'four');
  for (const path of [devNull, link, folder])
    await assert.rejects(readBoundedFile(path, 10), /it is no file/);
  await assert.rejects(readBoundedFile(file, 3), /more than 3 bytes/);
  assert.equal((await readBoundedFile(file, 4)).toString(), 'four');
  await assert.rejects(lockfileOf(link), { code: 'LOCKFILE_INVALID', message: /it is no file/ });
  await assert.rejects(readSpki(link), { code: 'USAGE_INVALID', message: /it is no file/ });
});
