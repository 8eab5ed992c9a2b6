import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { everyFault, failingFileSystem, noFault } from '../../test/support/failing-file-system.ts';
import { temporaryDirectory } from '../../test/support/storage-records.ts';
import { artifactDigestsOf, sha256, type Sha256 } from '../core/digest.ts';
import { isAssayError } from '../core/errors.ts';
import { openBlobStore, type FileBlobStore } from './blobs.ts';
import { nodeFileSystem, type FileSystem } from './durable.ts';

const large = 10_000_000;

async function put(store: FileBlobStore, ...chunks: readonly Uint8Array[]) {
  const writer = await store.create();
  for (const chunk of chunks) await writer.write(chunk);
  return writer.commit();
}

async function opened(
  context: TestContext,
  fs?: FileSystem,
): Promise<{ store: FileBlobStore; root: string }> {
  const root = join(await temporaryDirectory(context), 'blobs');
  return { store: await openBlobStore(root, fs), root };
}

function fileOf(root: string, digest: string): string {
  return join(root, 'sha256', digest.slice(0, 2), digest.slice(2));
}

async function damage(root: string, digest: string, bytes: string): Promise<void> {
  await chmod(fileOf(root, digest), 0o600);
  await writeFile(fileOf(root, digest), bytes);
}

test('bytes come back under their digest, whatever their chunks', async (context) => {
  const { store } = await opened(context);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async (chunks) => {
      const bytes = Buffer.concat(chunks);
      const digests = await put(store, ...chunks);
      assert.deepEqual(digests, artifactDigestsOf(bytes));
      assert.deepEqual(Buffer.from(await store.read(digests.sha256, large)), bytes);
      assert.equal(await store.size(digests.sha256), bytes.length);
      await store.verify(digests.sha256);
    }),
    { numRuns: 40 },
  );
});

test('a stored blob is a read-only file at the path given, and no temporary file stays', async (context) => {
  const { store, root } = await opened(context);
  const { sha256: digest } = await put(store, Buffer.from('hello'));
  assert.equal(await store.path(digest), fileOf(root, digest));
  assert.equal((await stat(fileOf(root, digest))).mode & 0o777, 0o444);
  assert.equal(await readFile(fileOf(root, digest), 'utf8'), 'hello');
  assert.deepEqual(await readdir(join(root, 'partial')), []);
});

test('a blob reaches the disk before its name does, and its name before the answer', async (context) => {
  const { root } = await opened(context);
  const counting = failingFileSystem(nodeFileSystem, noFault);
  const store = await openBlobStore(root, counting.fs);
  const before = counting.names().length;
  await put(store, Buffer.from('hello'));
  const first = counting.names().slice(before).join(' → ');
  assert.equal(first, 'open wx → write → chmod → sync → close → open r → rename → open r → sync → close');
  const middle = counting.names().length;
  await put(store, Buffer.from('hello'));
  const again = counting.names().slice(middle).join(' → ');
  const kept = 'open r → read → read → close → unlink → open r → sync → close';
  assert.equal(again, `open wx → write → chmod → sync → close → ${kept}`);
});

test('nothing is readable before commit, nor after an abort', async (context) => {
  const { store, root } = await opened(context);
  const writer = await store.create();
  await writer.write(Buffer.from('half'));
  assert.equal(await store.path(sha256('half')), undefined);
  await writer.abort();
  await writer.abort();
  assert.equal(await store.size(sha256('half')), undefined);
  assert.deepEqual(await readdir(join(root, 'partial')), []);
  await assert.rejects(writer.write(Buffer.from('more')), { code: 'STORAGE_FAILED' });
  await assert.rejects(writer.commit(), { code: 'STORAGE_FAILED' });
});

test('an abort after commit takes nothing away', async (context) => {
  const { store } = await opened(context);
  const writer = await store.create();
  await writer.write(Buffer.from('kept'));
  const { sha256: digest } = await writer.commit();
  await writer.abort();
  await store.verify(digest);
});

test('equal bytes stored again, also at once, are one blob', async (context) => {
  const { store, root } = await opened(context);
  const bytes = Buffer.from('same');
  await Promise.all(Array.from({ length: 20 }, () => put(store, bytes)));
  await put(store, bytes);
  assert.deepEqual(await readdir(join(root, 'sha256', sha256('same').slice(0, 2))), [
    sha256('same').slice(2),
  ]);
  assert.deepEqual(await readdir(join(root, 'partial')), []);
  assert.deepEqual(await readdir(join(root, 'quarantine')), []);
});

