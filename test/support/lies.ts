/** What a registry can do wrong, as data, and how it is done on a socket. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';

/** The answer the registry would have given. */
export interface HonestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export type Lie =
  /** Stops after so many bytes; `stated` is the content-length that was promised. */
  | { readonly kind: 'truncate'; readonly keepBytes: number; readonly stated: 'full' | 'short' | 'none' }
  | { readonly kind: 'flip-bit'; readonly atByte: number }
  | { readonly kind: 'body'; readonly body: Uint8Array | string; readonly contentType?: string }
  | { readonly kind: 'edit'; readonly edit: (body: string) => string }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  | { readonly kind: 'html' }
  /** Never answers, or stops in the middle, and keeps the connection open. */
  | { readonly kind: 'hang'; readonly when: 'before-headers' | 'mid-body' }
  /** The honest answer, `bytes` at a time with a pause between. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly pauseMs: number }
  /** The honest answer after a wait. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Endless zeros until `bytes`, without a content-length. */
  | { readonly kind: 'oversize'; readonly bytes: number }
  | { readonly kind: 'stated-length'; readonly bytes: number }
  /** Says gzip, sends plain. */
  | { readonly kind: 'gzip-mislabelled' }
  | { readonly kind: 'gzip-bomb'; readonly bytes: number }
  /** Closes the connection without a byte. */
  | { readonly kind: 'drop' }
  /** Bytes that are no HTTP. */
  | { readonly kind: 'garbage' };

export async function tellLie(lie: Lie, honest: HonestAnswer, response: ServerResponse): Promise<void> {
  const { status, headers, body } = honest;
  const plainHeaders = withoutLength(headers);
  switch (lie.kind) {
    case 'truncate': {
      const length = { full: body.length, short: lie.keepBytes, none: undefined }[lie.stated];
      response.writeHead(status, {
        ...plainHeaders,
        ...(length === undefined ? {} : { 'content-length': length }),
      });
      response.write(body.subarray(0, lie.keepBytes), () => {
        if (lie.stated === 'short') response.end();
        else response.destroy();
      });
      return;
    }
    case 'flip-bit': {
      const altered = Buffer.from(body);
      altered[lie.atByte] = (altered[lie.atByte] ?? 0) ^ 1;
      return send(response, { status, headers, body: altered });
    }
    case 'body':
      return send(response, {
        status: 200,
        headers: { 'content-type': lie.contentType ?? headers['content-type'] ?? 'application/json' },
        body: Buffer.from(lie.body),
      });
    case 'edit':
      return send(response, {
        status,
        headers: plainHeaders,
        body: Buffer.from(lie.edit(Buffer.from(body).toString())),
      });
    case 'status':
      return send(response, {
        status: lie.status,
        headers: { ...lie.headers },
        body: Buffer.from('{"error":"a lie"}'),
      });
    case 'redirect':
      return send(response, {
        status: lie.status ?? 302,
        headers: { location: lie.to },
        body: Buffer.alloc(0),
      });
    case 'html':
      return send(response, {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from('<!doctype html><title>Sign in to the network</title><h1>Sign in</h1>'),
      });
    case 'hang':
      if (lie.when === 'before-headers') return;
      response.writeHead(status, { ...plainHeaders, 'content-length': body.length });
      response.write(body.subarray(0, Math.floor(body.length / 2)));
      return;
    case 'slow':
      response.writeHead(status, { ...plainHeaders, 'content-length': body.length });
      for (let at = 0; at < body.length && !response.destroyed; at += lie.bytes) {
        response.write(body.subarray(at, at + lie.bytes));
        await pause(lie.pauseMs);
      }
      response.end();
      return;
    case 'delay':
      await pause(lie.ms);
      return send(response, honest);
    case 'oversize':
      return sendZeros(response, { ...plainHeaders }, lie.bytes);
    case 'stated-length':
      response.writeHead(status, { ...plainHeaders, 'content-length': lie.bytes });
      response.write(body, () => response.destroy());
      return;
    case 'gzip-mislabelled':
      return send(response, { status, headers: { ...plainHeaders, 'content-encoding': 'gzip' }, body });
    case 'gzip-bomb':
      return send(response, {
        status,
        headers: { ...plainHeaders, 'content-encoding': 'gzip' },
        body: gzipSync(Buffer.alloc(lie.bytes, 0x20), { level: 9 }),
      });
    case 'drop':
      response.destroy();
      return;
    case 'garbage':
      response.socket?.end('\x16\x03\x01 this is no HTTP\r\n\r\n');
      return;
    default:
      return lie satisfies never;
  }
}

export function send(response: ServerResponse, answer: HonestAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(answer.body);
}

async function sendZeros(
  response: ServerResponse,
  headers: Record<string, string>,
  bytes: number,
): Promise<void> {
  response.writeHead(200, headers);
  const chunkBytes = 64 * 1024;
  const chunk = Buffer.alloc(chunkBytes);
  const zeros = Array.from({ length: Math.ceil(bytes / chunkBytes) }, () => chunk);
  // A client that had enough closes the connection: that ends the lie.
  await pipeline(Readable.from(zeros), response).catch(() => undefined);
}

function withoutLength(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length'));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
