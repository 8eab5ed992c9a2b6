/** CRC-64 of ECMA-182, reflected, as `.xz` files have it: in two halves, because numbers here hold 53 bits. */
const [lowPolynomial, highPolynomial] = [0xd7870f42, 0xc96c5795];
const lows = new Uint32Array(256);
const highs = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let [low, high] = [byte, 0];
  for (let round = 0; round < 8; round += 1) {
    const odd = (low & 1) === 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (odd) [low, high] = [(low ^ lowPolynomial) >>> 0, (high ^ highPolynomial) >>> 0];
  }
  [lows[byte], highs[byte]] = [low, high];
}

/** Eight bytes, the lowest first. */
export function crc64(bytes: Uint8Array): Buffer {
  let [low, high] = [0xffffffff, 0xffffffff];
  for (const byte of bytes) {
    const at = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (lows[at] ?? 0);
    high = (high >>> 8) ^ (highs[at] ?? 0);
  }
  const sum = Buffer.alloc(8);
  sum.writeUInt32LE(~low >>> 0, 0);
  sum.writeUInt32LE(~high >>> 0, 4);
  return sum;
}
