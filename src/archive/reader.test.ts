import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { directory, file, gzip, member, tarball, zeroBlocks } from '../../test/support/tar-builder.ts';
import type { ArchiveLimits } from '../core/archive-reading.ts';
import { isAssayError } from '../core/errors.ts';
import { defaultArchiveLimits } from './limits.ts';
import { createArchiveReader, type PooledArchiveReader, type ReaderDeath } from './reader.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'assay-reader-')));
const open: PooledArchiveReader[] = [];
after(async () => {
  await Promise.all(open.map((reader) => reader.close()));
  rmSync(folder, { recursive: true, force: true });
});

function reader(
  limits: Partial<ArchiveLimits> = {},
  onDeath?: (death: ReaderDeath) => void,
  readable = [folder],
): PooledArchiveReader {
  const made = createArchiveReader({
    limits: { ...defaultArchiveLimits, ...limits },
    children: 2,
    nodePath: process.execPath,
    readable,
    ...(onDeath === undefined ? {} : { onDeath }),
  });
  open.push(made);
  return made;
}

let count = 0;
function stored(bytes: Uint8Array): readonly [path: string, packedBytes: number] {
  const path = join(folder, `blob-${(count += 1)}`);
  writeFileSync(path, bytes);
  return [path, bytes.length];
}

const manifest = file('package/package.json', '{"name":"x"}');
const shared = reader();

test('a package is read in a child, with its manifest and members', async () => {
  const reading = await shared.read(
    ...stored(tarball(directory('package'), manifest, file('package/é', 'abc'))),
  );
  assert.equal(reading.verdict, 'agreed');
  assert.equal(reading.manifestText, '{"name":"x"}');
  assert.deepEqual(
    reading.members.map((each) => each.path),
    ['package', 'package/package.json', 'package/é'],
  );
});

test('a refused package comes back with its findings', async () => {
  const reading = await shared.read(
    ...stored(tarball(manifest, member({ path: 'package/a', flag: '2', linkname: '/' }))),
  );
  assert.equal(reading.verdict, 'refused');
  assert.deepEqual(
    reading.findings.map((item) => item.id),
    ['archive/symlink'],
  );
});

test('many members cross in order', async () => {
  const members = Array.from({ length: 5000 }, (_, at) => file(`package/${at}`, String(at)));
  const reading = await shared.read(...stored(tarball(manifest, ...members)));
  assert.equal(reading.members.length, 5001);
  assert.equal(reading.members[4321]?.path, 'package/4320');
});

test('a file that is not there, or that children may not read, is no reading', async () => {
  await assert.rejects(shared.read(join(folder, 'absent'), 10), (error) =>
    isAssayError(error, 'ARCHIVE_READER_FAILED'),
  );
  const blind = reader({}, undefined, []);
  await assert.rejects(blind.read(...stored(tarball(manifest))), (error) =>
    isAssayError(error, 'ARCHIVE_READER_FAILED'),
  );
});

const bombs: readonly (readonly [id: string, bytes: Uint8Array, limits: Partial<ArchiveLimits>])[] = [
  [
    'archive/too-large',
    tarball(manifest, file('package/zeros', Buffer.alloc(4 << 20))),
    { unpackedBytes: 2 << 20, ratio: 1e6 },
  ],
  ['archive/ratio', tarball(manifest, file('package/zeros', Buffer.alloc(4 << 20))), {}],
  ['archive/ratio', gzip(Buffer.concat([manifest, zeroBlocks(20_000)])), {}],
  [
    'archive/too-many-entries',
    tarball(...Array.from({ length: 60 }, (_, at) => file(`package/${at}`))),
    { entries: 50 },
  ],
  ['archive/path-too-deep', tarball(file(`package/${'a/'.repeat(70)}a`.slice(0, 99))), { pathDepth: 30 }],
];
for (const [id, bytes, limits] of bombs) {
  test(`a bomb is a finding, not a death: ${id}`, async () => {
    const deaths: ReaderDeath[] = [];
    const reading = await reader(limits, (death) => deaths.push(death)).read(...stored(bytes));
    assert.deepEqual(
      reading.findings.map((item) => item.id),
      [id],
    );
    assert.deepEqual(deaths, []);
  });
}

test('a reading over its wall time fails, is told of with its blob, and the next is read', async () => {
  const deaths: ReaderDeath[] = [];
  const hasty = reader({ wallMs: 1 }, (death) => deaths.push(death));
  const blob = stored(tarball(manifest));
  await assert.rejects(hasty.read(...blob), (error) => isAssayError(error, 'ARCHIVE_READER_FAILED'));
  assert.deepEqual(
    deaths.map(({ reason, blobPath }) => [reason, blobPath]),
    [['wall', blob[0]]],
  );
  assert.equal((await shared.read(...blob)).verdict, 'agreed');
});

test('twins of one path cross as one member, and the total counts them once', async () => {
  const twins = [file('package/./lib/a.js', 'abc'), file('package/lib/a.js', 'abc')];
  const reading = await shared.read(...stored(tarball(manifest, ...twins)));
  assert.equal(reading.verdict, 'agreed');
  assert.deepEqual(
    reading.members.map(({ path }) => path),
    ['package/package.json', 'package/lib/a.js'],
  );
  assert.equal(reading.totalBytes, '{"name":"x"}'.length + 3);
});

test('archives below a folder that is a link are read', async () => {
  const link = join(folder, 'link');
  const real = join(folder, 'real');
  mkdirSync(real);
  symlinkSync(real, link);
  const bytes = tarball(manifest);
  writeFileSync(join(real, 'blob'), bytes);
  const reading = await reader({}, undefined, [link]).read(join(link, 'blob'), bytes.length);
  assert.equal(reading.verdict, 'agreed');
});
