/** Writing one answer. Every header value that may hold foreign text was encoded by who made it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { forHeader } from '../../core/encode.ts';

export interface Answer {
  readonly status: number;
  /** HTTP/1.1 reason phrase; the standard one when absent. */
  readonly reason?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Content-Length where the body is left out (HEAD). */
  readonly length?: number;
  /** Ends the connection after the answer. */
  readonly close?: boolean;
}

export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const headers: Record<string, string> = { ...answer.headers };
  if (answer.status !== 304) headers['content-length'] = String(answer.length ?? answer.body.length);
  if (answer.close === true) headers['connection'] = 'close';
  if (answer.reason === undefined) response.writeHead(answer.status, headers);
  else response.writeHead(answer.status, forHeader(answer.reason), headers);
  response.end(request.method === 'HEAD' || answer.status === 304 ? undefined : answer.body);
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: Buffer.from(`${JSON.stringify(value)}\n`, 'utf8'),
  };
}

/** RFC 9110 section 13.1.2: a list of entity tags, compared weakly, or `*`. */
export function etagMatches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const plain = etag.replace(/^W\//, '');
  return header
    .slice(0, 8192)
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '') === plain);
}

/** Whether the client takes gzip (RFC 9110 section 12.5.3); `q=0` refuses it. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .slice(0, 1024)
    .split(',')
    .some((one) => /^\s*(?:gzip|\*)\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(one));
}
