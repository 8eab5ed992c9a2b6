import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { isAssayError } from '../../core/errors.ts';
import { storedXz } from './testing/stored-xz.ts';
import { unxz } from './xz.ts';

const most = 1024 * 1024;
const xz = spawnSync('xz', ['--version']).status === 0;

function packed(plain: Uint8Array, ...options: readonly string[]): Uint8Array {
  const { stdout, stderr, status } = spawnSync('xz', ['-c', ...options], { input: plain });
  assert.equal(status, 0, stderr.toString());
  return stdout;
}

function refused(read: Promise<unknown>, words: RegExp): Promise<void> {
  return assert.rejects(
    read,
    (error) => isAssayError(error, 'DEBIAN_ARCHIVE_INVALID') && words.test(error.message),
  );
}

/** Bytes that compress well, badly, and with matches near and far. */
const plains = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 200 }))
        .map(([piece, times]) => Uint8Array.from(Array.from({ length: times }, () => [...piece]).flat())),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.concat([...pieces, ...pieces.slice(0, 3)]));

describe('an xz file', () => {
  const choices = [
    [],
    ['-0'],
    ['-9e'],
    ['--check=crc32'],
    ['--check=sha256'],
    ['--check=none'],
    ['--block-size=1000'],
    ['--lzma2=preset=6,lc=0,lp=3,pb=0'],
    ['--lzma2=preset=6,lc=4,lp=0,pb=4'],
    ['--lzma2=preset=6,dict=4KiB,nice=4'],
  ];
  for (const options of choices)
    test(
      `that xz made (${options.join(' ') || 'as it does'}) reads as what was put in`,
      { skip: !xz && 'no xz' },
      async () => {
        await fc.assert(
          fc.asyncProperty(plains, async (plain) => {
            assert.deepEqual(Buffer.from(await unxz(packed(plain, ...options), most)), plain);
          }),
          { numRuns: 10 },
        );
      },
    );

  test('of many chunks reads as what was put in', { skip: !xz && 'no xz' }, async () => {
    let seed = 1;
    const plain = Buffer.alloc(3_000_000, 'Package: a\nVersion: 1\n\n');
    for (let at = 0; at < plain.length; at += 7) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      plain[at] = seed % 251;
    }
    assert.ok(plain.equals(await unxz(packed(plain), plain.length)));
  });

  test(
    'that is larger than what is read is refused before it is all unpacked',
    { skip: !xz && 'no xz' },
    async () => {
      const bomb = packed(Buffer.alloc(64 * 1024 * 1024));
      assert.ok(bomb.length < 20_000);
      await refused(unxz(bomb, most), /larger than 1048576 bytes/);
      await refused(unxz(storedXz(Buffer.alloc(most + 1)), most), /larger than/);
      assert.equal((await unxz(storedXz(Buffer.alloc(most)), most)).length, most);
    },
  );

  test('that is cut, changed, or followed by more is refused; never read as something else', async () => {
    const plain = Buffer.from('Package: tiny\nVersion: 1\n'.repeat(40));
    const whole = xz ? packed(plain) : storedXz(plain);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(whole.length - 1),
        async (at, change, length) => {
          const bytes = Uint8Array.from(whole);
          bytes[at] = (bytes[at] ?? 0) ^ change;
          await refused(unxz(bytes, most), /./);
          await refused(unxz(whole.subarray(0, length), most), /./);
        },
      ),
      { numRuns: 300 },
    );
    await refused(unxz(Buffer.concat([whole, whole]), most), /after its end/);
    await refused(unxz(Buffer.concat([whole, Buffer.alloc(4)]), most), /after its end/);
  });

  test(
    'that copies from further back than its dictionary reaches is refused',
    { skip: !xz && 'no xz' },
    async () => {
      // What nothing makes smaller but a copy of all of it.
      const far = Buffer.concat(
        Array.from({ length: 200 }, (_, at) => createHash('sha256').update(`${at}`).digest()),
      );
      const plain = Buffer.concat([far, far]);
      const bytes = Buffer.from(packed(plain, '--check=none'));
      assert.ok(plain.equals(await unxz(bytes, most)));
      // Of the first block's header, which is of 12 bytes: the size of the dictionary, now 4 KiB, and the checksum.
      assert.deepEqual([...bytes.subarray(12, 16)], [2, 0, 0x21, 1]);
      bytes[16] = 0;
      bytes.writeUInt32LE(crc32(bytes.subarray(12, 20)), 20);
      await refused(unxz(bytes, most), /LZMA data/);
    },
  );

  test('of another filter, or of none, is refused', { skip: !xz && 'no xz' }, async () => {
    await refused(unxz(packed(Buffer.from('text'), '--x86', '--lzma2'), most), /filters/);
    await refused(unxz(packed(Buffer.from('text'), '--format=lzma'), most), /first bytes/);
    await refused(unxz(Buffer.alloc(0), most), /ends too early/);
  });

  test('whose data is any bytes at all is read or refused', async () => {
    const whole = storedXz(Buffer.alloc(64));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 68 }), async (data) => {
        const bytes = Uint8Array.from(whole);
        // Behind the headers of file and block: the chunks.
        bytes.set(data, 24);
        try {
          await unxz(bytes, most);
        } catch (error) {
          assert.ok(isAssayError(error, 'DEBIAN_ARCHIVE_INVALID'), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
