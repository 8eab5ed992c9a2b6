/**
 * Archives that we accept are listed alike by readers that are not ours: GNU tar, bsdtar (libarchive), tar-stream.
 * Archives on which those readers are known to split are refused.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import { readTarball } from '../../src/archive/read-tarball.ts';
import type { ArchiveReading } from '../../src/core/archive-reading.ts';
import { sha256 } from '../../src/core/digest.ts';
import { archiveArbitrary, builtFrom } from '../support/archive-arbitrary.ts';
import { archive, directory, file, gnuLong, gzip, member, pax, zeroBlocks } from '../support/tar-builder.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-readers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function read(bytes: Uint8Array): Promise<ArchiveReading> {
  return readTarball(
    (offset, length) => bytes.subarray(offset, offset + length),
    bytes.length,
    defaultArchiveLimits,
  );
}

interface Tool {
  readonly name: string;
  readonly command: string | undefined;
  /** Arguments that list, one name a line, without quoting. */
  readonly list: readonly string[];
  /** Arguments that print all files' content, one after the other. */
  readonly print: readonly string[];
}

function isTool(command: string, pattern: RegExp): boolean {
  return pattern.test(spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout ?? '');
}

const gnuTar = ['tar', 'gtar'].find((command) => isTool(command, /GNU tar/));
const bsdTar = ['bsdtar', 'tar'].find((command) => isTool(command, /bsdtar/));
const tools: readonly Tool[] = [
  { name: 'GNU tar', command: gnuTar, list: ['--quoting-style=literal', '-tf'], print: ['-xOf'] },
  { name: 'bsdtar', command: bsdTar, list: ['-tf'], print: ['-xOf'] },
];

/** Names without the trailing slash of directories, and the digest over all content; undefined when the tool fails. */
function asToolReads(
  tool: Tool,
  bytes: Uint8Array,
): { readonly names: readonly string[]; readonly content: string } {
  const path = join(folder, 'archive.tar');
  writeFileSync(path, bytes);
  const options = { env: { ...process.env, LC_ALL: 'C.UTF-8' }, maxBuffer: 1 << 26 };
  const listed = spawnSync(tool.command ?? '', [...tool.list, path], options);
  const printed = spawnSync(tool.command ?? '', [...tool.print, path], options);
  assert.equal(listed.status, 0, listed.stderr.toString());
  const names = listed.stdout.toString().split('\n').slice(0, -1);
  return { names: names.map((name) => name.replace(/\/$/, '')), content: sha256(printed.stdout) };
}

/** A set of archives in one: as many shapes as random choice gives, without starting a tool for each. */
const samples = fc.sample(archiveArbitrary, { numRuns: 25, seed: 20_260_921 });

for (const tool of tools) {
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

async function asTarStreamReads(bytes: Uint8Array): Promise<readonly (readonly [string, string, number])[]> {
  const reader = extract();
  reader.end(bytes);
  const seen: (readonly [string, string, number])[] = [];
  for await (const entry of reader) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    seen.push([entry.header.name.replace(/\/$/, ''), sha256(Buffer.concat(pieces)), entry.header.mode ?? 0]);
  }
  return seen;
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
  const tool = tools.find((each) => each.name === name);
  test(
    `refused: ${what}`,
    { skip: tool?.command === undefined ? `${name} is not installed` : false },
    async () => {
      assert.equal((await read(gzip(bytes))).verdict, 'refused');
      if (tool !== undefined) assert.deepEqual(asToolReads(tool, bytes).names, names);
    },
  );
}
