/** Reading a request's body whole, within a bound. */
import type { IncomingMessage } from 'node:http';
import { AssayError } from '../../core/errors.ts';

/** Throws REQUEST_TOO_LARGE. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new AssayError('REQUEST_TOO_LARGE', `the body is over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
