/**
 * An answer's body, streamed into a blob under its limits. Nothing here keeps more than one chunk in memory,
 * and nothing is committed before the last byte came and every check passed.
 */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ArtifactDigests } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { codeOf, connectionError } from './failures.ts';
import type { BlobSink } from './types.ts';

export interface Receiving {
  readonly message: IncomingMessage;
  /** Without secrets, for messages. */
  readonly place: string;
  /** Of bytes on the wire, and of decoded bytes too. */
  readonly maxBytes: number;
  readonly idleMs: number;
  /** Decode gzip: an index. A file's bytes are taken as they come. */
  readonly decode: boolean;
  /** Ends the exchange at any moment; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Sees every (decoded) chunk before it is written; throws to refuse. */
  readonly inspect: (chunk: Uint8Array) => void;
  /** Called after the last byte; throws to refuse. */
  readonly finish: () => void;
}

/**
 * Throws UPSTREAM_TOO_LARGE, _TRUNCATED, _TIMEOUT, _INVALID_ENCODING, whatever `inspect` and `finish` throw,
 * or the sink's own error. After a throw nothing is kept and the connection is gone.
 */
export async function receive(receiving: Receiving, blobs: BlobSink): Promise<ArtifactDigests> {
  const { message, place, signal } = receiving;
  try {
    refuseBySize(receiving);
    const gzip = gzipped(receiving);
    const writer = await blobs.create();
    try {
      await pour(receiving, gzip, writer.write);
      signal.throwIfAborted();
      receiving.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return await writer.commit();
  } catch (error) {
    message.destroy();
    if (signal.aborted) throw signal.reason;
    throw encodingError(error, place) ?? error;
  }
}

/** The body as bytes, for small answers. Throws as `receive` does. */
export async function receiveBytes(
  receiving: Pick<Receiving, 'message' | 'place' | 'maxBytes' | 'idleMs' | 'signal'>,
): Promise<Uint8Array> {
  const { message, place } = receiving;
  const whole = { ...receiving, decode: false, inspect: () => undefined, finish: () => undefined };
  try {
    refuseBySize(whole);
    if (contentEncoding(message) !== undefined)
      throw new AssayError('UPSTREAM_INVALID_ENCODING', `${place}: encoded, which was not asked for`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of arriving(whole)) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    message.destroy();
    throw error;
  }
}

async function pour(
  receiving: Receiving,
  gzip: boolean,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const { place, maxBytes, inspect } = receiving;
  let bytes = 0;
  async function sink(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(place, maxBytes);
      inspect(chunk);
      await write(chunk);
    }
  }
  const source = arriving(receiving);
  if (gzip) await pipeline(source, createGunzip(), sink);
  else await sink(source);
}

/** Chunks as they arrive. The clock of silence runs only while waiting for upstream, not while we write. */
async function* arriving(receiving: Receiving): AsyncGenerator<Uint8Array, void> {
  const { message, place, maxBytes, idleMs, signal } = receiving;
  let bytes = 0;
  let cut: AssayError | undefined;
  const stop = (error: AssayError): void => {
    cut ??= error;
    message.destroy(error);
  };
  const aborted = (): void => stop(signal.reason instanceof AssayError ? signal.reason : closed(place));
  const silent = (): void => stop(new AssayError('UPSTREAM_TIMEOUT', `${place}: silent for ${idleMs} ms`));
  if (signal.aborted) aborted();
  else signal.addEventListener('abort', aborted, { once: true });
  let timer = setTimeout(silent, idleMs);
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(place, maxBytes);
      yield chunk;
      timer = setTimeout(silent, idleMs);
    }
    if (!message.complete) throw new AssayError('UPSTREAM_TRUNCATED', `${place}: the body ended early`);
  } catch (error) {
    throw cut ?? connectionError(error, place, true);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', aborted);
  }
}

/** A length that is announced over the limit is refused before a byte is read. */
function refuseBySize({ message, place, maxBytes }: Receiving): void {
  const announced = message.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge(place, maxBytes);
}

function gzipped({ message, place, decode }: Receiving): boolean {
  const encoding = contentEncoding(message);
  if (encoding === undefined || !decode) return false;
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  throw new AssayError(
    'UPSTREAM_INVALID_ENCODING',
    `${place}: content-encoding ${JSON.stringify(encoding.slice(0, 100))} was not asked for`,
  );
}

/** What the answer says its body is wrapped in; undefined when in nothing. */
export function contentEncoding(message: IncomingMessage): string | undefined {
  const encoding = (message.headers['content-encoding'] ?? '').trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

/** zlib's own errors: a stream that stops early, or that is not gzip as its header says. */
function encodingError(error: unknown, place: string): AssayError | undefined {
  const code = codeOf(error);
  if (code === 'Z_BUF_ERROR') {
    return new AssayError('UPSTREAM_TRUNCATED', `${place}: the gzip body ends early`, { cause: error });
  }
  if (code?.startsWith('Z_') === true) {
    return new AssayError('UPSTREAM_INVALID_ENCODING', `${place}: the body is not the gzip it claims to be`, {
      cause: error,
    });
  }
  return undefined;
}

function tooLarge(place: string, maxBytes: number): AssayError {
  return new AssayError('UPSTREAM_TOO_LARGE', `${place}: more than ${maxBytes} bytes`);
}

function closed(place: string): AssayError {
  return new AssayError('UPSTREAM_BUSY', `${place}: given up`);
}
