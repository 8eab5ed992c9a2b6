import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { createIndexPool } from './index-pool.ts';

const upstream = 'npm' as UpstreamId;
const body = Buffer.from(JSON.stringify({ name: 'good', 'dist-tags': {}, versions: {} }));
const digest = sha256(body);

async function poolWith(t: TestContext, stored: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-pool-'));
  const blob = join(folder, 'blob');
  await writeFile(blob, stored);
  const directory = join(folder, 'indexes');
  const pool = createIndexPool({
    directory,
    blobs: { path: () => Promise.resolve(blob) },
    threads: 1,
    maxIndexBytes: 1 << 20,
  });
  t.after(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { pool, directory };
}

test('an index that was altered on disk is not read', async (t) => {
  const altered = Buffer.from(body.toString('utf8').replace('{}', '{ }'));
  const { pool } = await poolWith(t, altered);
  await assert.rejects(pool.read(upstream, 'good', digest), { code: 'BLOB_CORRUPT' });
});

test('a read that cannot be stored leaves no temporary file', async (t) => {
  const { pool, directory } = await poolWith(t, body);
  const key = sha256(`${upstream}\ngood`);
  const folder = join(directory, key.slice(0, 2), key.slice(2));
  // A folder in the place of the file: it cannot be renamed over.
  await mkdir(join(folder, `${digest}.parts`, 'in-the-way'), { recursive: true });
  await assert.rejects(pool.read(upstream, 'good', digest), { code: 'INDEX_READER_FAILED' });
  assert.deepEqual(await readdir(folder), [`${digest}.parts`]);
});
