import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { everyFault, failingFileSystem, noFault } from '../../test/support/failing-file-system.ts';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { isAssayError } from '../core/errors.ts';
import { nodeFileSystem, temporaryPath } from './durable.ts';
import { openTileStore } from './log-files.ts';

const bytes = Buffer.alloc(3000, 'tile');
const staged = `12-${'ab'.repeat(32)}`;

test('what was put is read back under its own name, and what was not put is not there', async (context) => {
  const root = join(await temporaryDirectory(context), 'ledger');
  const store = await openTileStore(root);
  for (const path of ['tile/0/000', 'tile/entries/x001/x234/067.p/255', 'tile/63/007.p/1']) {
    assert.equal(await store.read(path), undefined);
    await store.putImmutable(path, bytes);
    assert.deepEqual(Buffer.from((await store.read(path)) ?? []), bytes);
    assert.equal((await stat(join(root, path))).mode & 0o777, 0o444);
  }
  assert.equal(await store.published(), undefined);
  await store.publish(Buffer.from('one\n'));
  await store.publish(Buffer.from('two\n'));
  assert.deepEqual(Buffer.from((await store.read('checkpoint')) ?? []).toString(), 'two\n');
  assert.deepEqual(await store.published(), await store.read('checkpoint'));
  assert.deepEqual(await readdir(join(root, 'partial')), []);
});

test('a tile never changes: the same bytes again are fine, others are refused', async (context) => {
  const root = await temporaryDirectory(context);
  const store = await openTileStore(root);
  await store.putImmutable('tile/0/000', bytes);
  await store.putImmutable('tile/0/000', bytes);
  for (const other of [Buffer.alloc(3000, 'x'), bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
    await assert.rejects(store.putImmutable('tile/0/000', other), { code: 'LEDGER_TILE_CONFLICT' });
  }
  assert.deepEqual(await readFile(join(root, 'tile/0/000')), bytes);
});

test('no name leads out of the directory, or to a file that is no tile', async (context) => {
  const root = await temporaryDirectory(context);
  await writeFile(join(root, 'secret'), 'secret');
  const store = await openTileStore(join(root, 'ledger'));
  const names = [
    '../secret',
    'tile/0/../../../secret',
    'tile/0/000/../../../secret',
    '/etc/hostname',
    'staging/x',
    'tile/64/000',
    'tile/00/000',
    'tile/0/0000',
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/000\n',
    '',
    '__proto__',
  ];
  for (const name of names) {
    await assert.rejects(store.read(name), { code: 'STORAGE_FAILED' }, name);
    await assert.rejects(store.putImmutable(name, bytes), { code: 'STORAGE_FAILED' }, name);
    await assert.rejects(store.dropPartials(name), { code: 'STORAGE_FAILED' }, name);
    await assert.rejects(store.stage(name, bytes), { code: 'STORAGE_FAILED' }, name);
    await assert.rejects(store.staged(name), { code: 'STORAGE_FAILED' }, name);
    await assert.rejects(store.unstage(name), { code: 'STORAGE_FAILED' }, name);
  }
  await assert.rejects(store.putImmutable('checkpoint', bytes), { code: 'STORAGE_FAILED' });
});

test('a staged batch stays until it is unstaged, and a later one of its name takes its place', async (context) => {
  const store = await openTileStore(await temporaryDirectory(context));
  assert.equal(await store.staged(staged), undefined);
  await store.stage(staged, Buffer.from('one'));
  await store.stage(staged, Buffer.from('other'));
  assert.deepEqual(await store.stagedNames(), [staged]);
  assert.equal(Buffer.from((await store.staged(staged)) ?? []).toString(), 'other');
  await store.unstage(staged);
  await store.unstage(staged);
  assert.deepEqual(await store.stagedNames(), []);
});

test('partial tiles beside a full one can be dropped, the full one and others stay; they can be put anew', async (context) => {
  const root = await temporaryDirectory(context);
  const store = await openTileStore(root);
  const kept = ['tile/0/000', 'tile/0/001.p/3', 'tile/1/000.p/1'];
  for (const path of [...kept, 'tile/0/000.p/1', 'tile/0/000.p/255']) await store.putImmutable(path, bytes);
  await store.dropPartials('tile/0/000');
  await store.dropPartials('tile/0/000');
  for (const path of kept) assert.ok(await store.read(path));
  assert.equal(await store.read('tile/0/000.p/1'), undefined);
  assert.deepEqual((await readdir(join(root, 'tile/0'))).sort(), ['000', '001.p']);
  await store.putImmutable('tile/0/000.p/1', bytes);
  assert.ok(await store.read('tile/0/000.p/1'));
});

test('what unfinished writes left is removed at the start; nothing of it can be read before', async (context) => {
  const root = await temporaryDirectory(context);
  await openTileStore(root);
  const left = [join(root, 'checkpoint'), join(root, 'staging', staged), join(root, 'partial', 'tile')];
  for (const path of left) await writeFile(temporaryPath(path), 'half');
  const store = await openTileStore(root);
  assert.deepEqual(await store.stagedNames(), []);
  assert.deepEqual((await readdir(root)).sort(), ['partial', 'staging']);
  assert.deepEqual(await readdir(join(root, 'partial')), []);
  assert.deepEqual(await readdir(join(root, 'staging')), []);
});

test('a tile is on the disk before its name, each directory before what is in it, and all before the answer', async (context) => {
  const counting = failingFileSystem(nodeFileSystem, noFault);
  const store = await openTileStore(await temporaryDirectory(context), counting.fs);
  const before = counting.calls();
  await store.putImmutable('tile/0/x001/000', bytes);
  const written = ['open wx', 'write', 'chmod', 'sync', 'close', 'rename', 'open r', 'sync', 'close'];
  const made = ['mkdir', 'open r', 'sync', 'close'];
  assert.deepEqual(counting.names().slice(before), [
    ...made, // tile, once a process: an earlier one may have died before it synced the root
    ...made, // tile/0
    ...made, // tile/0/x001
    'open r', // not there yet
    ...written,
  ]);
  const second = counting.calls();
  await store.putImmutable('tile/0/x001/001', bytes);
  assert.equal(counting.calls() - second, 10);
});

test('whichever call fails, a tile is whole or not there, is refused in the answer, and can be put again', async (context) => {
  const counting = failingFileSystem(nodeFileSystem, noFault);
  const counted = await openTileStore(await temporaryDirectory(context), counting.fs);
  const start = counting.calls();
  await counted.putImmutable('tile/0/000', bytes);
  const calls = counting.calls();
  for (const fault of everyFault(calls).filter(({ call }) => call > start)) {
    const root = await temporaryDirectory(context);
    const failing = failingFileSystem(nodeFileSystem, fault);
    const store = await openTileStore(root, failing.fs);
    const outcome = await store.putImmutable('tile/0/000', bytes).then(
      () => 'put',
      (error: unknown) => (isAssayError(error) ? error.code : 'unnamed'),
    );
    assert.match(
      outcome,
      fault.errno === 'ENOSPC' ? /STORAGE_FULL/ : /STORAGE_FAILED/,
      JSON.stringify(fault),
    );
    assert.equal(failing.open(), 0);
    const again = await openTileStore(root);
    const found = await again.read('tile/0/000');
    if (found !== undefined) assert.deepEqual(Buffer.from(found), bytes);
    await again.putImmutable('tile/0/000', bytes);
    assert.deepEqual(await readdir(join(root, 'partial')), []);
  }
});
