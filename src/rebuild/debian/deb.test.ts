import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { readAr, writeAr } from './ar.ts';
import { readDebTar } from './deb-tar.ts';
import { readDebParts, readPlainDeb } from './deb.ts';
import { fakeDeb, fakeTar } from './testing/fake-deb.ts';

function refused(read: () => unknown, words: RegExp): void {
  assert.throws(read, (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID') && words.test(error.message));
}

/** Read, or refused with the one code; never anything else. */
function readsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'), String(error));
  }
}

describe('the container of a package', () => {
  const member = fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9._-]{1,16}$/),
    bytes: fc.uint8Array({ maxLength: 40 }),
  });

  test('reads as it was written', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 8 }), (members) => {
        const read = readAr(writeAr(members)).map(({ name, bytes }) => ({
          name,
          bytes: Uint8Array.from(bytes),
        }));
        assert.deepEqual(
          read,
          members.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) })),
        );
      }),
    );
  });

  test('is read or refused, wherever a byte of it was changed or it was cut', () => {
    const deb = fakeDeb([]);
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 0, max: 255 }), fc.nat(deb.length), (at, byte, length) => {
        const bytes = Uint8Array.from(deb);
        bytes[at] = byte;
        readsOrRefuses(() => readDebParts(bytes.subarray(0, length)));
      }),
    );
  });

  test('is refused with another member, another order, or another version', () => {
    const part = (name: string, text = 'x'): { name: string; bytes: Uint8Array } => ({
      name,
      bytes: Buffer.from(text),
    });
    const binary = part('debian-binary', '2.0\n');
    const [control, data] = [part('control.tar.xz'), part('data.tar.zst')];
    assert.equal(readDebParts(writeAr([binary, control, data])).data.compression, '.zst');
    refused(() => readDebParts(writeAr([binary, control, data, part('_extra')])), /leaves unread/);
    refused(() => readDebParts(writeAr([binary, data, control])), /no control\.tar/);
    refused(() => readDebParts(writeAr([part('debian-binary', '3.0\n'), control, data])), /version/);
    refused(() => readDebParts(writeAr([binary, part('control.tar.lzma'), data])), /no control\.tar/);
  });
});

describe('the tar archives of a package', () => {
  test('are read or refused, whatever was changed', () => {
    const tar = fakeTar([
      { path: './a', content: 'text' },
      { path: './b', flag: '2', target: 'a' },
    ]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(tar.length),
        (changes, length) => {
          const bytes = Uint8Array.from(tar);
          for (const [at, byte] of changes) bytes[at] = byte;
          readsOrRefuses(() => readDebTar(bytes.subarray(0, length)));
        },
      ),
      { numRuns: 500 },
    );
  });

  for (const [what, tar, words] of [
    ['a path without ./', fakeTar([{ path: 'a' }]), /begin with/],
    ['a type that is none', fakeTar([{ path: './a', flag: 'x', content: 'path=b' }]), /type "x"/],
    ['a folder with content', fakeTar([{ path: './a', flag: '5', content: 'x' }]), /has content/],
    ['a file that has a target', fakeTar([{ path: './a', target: 'b' }]), /has no target, or another/],
    [
      'a long name of nothing',
      fakeTar([{ path: './@LongLink', flag: 'L', content: './a\0' }]),
      /of no member/,
    ],
    ['data after its end', Buffer.concat([fakeTar([]), fakeTar([{ path: './a' }])]), /after its end/],
  ] as const)
    test(`are refused with ${what}`, () => refused(() => readDebTar(tar), words));
});

const dpkgDeb = spawnSync('dpkg-deb', ['--version']).status === 0;

test('what dpkg-deb packs is read as dpkg-deb lists it', { skip: !dpkgDeb && 'no dpkg-deb' }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-deb-'));
  try {
    const tree = join(folder, 'tree');
    const long = 'very-long-name-'.repeat(12);
    await mkdir(join(tree, 'DEBIAN'), { recursive: true });
    await mkdir(join(tree, 'usr/bin'), { recursive: true });
    await writeFile(
      join(tree, 'DEBIAN/control'),
      'Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.com>\nDescription: tiny\n',
    );
    await writeFile(join(tree, 'usr/bin/tiny'), '#!/bin/sh\n');
    await chmod(join(tree, 'usr/bin/tiny'), 0o755);
    await writeFile(join(tree, 'usr', long), 'x');
    await symlink(`/${long}`, join(tree, 'usr/bin/link'));
    const deb = join(folder, 'tiny.deb');
    const packed = spawnSync('dpkg-deb', ['--root-owner-group', '-Znone', '-b', tree, deb]);
    assert.equal(packed.status, 0, packed.stderr.toString());
    const bytes = await readFile(deb);
    const { refusals, members } = readPlainDeb(bytes, sha256(bytes));
    assert.deepEqual(refusals, []);
    const listed = spawnSync('dpkg-deb', ['-c', deb]).stdout.toString().trim().split('\n');
    const paths = listed.map((line) =>
      `data/${/ \.\/(.*?)(?:\/?$| -> )/.exec(line)?.[1] ?? ''}`.replace(/\/$/, ''),
    );
    assert.deepEqual(
      members.map(({ path }) => path).filter((path) => path.startsWith('data')),
      paths,
    );
    assert.equal(members.find(({ path }) => path === 'data/usr/bin/link')?.linkTarget, `/${long}`);
    assert.equal(members.find(({ path }) => path === 'data/usr/bin/tiny')?.mode, 0o755);
    assert.equal(members.find(({ path }) => path === 'owners')?.content.length, 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
