import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordOf, temporaryDirectory } from '../../test/support/storage-records.ts';
import { failingFileSystem, noFault } from '../../test/support/failing-file-system.ts';
import { lockDirectory } from './directory.ts';
import { nodeFileSystem } from './durable.ts';
import { migrations } from './migrations/all.ts';
import { openStorage } from './open.ts';

test('a data directory and what is in it is closed to others', async (context) => {
  const directory = join(await temporaryDirectory(context), 'deep', 'data');
  const storage = await openStorage({ directory });
  await storage.settings.setSetting('a', 'b');
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  for (const name of ['assay.db', 'assay.db-wal', 'assay.db.made']) {
    assert.equal((await stat(join(directory, name))).mode & 0o077, 0, name);
  }
  await storage.close();
});

test('records outlive the process that made them', async (context) => {
  const directory = await temporaryDirectory(context);
  const record = recordOf();
  const first = await openStorage({ directory });
  await first.admission.recordDecision(record);
  await first.close();
  const second = await openStorage({ directory });
  assert.deepEqual((await second.admission.release(record.release.id))?.decision, record.decision);
  assert.equal(second.failure(), undefined);
  await second.close();
});

test('a second gate on the directory is told so at once, in one line that names it; closing frees it', async (context) => {
  const directory = await temporaryDirectory(context);
  const first = await openStorage({ directory });
  await assert.rejects(openStorage({ directory }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'DATA_DIRECTORY_LOCKED');
    assert.ok(error.message.includes(directory) && !error.message.includes('\n'));
    return true;
  });
  await first.admission.recordDecision(recordOf());
  await first.close();
  await (await openStorage({ directory })).close();
});

test('a lock file left by a dead process blocks nobody', async (context) => {
  const directory = await temporaryDirectory(context);
  lockDirectory(directory).release();
  assert.ok((await readdir(directory)).includes('lock.db'));
  await (await openStorage({ directory })).close();
});

test('a directory that cannot be locked is STORAGE_FAILED, not "another gate"', async (context) => {
  const directory = await temporaryDirectory(context);
  await mkdir(join(directory, 'lock.db'));
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_FAILED' });
});

test('a data directory that is a file is STORAGE_FAILED', async (context) => {
  const directory = join(await temporaryDirectory(context), 'file');
  await writeFile(directory, '');
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_FAILED' });
});

test('a database that cannot be opened is an error with a code, and the lock is given back', async (context) => {
  const directory = await temporaryDirectory(context);
  await mkdir(join(directory, 'assay.db'));
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_FAILED' });
  await rm(join(directory, 'assay.db'), { recursive: true });
  await (await openStorage({ directory })).close();
});

test('a file that is no database is STORAGE_CORRUPT, names the file and leaves it untouched', async (context) => {
  const directory = await temporaryDirectory(context);
  const file = join(directory, 'assay.db');
  const bytes = 'this is not a database '.repeat(100);
  await writeFile(file, bytes);
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_CORRUPT', message: /assay\.db/ });
  assert.equal(await readFile(file, 'utf8'), bytes);
});

test('a damaged page is found at opening', async (context) => {
  const directory = await temporaryDirectory(context);
  const storage = await openStorage({ directory });
  for (let n = 0; n < 50; n += 1) await storage.admission.recordDecision(recordOf({ version: `1.0.${n}` }));
  await storage.close();
  const file = join(directory, 'assay.db');
  const pages = Math.floor((await stat(file)).size / 4096);
  const handle = await open(file, 'r+');
  for (let page = 2; page < pages; page += 1) await handle.write(Buffer.alloc(64, 0xff), 0, 64, page * 4096);
  await handle.close();
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_CORRUPT', message: /assay\.db/ });
});

test('a damaged first page is found at opening', async (context) => {
  const directory = await temporaryDirectory(context);
  await (await openStorage({ directory })).close();
  const handle = await open(join(directory, 'assay.db'), 'r+');
  await handle.write(Buffer.alloc(3000, 0xff), 0, 3000, 100);
  await handle.close();
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_CORRUPT' });
});

test('a database that was emptied or deleted does not silently become a new one', async (context) => {
  const directory = await temporaryDirectory(context);
  await (await openStorage({ directory })).close();
  await truncate(join(directory, 'assay.db'), 0);
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_CORRUPT' });
  await rm(join(directory, 'assay.db'));
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_CORRUPT' });
});

test('a database of a newer Assay is refused', async (context) => {
  const directory = await temporaryDirectory(context);
  const later = {
    id: migrations.length + 1,
    name: 'later',
    statements: ['CREATE TABLE later (x TEXT) {{strict}}'],
  };
  await (await openStorage({ directory, migrations: [...migrations, later] })).close();
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_TOO_NEW' });
});

test('a start that stopped before it could note that there is a database goes on', async (context) => {
  const directory = await temporaryDirectory(context);
  await mkdir(join(directory, 'assay.db.made.0123456789abcdef.partial'));
  await assert.rejects(openStorage({ directory }), { code: 'STORAGE_FAILED' });
  await rm(join(directory, 'assay.db.made.0123456789abcdef.partial'), { recursive: true });
  await writeFile(join(directory, 'assay.db.made.0123456789abcdef.partial'), 'half');
  await (await openStorage({ directory })).close();
  assert.ok(!(await readdir(directory)).some((name) => name.endsWith('.partial')));
});

test('whichever call fails while a directory is opened, it opens at the next try, with what it held', async (context) => {
  const directory = await temporaryDirectory(context);
  const record = recordOf();
  const first = await openStorage({ directory });
  await first.admission.recordDecision(record);
  await first.close();
  const counting = failingFileSystem(nodeFileSystem, noFault);
  await rm(join(directory, 'assay.db.made'));
  await (await openStorage({ directory, fs: counting.fs })).close();
  const last25 = Array.from({ length: 25 }, (_, n) => counting.calls() - n);
  // The calls that make the folders of blobs are alike: some of them, and each one that follows.
  for (const call of [1, 100, 200, ...last25]) {
    await rm(join(directory, 'assay.db.made'), { force: true });
    const failing = failingFileSystem(nodeFileSystem, { call, errno: 'ENOSPC', when: 'before' });
    await assert.rejects(openStorage({ directory, fs: failing.fs }), { code: 'STORAGE_FULL' }, String(call));
    assert.equal(failing.open(), 0);
  }
  const last = await openStorage({ directory });
  assert.deepEqual((await last.admission.release(record.release.id))?.decision, record.decision);
  await last.close();
});

test('a database that was never used closes too', async (context) => {
  const directory = await temporaryDirectory(context);
  const storage = await openStorage({ directory, clock: () => new Date(0), batch: 1 });
  await storage.close();
  assert.ok(!(await readdir(directory)).includes('assay.db-wal'));
});

test('after closing, writes are refused with a code', async (context) => {
  const storage = await openStorage({ directory: await temporaryDirectory(context) });
  await storage.close();
  await assert.rejects(storage.admission.recordDecision(recordOf()), { code: 'STORAGE_FAILED' });
});
