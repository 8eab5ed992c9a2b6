/**
 * One request, up to the answer's headers, on node:http rather than fetch, because here the connected address can be
 * checked. Every silence is bounded: connecting, waiting for headers, and later each pause in the body.
 */
import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { AssayError } from '../core/errors.ts';
import { codeOf, connectionError } from './failures.ts';
import type { FetchLimits } from './types.ts';

/** Headers above this are refused by Node's parser (HPE_HEADER_OVERFLOW). */
const maxHeaderBytes = 32 * 1024;
/** A refused answer's body up to this size is read away so that the connection can be used again. */
const discardBytes = 64 * 1024;
const discardMs = 1000;

export interface Connections {
  readonly http: http.Agent;
  readonly https: https.Agent;
  readonly close: () => void;
}

export interface Asking {
  readonly url: URL;
  /** Without secrets, for messages. */
  readonly place: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent as a POST; a GET when absent. Whoever posts must not mind that it arrives twice. */
  readonly body?: Uint8Array;
  readonly lookup: LookupFunction;
  readonly limits: Pick<FetchLimits, 'connectMs' | 'idleMs'>;
  /** Ends the exchange at any moment; its reason is thrown. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly message: IncomingMessage;
}

/** Keep-alive connections of one upstream. Idle ones are dropped after a while. */
export function createConnections(secureContext: SecureContext): Connections {
  const options = { keepAlive: true, maxFreeSockets: 64, timeout: 15_000 };
  const plain = new http.Agent(options);
  // Said here so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment can't switch it off.
  const secure = new https.Agent({
    ...options,
    secureContext,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  });
  return {
    http: plain,
    https: secure,
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Throws UPSTREAM_UNREACHABLE, _TIMEOUT, _HOST_REFUSED, _PROTOCOL, _TOO_LARGE (headers), or the signal's reason. */
export async function ask(connections: Connections, asking: Asking): Promise<Answer> {
  const first = await attempt(connections, asking, true);
  if (first !== 'stale') return first;
  const second = await attempt(connections, asking, false);
  if (second !== 'stale') return second;
  throw new AssayError('UPSTREAM_UNREACHABLE', `${asking.place}: connection closed before an answer`);
}

/** `stale`: a kept connection turned out to be closed by the other side, which says nothing about the upstream. */
function attempt(connections: Connections, asking: Asking, reuse: boolean): Promise<Answer | 'stale'> {
  const { url, place, headers, body, lookup, limits, signal } = asking;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const secure = url.protocol === 'https:';
    const agent = secure ? connections.https : connections.http;
    const request = (secure ? https : http).request(url, {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: reuse ? headers : { ...headers, connection: 'close' },
      lookup,
      maxHeaderSize: maxHeaderBytes,
      insecureHTTPParser: false,
    });
    let timer = setTimeout(
      () => fail(new AssayError('UPSTREAM_TIMEOUT', `${place}: no connection in time`)),
      limits.connectMs,
    );
    const giveUp = (): void => fail(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });

    let settled = false;
    function settle(): boolean {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      return true;
    }
    function fail(error: unknown): void {
      if (!settle()) return;
      request.destroy();
      reject(error);
    }
    function connected(): void {
      if (settled) return;
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(new AssayError('UPSTREAM_TIMEOUT', `${place}: no answer in time`)),
        limits.idleMs,
      );
    }
    function answered(message: IncomingMessage): void {
      // The reader of the body comes a tick later; an error until then must find a listener.
      message.on('error', () => undefined);
      if (settle()) resolve({ status: message.statusCode ?? 0, message });
      else message.destroy();
    }

    request.on('socket', (socket) => {
      if (request.reusedSocket) connected();
      else socket.once(secure ? 'secureConnect' : 'connect', connected);
    });
    request.once('response', answered);
    request.on('error', (error) => {
      const stale = reuse && request.reusedSocket && codeOf(error) === 'ECONNRESET' && !signal.aborted;
      if (!stale) fail(connectionError(error, place, false));
      else if (settle()) resolve('stale');
    });
    request.on('close', () =>
      fail(new AssayError('UPSTREAM_UNREACHABLE', `${place}: connection closed before an answer`)),
    );
    request.end(body);
  });
}

/** Gives up an answer's body: a small one is read away, for the connection's sake, any other is cut off. */
export function discard(message: IncomingMessage): void {
  const length = Number(message.headers['content-length'] ?? (message.complete ? 0 : Number.NaN));
  const bodyless = message.statusCode === 304;
  if (!bodyless && !(length <= discardBytes)) {
    message.destroy();
    return;
  }
  const timer = setTimeout(() => message.destroy(), discardMs);
  message.once('close', () => clearTimeout(timer));
  message.resume();
}