test('what is not stored is missing, and nothing but a digest becomes a path', async (context) => {
  const { store } = await opened(context);
  for (const digest of [sha256('absent'), '../../../etc/passwd' as Sha256, '' as Sha256]) {
    await assert.rejects(store.read(digest, large), { code: 'BLOB_MISSING' });
    await assert.rejects(store.verify(digest), { code: 'BLOB_MISSING' });
    assert.equal(await store.path(digest), undefined);
    assert.equal(await store.size(digest), undefined);
  }
});

test('a blob over the limit of its reader is not read', async (context) => {
  const { store } = await opened(context);
  const { sha256: digest } = await put(store, Buffer.alloc(11));
  await assert.rejects(store.read(digest, 10), { code: 'BLOB_TOO_LARGE' });
  assert.equal((await store.read(digest, 11)).length, 11);
});

for (const [name, bytes] of [
  ['altered', 'hellO'],
  ['cut short', 'hel'],
  ['emptied', ''],
  ['longer', 'hello, world'],
] as const) {
  test(`a blob that was ${name} on disk is never returned, is set aside, and can be stored again`, async (context) => {
    const { store, root } = await opened(context);
    const { sha256: digest } = await put(store, Buffer.from('hello'));
    await damage(root, digest, bytes);
    await assert.rejects(store.read(digest, large), { code: 'BLOB_CORRUPT' });
    assert.equal(await store.path(digest), undefined);
    const [aside] = await readdir(join(root, 'quarantine'));
    assert.equal(await readFile(join(root, 'quarantine', aside ?? ''), 'utf8'), bytes);
    await put(store, Buffer.from('hello'));
    await store.verify(digest);
  });
}

test('checking finds damage as reading does', async (context) => {
  const { store, root } = await opened(context);
  const { sha256: digest } = await put(store, Buffer.from('hello'));
  await damage(root, digest, 'hellO');
  await assert.rejects(store.verify(digest), { code: 'BLOB_CORRUPT' });
  await assert.rejects(store.verify(digest), { code: 'BLOB_MISSING' });
});

test('storing bytes over a damaged blob repairs it', async (context) => {
  const { store, root } = await opened(context);
  const { sha256: digest } = await put(store, Buffer.from('hello'));
  await damage(root, digest, 'hellO');
  await put(store, Buffer.from('hello'));
  await store.verify(digest);
  assert.equal((await readdir(join(root, 'quarantine'))).length, 1);
});

test('damage that cannot be set aside is still never returned', async (context) => {
  const { root } = await opened(context);
  const fs = { ...nodeFileSystem, rename: () => Promise.reject(new Error('EROFS')) };
  const store = await openBlobStore(root, fs);
  const { sha256: digest } = await put(await openBlobStore(root), Buffer.from('hello'));
  await damage(root, digest, 'hellO');
  await assert.rejects(store.read(digest, large), /could not be moved aside/);
});

test('a reader that saw damage does not take away what was repaired meanwhile', async (context) => {
  const { root } = await opened(context);
  const whole = await openBlobStore(root);
  const { sha256: digest } = await put(whole, Buffer.from('hello'));
  let reads = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: async (path, flags, mode) => {
      const file = await nodeFileSystem.open(path, flags, mode);
      reads += 1;
      // The first reading sees a damaged file; by the second look it was replaced.
      return reads === 1 ? { ...file, read: () => Promise.resolve(0) } : file;
    },
  };
  const store = await openBlobStoreQuietly(root, fs, () => (reads = 0));
  await assert.rejects(store.read(digest, large), { code: 'BLOB_CORRUPT' });
  await whole.verify(digest);
});

async function openBlobStoreQuietly(root: string, fs: FileSystem, after: () => void): Promise<FileBlobStore> {
  const store = await openBlobStore(root, fs);
  after();
  return store;
}

test('what a dead process left half-written is gone after opening', async (context) => {
  const { store, root } = await opened(context);
  const writer = await store.create();
  await writer.write(Buffer.from('half'));
  assert.equal((await readdir(join(root, 'partial'))).length, 1);
  await openBlobStore(root);
  assert.deepEqual(await readdir(join(root, 'partial')), []);
  await writer.abort();
});

