/** Lines and excerpts of a file, for people. */
export function lineAt(bytes: Uint8Array, offset: number): number {
  let line = 1;
  const end = Math.min(offset, bytes.length);
  for (let i = 0; i < end; i += 1) if (bytes[i] === 0x0a) line += 1;
  return line;
}

/** At most 160 characters of the line around the place, well-formed. */
export function excerptAt(bytes: Uint8Array, offset: number): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const from = Math.max(0, offset - 40, buffer.lastIndexOf(0x0a, Math.max(0, offset - 1)) + 1);
  const newline = buffer.indexOf(0x0a, offset);
  const to = Math.min(newline === -1 ? buffer.length : newline, from + 320);
  return clipped(buffer.toString('utf8', from, to).trim(), 160);
}

export function clipped(text: string, most: number): string {
  return (text.length <= most ? text : `${text.slice(0, most - 1)}…`).toWellFormed();
}

/** Byte offset of a place given in UTF-16 units. */
export function byteOffset(text: string, bytes: Uint8Array, units: number): number {
  return text.length === bytes.length ? units : Buffer.byteLength(text.slice(0, units), 'utf8');
}

/** The reverse: UTF-16 units before a byte offset. */
export function unitOffset(text: string, bytes: Uint8Array, offset: number): number {
  if (text.length === bytes.length) return offset;
  return Buffer.from(bytes.buffer, bytes.byteOffset, offset).toString('utf8').length;
}
