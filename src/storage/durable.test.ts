import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { everyFault, failingFileSystem, noFault } from '../../test/support/failing-file-system.ts';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { isAssayError } from '../core/errors.ts';
import {
  createDirectorySync,
  ensureDirectory,
  fileError,
  nodeFileSystem,
  removeLeftovers,
  replaceFile,
  temporaryPath,
  writeAll,
  type FileSystem,
} from './durable.ts';

test('a replaced file holds the new bytes with the mode asked for and leaves nothing beside it', async (context) => {
  const directory = await temporaryDirectory(context);
  const path = join(directory, 'settings.json');
  await replaceFile(path, Buffer.from('one'));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  await replaceFile(path, Buffer.from('two'), { mode: 0o444 });
  assert.equal((await stat(path)).mode & 0o777, 0o444);
  assert.equal(await readFile(path, 'utf8'), 'two');
  assert.deepEqual(await readdir(directory), ['settings.json']);
});

test('the bytes reach the disk before the name does, and the name before the answer', async (context) => {
  const counting = failingFileSystem(nodeFileSystem, noFault);
  await replaceFile(join(await temporaryDirectory(context), 'file'), Buffer.from('bytes'), {
    fs: counting.fs,
  });
  assert.equal(
    counting.names().join(' → '),
    'open wx → write → chmod → sync → close → rename → open r → sync → close',
  );
});

test('whichever call fails, a file holds the old bytes or the new ones, never half, and no handle stays open', async (context) => {
  const directory = await temporaryDirectory(context);
  const path = join(directory, 'file');
  const oldBytes = Buffer.alloc(100_000, 'old');
  const newBytes = Buffer.alloc(120_000, 'new');
  const counting = failingFileSystem(nodeFileSystem, noFault);
  await replaceFile(path, newBytes, { fs: counting.fs });
  assert.ok(counting.calls() >= 9);
  const seen = new Set<string>();
  for (const fault of everyFault(counting.calls())) {
    await replaceFile(path, oldBytes);
    const failing = failingFileSystem(nodeFileSystem, fault);
    const expected = fault.errno === 'ENOSPC' ? 'STORAGE_FULL' : 'STORAGE_FAILED';
    await assert.rejects(replaceFile(path, newBytes, { fs: failing.fs }), (error) =>
      isAssayError(error, expected),
    );
    const found = await readFile(path);
    assert.ok(found.equals(oldBytes) || found.equals(newBytes), JSON.stringify(fault));
    seen.add(found.equals(oldBytes) ? 'old' : 'new');
    assert.equal(failing.open(), 0, JSON.stringify(fault));
    assert.deepEqual(await readdir(directory), ['file'], JSON.stringify(fault));
  }
  assert.deepEqual([...seen].sort(), ['new', 'old']);
});

test('a disk that takes some bytes at a time gets all of them, one that takes none is an error', async () => {
  const taken: number[] = [];
  const file = (most: number) => ({
    write: (bytes: Uint8Array) => {
      const count = Math.min(most, bytes.length);
      taken.push(...bytes.subarray(0, count));
      return Promise.resolve(count);
    },
    read: () => Promise.resolve(0),
    sizeBytes: () => Promise.resolve(0),
    chmod: () => Promise.resolve(),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
  await writeAll(file(3), Uint8Array.from([1, 2, 3, 4, 5, 6, 7]));
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7]);
  await assert.rejects(writeAll(file(0), Uint8Array.from([1])), { code: 'STORAGE_FAILED' });
});

test('a full disk or quota is STORAGE_FULL, any other failure STORAGE_FAILED', () => {
  const codeOf = (error: unknown): string => fileError(error, 'x').code;
  const errno = (code: unknown): Error => Object.assign(new Error('said'), { code });
  assert.equal(codeOf(errno('ENOSPC')), 'STORAGE_FULL');
  assert.equal(codeOf(errno('EDQUOT')), 'STORAGE_FULL');
  for (const other of [errno('EIO'), errno('EMFILE'), errno(28), new Error('plain'), 'ENOSPC']) {
    assert.equal(codeOf(other), 'STORAGE_FAILED');
  }
});

test('only what unfinished writes left is removed', async (context) => {
  const directory = await temporaryDirectory(context);
  await writeFile(temporaryPath(join(directory, 'file')), 'half');
  for (const name of ['file', 'other.partial', 'notes.0123.partial'])
    await writeFile(join(directory, name), '');
  await removeLeftovers(nodeFileSystem, directory);
  assert.deepEqual((await readdir(directory)).sort(), ['file', 'notes.0123.partial', 'other.partial']);
});

test('a directory that cannot be made is an error, one that is there is not', async (context) => {
  const directory = await temporaryDirectory(context);
  await ensureDirectory(nodeFileSystem, directory);
  await assert.rejects(ensureDirectory(nodeFileSystem, join(directory, 'no', 'such')), { code: 'ENOENT' });
});

test('directory syncs that wait together share one call, and none joins a call that runs already', async () => {
  const begun: (() => void)[] = [];
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: async () => ({
      ...(await nodeFileSystem.open('.', 'r')),
      sync: () => new Promise<void>((resolve) => begun.push(resolve)),
    }),
  };
  const sync = createDirectorySync(fs);
  const first = sync('d');
  await until(() => begun.length === 1);
  const joined = [sync('d'), sync('d'), sync('d')];
  begun[0]?.();
  await first;
  await until(() => begun.length === 2);
  const late = sync('d');
  begun[1]?.();
  await Promise.all(joined);
  await until(() => begun.length === 3);
  begun[2]?.();
  await late;
  assert.equal(begun.length, 3);
});

test('a directory sync that fails fails its own callers only', async () => {
  let calls = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: async () => ({
      ...(await nodeFileSystem.open('.', 'r')),
      sync: () => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve();
      },
    }),
  };
  const sync = createDirectorySync(fs);
  const [first, second] = await Promise.allSettled([sync('d'), sync('d')]);
  assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
  await sync('d');
  assert.equal(calls, 3);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
