import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { temporaryDirectory } from '../../../test/support/storage-records.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import { artifactDigestsOf, sha256, type Sha256 } from '../../core/digest.ts';
import type { JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import { openBlobStore, type FileBlobStore } from '../../storage/blobs.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { KnownBuild } from '../rebuilding/known.ts';
import { createBuiltFiles, subjectOf } from './built-files.ts';

const purl = formatPurl('npm', 'a', '1.0.0');
const bytes = Buffer.from('what was built');
const digests = artifactDigestsOf(bytes);
const agreed: ReadingOutcome = {
  state: 'read',
  reading: {
    verdict: 'agreed',
    findings: [],
    members: [],
    totalBytes: 0,
    manifestText: '{"name":"a","version":"1.0.0"}',
    readers: [],
  },
};

async function kept(blobs: FileBlobStore, content: Uint8Array): Promise<Sha256> {
  const writer = await blobs.create();
  await writer.write(content);
  return (await writer.commit()).sha256;
}

function envelope(subject: readonly JsonObject[]): string {
  const payload = Buffer.from(JSON.stringify({ subject })).toString('base64');
  return JSON.stringify({ payloadType: 'x', payload, signatures: [] });
}

const about = (digest: string, name: string = purl): JsonObject => ({ name, digest: { sha256: digest } });

async function bench(t: TestContext, provenance: string | undefined, reading = agreed) {
  const directory = await temporaryDirectory(t);
  const blobs = await openBlobStore(directory);
  await kept(blobs, bytes);
  const stored = provenance === undefined ? undefined : await kept(blobs, Buffer.from(provenance));
  const build = { id: 'b1', purl, provenance: stored, comparison: sha256('c') } as StoredBuild;
  let readings = 0;
  const corrupt: string[] = [];
  const files = createBuiltFiles({
    storage: { blobs, builds: { byId: async (id) => (id === 'b1' ? build : undefined) } },
    onCorrupt: async (of, digest) => void corrupt.push(`${of} ${digest}`),
    readArchive: async () => {
      readings += 1;
      return reading;
    },
  });
  const comparison = { verdict: 'equivalent', rebuilt: digests.sha256 };
  const known = { id: 'b1', record: { purl, outcome: { state: 'compared', comparison } } } as KnownBuild;
  const path = join(directory, 'sha256', digests.sha256.slice(0, 2), digests.sha256.slice(2));
  const spoil = async (): Promise<void> => {
    await chmod(path, 0o644);
    await writeFile(path, 'what was buill');
  };
  return { files, known, blobs, spoil, corrupt, readings: () => readings };
}

test('a built file is ready with the digests of its bytes, and read once', async (t) => {
  const { files, known, readings } = await bench(t, envelope([about(digests.sha256)]));
  for (let times = 0; times < 3; times += 1) {
    const file = await files.of(known);
    assert.ok(file.state === 'ready');
    assert.deepEqual(file.digests, digests);
  }
  assert.equal(readings(), 1);
});

test('bytes that changed on the disk are never ready, are set aside, and are told of', async (t) => {
  const { files, known, blobs, spoil, corrupt } = await bench(t, envelope([about(digests.sha256)]));
  await spoil();
  const file = await files.of(known);
  assert.match(
    file.state === 'unusable' ? file.why : '',
    /lost or damaged.*assay rebuild pkg:npm\/a@1\.0\.0/,
  );
  assert.equal(await blobs.size(digests.sha256), undefined);
  assert.deepEqual(corrupt, [`${purl} ${digests.sha256}`]);
  assert.equal((await files.of(known)).state, 'unusable');
  assert.equal(corrupt.length, 1, 'told once');
});

test('a file whose provenance is lost, or about other bytes or another package, is not served', async (t) => {
  const others = [
    undefined,
    'no json',
    envelope([]),
    envelope([about(sha256('other'))]),
    envelope([about(digests.sha256, 'pkg:npm/b@1.0.0')]),
    envelope([about(digests.sha256), about(sha256('other'))]),
  ];
  for (const other of others) {
    const { files, known } = await bench(t, other);
    const file = await files.of(known);
    assert.match(file.state === 'unusable' ? file.why : '', /provenance is lost, or not about/);
  }
  assert.deepEqual(subjectOf(envelope([about('x')])), { name: purl, sha256: 'x' });
});

test('an archive that readers refuse is not served, and is tried again', async (t) => {
  const failed: ReadingOutcome = { state: 'failed', code: 'ARCHIVE_READER_FAILED', message: 'died' };
  const { files, known, readings } = await bench(t, envelope([about(digests.sha256)]), failed);
  assert.equal((await files.of(known)).state, 'unusable');
  assert.equal((await files.of(known)).state, 'unusable');
  assert.equal(readings(), 2);
});
