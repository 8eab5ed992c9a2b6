import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { gzip } from '../../test/support/tar-builder.ts';
import { gunzip, type GunzipLimits, type GunzipResult } from './gunzip.ts';

const roomy: GunzipLimits = { unpackedBytes: 64 * 1024 * 1024, ratio: 100_000 };

interface Unzipped extends GunzipResult {
  readonly content: Buffer;
  readonly largest: number;
}

async function unzip(
  bytes: Uint8Array,
  limits = roomy,
  enoughAfter = Number.POSITIVE_INFINITY,
): Promise<Unzipped> {
  const pieces: Buffer[] = [];
  let largest = 0;
  const result = await gunzip(
    (offset, length) => bytes.subarray(offset, offset + length),
    bytes.length,
    limits,
    (chunk) => {
      pieces.push(Buffer.from(chunk));
      largest = Math.max(largest, chunk.length);
      return pieces.length < enoughAfter;
    },
  );
  return { ...result, content: Buffer.concat(pieces), largest };
}

const content = Buffer.from('assay '.repeat(50_000));
const sound = gzip(content);
const name = Buffer.from('package.tar\0');

const refusals: readonly (readonly [id: string, what: string, refused: Uint8Array, lookAlike: Uint8Array])[] =
  [
    ['archive/not-gzip', 'plain bytes', content, sound],
    ['archive/not-gzip', 'nothing', Buffer.alloc(0), gzip(Buffer.alloc(0))],
    ['archive/gzip-header', 'another compression method', patched(sound, 2, 7), sound],
    [
      'archive/gzip-header',
      'extra fields',
      gzip(content, { flags: 4, extraHeader: Buffer.from([2, 0, 1, 1]) }),
      gzip(content, { flags: 8, extraHeader: name }),
    ],
    [
      'archive/gzip-header',
      'a comment',
      gzip(content, { flags: 16, extraHeader: name }),
      gzip(content, { flags: 8, extraHeader: name }),
    ],
    [
      'archive/gzip-header',
      'a header checksum',
      gzip(content, { flags: 2, extraHeader: Buffer.alloc(2) }),
      gzip(content, { flags: 8, extraHeader: name }),
    ],
    ['archive/gzip-header', 'reserved flags', patched(sound, 3, 0x20), sound],
    [
      'archive/gzip-header',
      'a name without end',
      gzip(content, { flags: 8, extraHeader: Buffer.alloc(3000, 65) }),
      gzip(content, { flags: 8, extraHeader: name }),
    ],
    ['archive/gzip-truncated', 'a header cut short', sound.subarray(0, 6), sound],
    ['archive/gzip-truncated', 'a stream cut short', sound.subarray(0, sound.length >> 1), sound],
    ['archive/gzip-truncated', 'a trailer cut short', sound.subarray(0, -1), sound],
    [
      'archive/gzip-corrupt',
      'a wrong checksum',
      patched(sound, sound.length - 8, (sound.at(-8) ?? 0) ^ 1),
      sound,
    ],
    ['archive/gzip-corrupt', 'a wrong length', patched(sound, sound.length - 1, 1), sound],
    ['archive/gzip-corrupt', 'an impossible block', patched(sound, 10, 0xff), sound],
    [
      'archive/gzip-extra-member',
      'a second member',
      Buffer.concat([sound, gzip(content)]),
      Buffer.concat([sound, Buffer.alloc(1150)]),
    ],
    [
      'archive/gzip-extra-member',
      'an empty second member',
      Buffer.concat([sound, gzip(Buffer.alloc(0))]),
      gzip(gzip(content)),
    ],
    [
      'archive/gzip-trailing-data',
      'a byte after the end',
      Buffer.concat([sound, Buffer.from('x')]),
      Buffer.concat([sound, Buffer.alloc(1)]),
    ],
    [
      'archive/gzip-trailing-data',
      'a member behind padding',
      Buffer.concat([sound, Buffer.alloc(512), gzip(content)]),
      Buffer.concat([sound, Buffer.alloc(2644)]),
    ],
    [
      'archive/gzip-trailing-data',
      'padding without end',
      Buffer.concat([sound, Buffer.alloc(1 << 20)]),
      Buffer.concat([sound, Buffer.alloc(10_240)]),
    ],
  ];

function patched(bytes: Uint8Array, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

for (const [id, what, refused, lookAlike] of refusals) {
  test(`${id} refuses ${what}, and accepts its honest look-alike`, async () => {
    assert.equal((await unzip(refused)).problem?.id, id);
    assert.equal((await unzip(lookAlike)).problem, undefined);
  });
}

test('what comes out is what went in, in pieces of bounded size', async () => {
  for (const level of [0, 1, 9]) {
    const { content: out, largest, problem, unpackedBytes } = await unzip(gzipSync(content, { level }));
    assert.equal(problem, undefined);
    assert.ok(out.equals(content));
    assert.equal(unpackedBytes, content.length);
    assert.ok(largest <= 128 * 1024);
  }
});

test('a bomb is refused at the size limit, having unpacked hardly more', async () => {
  const bomb = gzip(Buffer.alloc(32 * 1024 * 1024));
  const limits = { unpackedBytes: 4 * 1024 * 1024, ratio: 100_000 };
  const { problem, unpackedBytes } = await unzip(bomb, limits);
  assert.equal(problem?.id, 'archive/too-large');
  assert.ok(unpackedBytes <= limits.unpackedBytes + 128 * 1024);
  assert.equal((await unzip(gzip(Buffer.alloc(4 * 1024 * 1024)), limits)).problem, undefined);
});

test('a bomb is refused at the ratio limit; a small file that packs as well is not', async () => {
  const limits = { unpackedBytes: 1 << 30, ratio: 200 };
  assert.equal((await unzip(gzip(Buffer.alloc(8 * 1024 * 1024)), limits)).problem?.id, 'archive/ratio');
  assert.equal((await unzip(gzip(Buffer.alloc(1024 * 1024)), limits)).problem, undefined);
});

test('the reading ends when the taker has enough', async () => {
  const { problem, unpackedBytes } = await unzip(gzip(Buffer.alloc(32 * 1024 * 1024)), roomy, 1);
  assert.equal(problem, undefined);
  assert.ok(unpackedBytes <= 128 * 1024);
});
