/**
 * Archives that we accept are listed alike by readers that are not ours: GNU tar, bsdtar (libarchive), tar-stream.
 * Archives on which those readers are known to split are refused.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import { readTarball } from '../../src/archive/read-tarball.ts';
import type { ArchiveReading } from '../../src/core/archive-reading.ts';
import { sha256 } from '../../src/core/digest.ts';
import { archiveArbitrary, builtFrom } from '../support/archive-arbitrary.ts';
import {
  archive,
  directory,
  file,
  gnuLong,
  gzip,
  member,
  pax,
  zeroBlocks,
  paxData,
  paxRecord,
} from '../support/tar-builder.ts';
import { asTarStreamReads, asToolReads, tarTools } from '../support/tar-tools.ts';

function read(bytes: Uint8Array): Promise<ArchiveReading> {
  return readTarball(
    (offset, length) => bytes.subarray(offset, offset + length),
    bytes.length,
    defaultArchiveLimits,
  );
}

/** A set of archives in one: as many shapes as random choice gives, without starting a tool for each. */
const samples = fc.sample(archiveArbitrary, { numRuns: 25, seed: 20_260_921 });

for (const tool of tarTools) {
  const skip = tool.command === undefined ? `${tool.name} is not installed` : false;
  test(`${tool.name} lists and prints what we agree on`, { skip }, async () => {
    for (const members of samples) {
      const bytes = archive(...members.map(builtFrom));
      const reading = await read(gzip(bytes));
      assert.equal(reading.verdict, 'agreed');
      const seen = asToolReads(tool, bytes);
      assert.deepEqual(
        seen.names,
        reading.members.map((each) => each.path),
      );
      assert.equal(seen.content, sha256(Buffer.concat(members.map((each) => each.content))));
    }
  });

  test(
    `${tool.name} reads alike what we accept without an end, or with one zero block`,
    { skip },
    async () => {
      for (const end of [0, 1, 2, 18]) {
        const bytes = Buffer.concat([
          file('package/a', 'a'),
          directory('package/d'),
          file('package/d/b', 'b'),
          zeroBlocks(end),
        ]);
        assert.equal((await read(gzip(bytes))).verdict, 'agreed');
        assert.deepEqual(asToolReads(tool, bytes).names, ['package/a', 'package/d', 'package/d/b']);
      }
    },
  );
}

test('tar-stream lists what we agree on, with content and modes', async () => {
  for (const members of samples) {
    const bytes = archive(...members.map(builtFrom));
    const reading = await read(gzip(bytes));
    assert.deepEqual(
      await asTarStreamReads(bytes),
      reading.members.map(({ path, sha256: digest, mode }) => [path, digest, mode]),
    );
  }
});

const manifest = file('package/package.json', '{}');
const hidden = file('package/hidden', 'x');

/** Each is shown to be read differently by a tool, where it is installed: else the refusal would guard nothing. */
const splits: readonly (readonly [what: string, bytes: Buffer, tool: string, names: readonly string[]])[] = [
  [
    'a global PAX path, which GNU tar applies and node-tar does not',
    archive(pax({ path: 'package/evil' }, 'g'), manifest),
    'GNU tar',
    ['package/evil'],
  ],
  [
    'a member behind one zero block, where GNU tar stops',
    Buffer.concat([manifest, zeroBlocks(1), hidden, zeroBlocks(2)]),
    'GNU tar',
    ['package/package.json'],
  ],
  [
    'a hard link with a size, whose content GNU tar reads as members',
    archive(
      manifest,
      member({ path: 'package/a', flag: '1', linkname: 'package/package.json', content: hidden }),
    ),
    'GNU tar',
    ['package/package.json', 'package/a', 'package/hidden'],
  ],
  [
    'a prefix after another ustar version, which GNU tar honours and node-tar does not',
    archive(member({ path: 'a', prefix: 'package', patch: (block) => block.write('\0\0', 263, 'latin1') })),
    'GNU tar',
    ['package/a'],
  ],
  [
    'a signed checksum, which GNU tar accepts and node-tar does not',
    archive(signed('package/é')),
    'GNU tar',
    ['package/é'],
  ],
  [
    'a PAX size before a long name (GHSA-vmf3-w455-68vh)',
    archive(
      pax({ size: '1024' }),
      gnuLong('package/long'),
      member({ path: 'x', content: Buffer.concat([hidden, Buffer.alloc(0)]) }),
    ),
    'GNU tar',
    ['package/long'],
  ],
];

function signed(path: string): Buffer {
  return member({
    path,
    spoil: (block) => {
      const sum = block.reduce(
        (total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte > 127 ? byte - 256 : byte),
        0,
      );
      block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    },
  });
}

for (const [what, bytes, name, names] of splits) {
  const tool = tarTools.find((each) => each.name === name);
  test(
    `refused: ${what}`,
    { skip: tool?.command === undefined ? `${name} is not installed` : false },
    async () => {
      assert.equal((await read(gzip(bytes))).verdict, 'refused');
      if (tool !== undefined) assert.deepEqual(asToolReads(tool, bytes).names, names);
    },
  );
}

test('refused: an empty PAX header, after which tar-stream takes the content of the next file for its records', async () => {
  const bytes = archive(
    paxData(''),
    file('package/a', paxRecord('path', 'package/evil')),
    file('package/b', 'b'),
  );
  assert.equal((await read(gzip(bytes))).verdict, 'refused');
  const paths = (await asTarStreamReads(bytes).catch(() => [])).map(([path]) => path);
  assert.notDeepEqual(paths, ['package/a', 'package/b']);
});
