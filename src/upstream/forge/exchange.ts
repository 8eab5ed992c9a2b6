/**
 * One request to a forge, with the client's own connections, limits, address checks and retries. The token goes below
 * the configured base alone, and a redirect is followed only while it stays below it.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { AssayError } from '../../core/errors.ts';
import { receiveBytes } from '../body.ts';
import { createBreaker } from '../breaker.ts';
import { shown } from '../destinations.ts';
import { judge } from '../failures.ts';
import { systemResolve } from '../lookup.ts';
import { operatorLookup, operatorUrl } from '../operator-url.ts';
import { ask, createConnections, discard } from '../request.ts';
import { withRetries } from '../retry.ts';
import { createSlots } from '../slots.ts';
import { statusError } from '../statuses.ts';
import { createTrust } from '../trust.ts';
import type { ForgeDeps } from './types.ts';

export interface ForgeRequest {
  /** Relative to the base. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent as a POST that may arrive twice; a GET when absent. */
  readonly body?: Uint8Array;
  readonly maxBytes: number;
}

export interface ForgeReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of any status below 500. */
  readonly bytes: Uint8Array;
  /** Without secrets, for messages. */
  readonly place: string;
}

export interface ForgeExchange {
  /**
   * Throws UPSTREAM_UNREACHABLE, _TIMEOUT, _TOO_LARGE, _TRUNCATED, _STATUS (500 and above), _PROTOCOL, _HOST_REFUSED,
   * _REDIRECT_REFUSED, _INVALID_ENCODING, _BUSY.
   */
  readonly send: (request: ForgeRequest) => Promise<ForgeReply>;
  readonly close: () => void;
}

const hint = 'Give the forge an https URL.';
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 2;

/** `base` ends with `/`. Throws UPSTREAM_HOST_REFUSED. */
export function createForgeExchange(
  base: string,
  authorization: string | undefined,
  deps: ForgeDeps,
): ForgeExchange {
  const root = operatorUrl(base, hint);
  const connections = createConnections(createTrust(deps.ca));
  const slots = createSlots(4, 500, root.host);
  const { resolve = systemResolve, version, clock, random = Math.random } = deps;
  const { connectMs = 5000, idleMs = 10_000, totalMs = 15_000, retries = 1 } = deps;
  // An install waits for the answers: a forge that is down is left alone, rather than waited for each time.
  const breaker = createBreaker({ failures: 5, coolOffMs: 30_000 }, () => performance.now(), random);

  async function once(request: ForgeRequest, signal: AbortSignal): Promise<ForgeReply> {
    let url = below(root, request.path);
    for (let followed = 0; ; followed += 1) {
      const place = shown(url);
      const { status, message } = await ask(connections, {
        url,
        place,
        headers: {
          ...request.headers,
          'accept-encoding': 'identity',
          'user-agent': version === undefined ? 'assay' : `assay/${version}`,
          ...(request.body !== undefined && { 'content-length': request.body.length }),
          ...(authorization !== undefined && { authorization }),
        },
        ...(request.body !== undefined && { body: request.body }),
        lookup: operatorLookup(url, resolve, hint),
        limits: { connectMs, idleMs },
        signal,
      });
      if (status >= 500) {
        discard(message);
        throw statusError(status, message, place, clock);
      }
      if (!redirectStatuses.has(status) || request.body !== undefined) {
        const bytes = await receiveBytes({ message, place, maxBytes: request.maxBytes, idleMs, signal });
        return { status, headers: message.headers, bytes, place };
      }
      discard(message);
      if (followed >= maxRedirects)
        throw new AssayError('UPSTREAM_REDIRECT_REFUSED', `${place} redirects too often`);
      url = below(root, message.headers.location ?? '', url);
    }
  }

  async function attempt(request: ForgeRequest, signal: AbortSignal): Promise<ForgeReply> {
    const release = await slots.take(signal);
    try {
      const entry = breaker.enter();
      if (entry.state === 'refused') throw leftAlone(root, entry.retryAfterMs);
      try {
        const reply = await once(request, signal);
        entry.leave('success');
        return reply;
      } catch (error) {
        entry.leave(judge(error)?.outcome ?? 'neutral');
        throw error;
      }
    } finally {
      release();
    }
  }

  async function send(request: ForgeRequest): Promise<ForgeReply> {
    const waitMs = breaker.retryAfterMs();
    if (waitMs > 0) throw leftAlone(root, waitMs);
    const controller = new AbortController();
    const { signal } = controller;
    const late = new AssayError('UPSTREAM_TIMEOUT', `${root.host}: not finished within ${totalMs} ms`);
    const timer = setTimeout(() => controller.abort(late), totalMs);
    const mayRetry = (): boolean => breaker.retryAfterMs() === 0;
    try {
      const plan = { retries, patienceMs: 2000, random, signal, mayRetry };
      return await withRetries(plan, () => attempt(request, signal), judge);
    } finally {
      clearTimeout(timer);
    }
  }

  return { send, close: connections.close };
}

function leftAlone(root: URL, retryAfterMs: number): AssayError {
  const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const why = `${root.host} has failed repeatedly and is left alone for a while`;
  return new AssayError('UPSTREAM_BUSY', why, { retryAfterSeconds });
}

/** Throws UPSTREAM_REDIRECT_REFUSED for an address that is not below the base. */
function below(root: URL, path: string, from: URL = root): URL {
  const url = URL.parse(path, from.href);
  const inside =
    url !== null &&
    url.origin === root.origin &&
    url.pathname.startsWith(root.pathname) &&
    url.username === '' &&
    url.password === '';
  if (!inside)
    throw new AssayError(
      'UPSTREAM_REDIRECT_REFUSED',
      `${root.host} leads to ${url === null ? 'no URL' : shown(url)}, which is not below ${shown(root)}`,
    );
  url.hash = '';
  return url;
}
