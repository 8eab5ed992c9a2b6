/** The smallest writer of `.xz` files: one block, nothing of it compressed. */
import { crc32 } from 'node:zlib';

function withCrc(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return Buffer.concat([bytes, sum]);
}

function number(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.trunc(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

export function storedXz(plain: Uint8Array): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < plain.length; at += 0x10000) {
    const piece = plain.subarray(at, at + 0x10000);
    const head = Buffer.from([at === 0 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(piece.length - 1, 1);
    chunks.push(head, Buffer.from(piece));
  }
  const data = Buffer.concat([...chunks, Buffer.from([0])]);
  // Two words long; one filter, LZMA2, whose dictionary is of 8 MiB.
  const header = withCrc(Buffer.from([2, 0, 0x21, 1, 22, 0, 0, 0]));
  const check = withCrc(plain).subarray(-4);
  const index = withCrc(
    padded(
      Buffer.concat([Buffer.from([0, 1]), number(header.length + data.length + 4), number(plain.length)]),
    ),
  );
  const flags = Buffer.from([0, 1]);
  const tail = Buffer.alloc(6);
  tail.writeUInt32LE(index.length / 4 - 1);
  flags.copy(tail, 4);
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    withCrc(flags),
    header,
    padded(data),
    check,
    index,
    withCrc(tail).subarray(-4),
    tail,
    Buffer.from('YZ'),
  ]);
}