test('whichever call fails while a blob is stored, it is there whole or not at all, and a second try succeeds', async (context) => {
  const { root } = await opened(context);
  const whole = await openBlobStore(root);
  const preparing = failingFileSystem(nodeFileSystem, noFault);
  const counted = await openBlobStore(root, preparing.fs);
  const before = preparing.calls();
  await put(counted, Buffer.from('counting'), Buffer.from(' calls'));
  const steps = preparing.calls() - before;
  assert.ok(steps >= 10);
  const fates = new Set<string>();
  for (const fault of everyFault(steps)) {
    const bytes = Buffer.from(`bytes for ${JSON.stringify(fault)}`);
    const digest = sha256(bytes);
    const failing = failingFileSystem(nodeFileSystem, { ...fault, call: fault.call + before });
    const store = await openBlobStore(root, failing.fs);
    const code = fault.errno === 'ENOSPC' ? 'STORAGE_FULL' : 'STORAGE_FAILED';
    await assert.rejects(
      put(store, bytes.subarray(0, 5), bytes.subarray(5)),
      { code },
      JSON.stringify(fault),
    );
    const size = await whole.size(digest);
    fates.add(size === undefined ? 'absent' : 'there');
    if (size !== undefined) await whole.verify(digest);
    assert.equal(failing.open(), 0, JSON.stringify(fault));
    assert.deepEqual(await readdir(join(root, 'partial')), [], JSON.stringify(fault));
    await put(store, bytes);
    await whole.verify(digest);
  }
  assert.deepEqual([...fates].sort(), ['absent', 'there']);
  assert.deepEqual(await readdir(join(root, 'quarantine')), []);
});

test('whichever call fails while a blob is read, no wrong bytes are returned, and the blob stays', async (context) => {
  const { root } = await opened(context);
  const whole = await openBlobStore(root);
  const { sha256: digest } = await put(whole, Buffer.from('hello'));
  const counting = failingFileSystem(nodeFileSystem, noFault);
  const counted = await openBlobStore(root, counting.fs);
  const before = counting.calls();
  await counted.read(digest, large);
  const steps = counting.calls() - before;
  let refused = 0;
  for (const fault of everyFault(steps).filter((each) => each.errno === 'EIO')) {
    const failing = failingFileSystem(nodeFileSystem, { ...fault, call: fault.call + before });
    const store = await openBlobStore(root, failing.fs);
    const [result] = await Promise.allSettled([store.read(digest, large)]);
    if (result.status === 'fulfilled') assert.equal(Buffer.from(result.value).toString(), 'hello');
    else assert.ok(isAssayError(result.reason, 'STORAGE_FAILED'), JSON.stringify(fault));
    refused += result.status === 'rejected' ? 1 : 0;
    assert.equal(failing.open(), 0, JSON.stringify(fault));
  }
  assert.ok(refused >= 6);
  await whole.verify(digest);
});

test('a blob whose size cannot be learned is an error, not an absence', async (context) => {
  const { root } = await opened(context);
  const { sha256: digest } = await put(await openBlobStore(root), Buffer.from('hello'));
  const fs: FileSystem = {
    ...nodeFileSystem,
    open: async (path, flags, mode) => ({
      ...(await nodeFileSystem.open(path, flags, mode)),
      sizeBytes: () => Promise.reject(Object.assign(new Error('made by a test'), { code: 'EIO' })),
    }),
  };
  const store = await openBlobStore(root, fs);
  await assert.rejects(store.size(digest), { code: 'STORAGE_FAILED' });
  await assert.rejects(store.path(digest), { code: 'STORAGE_FAILED' });
});

test('a store that cannot be prepared says so', async (context) => {
  const directory = await temporaryDirectory(context);
  await writeFile(join(directory, 'blobs'), 'a file where a folder belongs');
  await assert.rejects(openBlobStore(join(directory, 'blobs')), { code: 'STORAGE_FAILED' });
  await mkdir(join(directory, 'other'));
  await assert.rejects(openBlobStore(join(directory, 'missing', 'blobs')), { code: 'STORAGE_FAILED' });
});
