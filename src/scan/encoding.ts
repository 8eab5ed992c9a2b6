/** Texts in UTF-16, which shells of Windows and some runtimes read: written as UTF-8 for the search. */
import { transcode } from 'node:buffer';
import { bufferOf } from './byte-facts.ts';

/** The same bytes where they do not begin with a byte order mark of UTF-16. */
export function asUtf8(bytes: Uint8Array): Uint8Array {
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  const big = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (!little && !big) return bytes;
  const units = bufferOf(bytes.subarray(2, bytes.length - (bytes.length % 2)));
  return transcode(little ? units : Buffer.from(units).swap16(), 'utf16le', 'utf8');
}
