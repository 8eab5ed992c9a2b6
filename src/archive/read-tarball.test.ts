import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { archiveArbitrary, builtFrom } from '../../test/support/archive-arbitrary.ts';
import {
  archive,
  directory,
  file,
  gnuLong,
  gzip,
  member,
  pax,
  tarball,
  zeroBlocks,
} from '../../test/support/tar-builder.ts';
import type { ArchiveMember, ArchiveReading } from '../core/archive-reading.ts';
import { sha256 } from '../core/digest.ts';
import { disagreements } from './agreement.ts';
import { readWithLibrary } from './library-reader.ts';
import { defaultArchiveLimits } from './limits.ts';
import { readTarball } from './read-tarball.ts';

function read(bytes: Uint8Array, limits = defaultArchiveLimits): Promise<ArchiveReading> {
  return readTarball((offset, length) => bytes.subarray(offset, offset + length), bytes.length, limits);
}

const manifest = file('package/package.json', '{"name":"x"}');

test('a sound package is agreed on, with its manifest and both readers named', async () => {
  const reading = await read(
    tarball(manifest, directory('package/lib'), file('package/lib/a.js', 'a', 0o755)),
  );
  assert.equal(reading.verdict, 'agreed');
  assert.deepEqual(reading.findings, []);
  assert.equal(reading.manifestText, '{"name":"x"}');
  assert.equal(reading.totalBytes, 13);
  assert.deepEqual(
    reading.members.map(({ path, type, mode }) => [path, type, mode]),
    [
      ['package/package.json', 'file', 0o644],
      ['package/lib', 'directory', 0o755],
      ['package/lib/a.js', 'file', 0o755],
    ],
  );
  assert.equal(reading.readers.length, 2);
});

const scripted = '{"scripts":{"postinstall":"x"}}';

test('manifests of packages below node_modules are kept where they may name an install script', async () => {
  const reading = await read(
    tarball(
      manifest,
      file('package/node_modules/a/package.json', scripted),
      file('package/node_modules/@s/b/node_modules/c/package.json', '{"scripts":{"post\\u0069nstall":"x"}}'),
      file('package/node_modules/d/package.json', '{"name":"d"}'),
      file('package/test/node_modules/e/package.json', scripted),
      file('package/node_modules/f/lib/package.json', scripted),
    ),
  );
  assert.deepEqual(
    reading.nested?.manifests.map(({ path }) => path),
    ['package/node_modules/a/package.json', 'package/node_modules/@s/b/node_modules/c/package.json'],
  );
  assert.equal(reading.nested?.manifests[0]?.text, scripted);
  assert.equal(reading.nested?.whole, true);
});

test('nested manifests over the limit are said to be missing', async () => {
  const large = `{"scripts":{"postinstall":"${'x'.repeat(100)}"}}`;
  const bytes = tarball(
    manifest,
    file('package/node_modules/a/package.json', large),
    file('package/node_modules/b/package.json', large),
  );
  const reading = await read(bytes, { ...defaultArchiveLimits, manifestBytes: 200 });
  assert.equal(reading.nested?.manifests.length, 1);
  assert.equal(reading.nested?.whole, false);
});

const ours: ArchiveMember = {
  path: 'package/a',
  type: 'file',
  mode: 0o644,
  sizeBytes: 1,
  sha256: sha256('a'),
};

test('a difference in any one property of any member, in number or in order is a disagreement', () => {
  const second = { ...ours, path: 'package/b' };
  const agree = { members: [ours, second], error: undefined };
  assert.deepEqual(disagreements([ours, second], agree), []);
  const theirs = [
    [{ ...ours, path: 'package/A' }, second],
    [ours, { ...second, type: 'directory' }],
    [ours, { ...second, mode: 0o755 }],
    [ours, { ...second, sizeBytes: 2 }],
    [ours, { ...second, sha256: sha256('b') }],
    [ours],
    [ours, second, { ...ours, path: 'package/c' }],
    [second, ours],
    [],
  ];
  for (const members of theirs) {
    const found = disagreements([ours, second], { members, error: undefined });
    assert.ok(found.length > 0);
    assert.ok(found.every((item) => item.id === 'archive/disagreement'));
  }
  assert.equal(disagreements([ours, second], { ...agree, error: 'TAR_BAD_ARCHIVE' }).length, 1);
});

test('a disagreement names the first few differences only', () => {
  const members = Array.from({ length: 100 }, (_, at) => ({ ...ours, path: `package/${at}` }));
  assert.equal(disagreements(members, { members: [], error: undefined }).length, 5);
});

test('a member that the library reads otherwise gives the verdict disagreed, with the difference', async () => {
  // node-tar turns a PAX header to text in the pieces in which it was unzipped (16 KiB), and drops the whole record when
  // a letter straddles two of them: npm would then install `package/é` as `x`.
  const filler = file('package/filler', 'y'.repeat(16_384 - 512 - 1024));
  const straddling = pax([
    ['comment', 'y'.repeat(482)],
    ['path', 'package/é'],
  ]);
  const reading = await read(tarball(filler, straddling, file('x'), manifest));
  assert.equal(reading.verdict, 'disagreed');
  assert.match(reading.findings[0]?.message ?? '', /"package\/é".*"x"/);
  assert.deepEqual(reading.members, []);
  assert.equal((await read(tarball(straddling, file('x'), manifest))).verdict, 'agreed');
});

