/** Writes the little DER (X.690) that certificates and timestamp tokens need. Nothing here reads any. */

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** SET OF: sorted by encoding (X.690 §11.6). */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x31, Buffer.concat([...parts].sort((a, b) => Buffer.compare(a, b))));
}

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(0x06, Buffer.concat([first * 40 + second, ...rest].map(base128)));
}

/** `magnitude`: big-endian, unsigned. */
export function integer(magnitude: number | Uint8Array): Buffer {
  const bytes = typeof magnitude === 'number' ? Buffer.from([magnitude]) : Buffer.from(magnitude);
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tagged(0x02, negative ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

export function octets(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes);
}

export function bits(bytes: Uint8Array, unusedBits = 0): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes]));
}

export function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

export function utf8(text: string): Buffer {
  return tagged(0x0c, Buffer.from(text, 'utf8'));
}

/** To the second. */
export function generalizedTime(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

/** As RFC 5280 §4.1.2.5 wants it: two digits of the year until 2049. */
export function certificateTime(at: Date): Buffer {
  if (at.getUTCFullYear() > 2049) return generalizedTime(at);
  return tagged(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

/** A context-specific tag: `primitive` holds bytes, else it holds other values. */
export function context(number: number, content: Uint8Array, primitive = false): Buffer {
  return tagged(0x80 | (primitive ? 0 : 0x20) | number, content);
}

function tagged(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count]);
  const bytes = bigEndian(count);
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function bigEndian(count: number): Buffer {
  const bytes: number[] = [];
  for (let left = count; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Buffer.from(bytes);
}

function base128(value: number): Buffer {
  const bytes = [value % 128];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128))
    bytes.unshift((left % 128) | 0x80);
  return Buffer.from(bytes);
}