const splitting: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  [
    'a second gzip member, where node-tar stops and tar-stream reads on',
    Buffer.concat([tarball(manifest), tarball(file('package/hidden'))]),
  ],
  [
    'a second gzip member in the middle of a member',
    splitGzip(archive(manifest, file('package/b', 'x'.repeat(2000))), 900),
  ],
  ['a global PAX size', tarball(pax({ size: '0' }, 'g'), manifest)],
  ['a global PAX path, which GNU tar applies', tarball(pax({ path: 'package/evil' }, 'g'), manifest)],
  [
    'a hard link with a size',
    tarball(
      member({ path: 'package/a', flag: '1', linkname: 'b', content: file('package/hidden') }),
      manifest,
    ),
  ],
  [
    'a directory with a size, on which tar-stream hangs',
    tarball(member({ path: 'package/d', flag: '5', content: file('package/hidden') }), manifest),
  ],
  [
    'a PAX size before a long name (GHSA-vmf3-w455-68vh)',
    tarball(pax({ size: '1024' }), gnuLong('package/a'), file('x', 'y'), manifest),
  ],
  ['a lone zero block', gzip(Buffer.concat([manifest, zeroBlocks(1), file('package/hidden')]))],
  [
    'a bad checksum, at which node-tar only warns unless strict',
    tarball(manifest, member({ path: 'package/a', spoil: (block) => block.write('b', 8) })),
  ],
  ['a PAX type, which node-tar takes for the member type', tarball(pax({ type: 'Directory' }), manifest)],
  ['plain tar without gzip', archive(manifest)],
  ['an HTML page', Buffer.from('<!doctype html><title>Not found</title>')],
];

function splitGzip(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([gzip(bytes.subarray(0, at)), gzip(bytes.subarray(at))]);
}

for (const [what, bytes] of splitting) {
  test(`readers split on ${what}: refused`, async () => {
    const reading = await read(bytes);
    assert.equal(reading.verdict, 'refused');
    assert.ok(reading.findings.length > 0);
    assert.deepEqual(reading.members, []);
    assert.equal(reading.manifestText, undefined);
  });
}

test('the library reader is strict: it does not skip what it cannot read', async () => {
  const bad = tarball(
    manifest,
    member({ path: 'package/a', spoil: (block) => block.write('b', 8) }),
    file('package/b'),
  );
  const listing = await readWithLibrary((offset, length) => bad.subarray(offset, offset + length), {
    entries: 10,
  });
  assert.match(listing.error ?? '', /checksum/);
});

test('the library reader stops at the number of members it is given', async () => {
  const many = tarball(...Array.from({ length: 20 }, (_, at) => file(`package/${at}`)));
  const listing = await readWithLibrary((offset, length) => many.subarray(offset, offset + length), {
    entries: 10,
  });
  assert.equal(listing.members.length, 10);
  assert.notEqual(listing.error, undefined);
});

test('any archive of honest members round-trips: names, modes, sizes, digests, order', async () => {
  await fc.assert(
    fc.asyncProperty(archiveArbitrary, async (members) => {
      const reading = await read(tarball(...members.map(builtFrom)));
      assert.deepEqual(reading.findings, []);
      assert.deepEqual(
        reading.members,
        members.map(({ path, type, mode, content }) => ({
          path,
          type,
          mode,
          sizeBytes: content.length,
          sha256: sha256(content),
        })),
      );
    }),
    { numRuns: 150 },
  );
});

test('no change of an unzipped archive makes the reader crash, or agree without saying what it read', async () => {
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      archiveArbitrary,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (members, changes) => {
        const bytes = archive(...members.map(builtFrom));
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        const reading = await read(gzip(bytes, { level: 1 }));
        assert.notEqual(reading.verdict, 'disagreed');
        if (reading.verdict === 'agreed') assertPresent(reading, bytes);
        else assert.ok(reading.findings.length > 0);
      },
    ),
    { numRuns: 250 },
  );
});

test('no change of the packed bytes changes what is agreed on', async () => {
  const bytes = tarball(manifest, file('package/a', 'content '.repeat(40)), directory('package/d'));
  const original = await read(bytes);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, value) => {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      const reading = await read(changed);
      if (reading.verdict === 'agreed') assert.deepEqual(reading, original);
    }),
    { numRuns: 400 },
  );
});

/** Every agreed file's content is really there, at a block's start: found by its digest, by brute force. */
function assertPresent(reading: ArchiveReading, bytes: Buffer): void {
  for (const { sizeBytes, sha256: digest } of reading.members) {
    let found = false;
    for (let at = 0; at + sizeBytes <= bytes.length && !found; at += 512)
      found = sha256(bytes.subarray(at, at + sizeBytes)) === digest;
    assert.ok(found);
  }
}
