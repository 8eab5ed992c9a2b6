/**
 * Talking to the witnesses of our log: small texts, posted and read. Their addresses are the operator's own words, so a
 * private one is fine and a cloud's metadata service is not; plain http is for this machine alone, and redirects are not
 * followed. Any status is an answer.
 */
import { AssayError } from '../core/errors.ts';
import { receiveBytes } from './body.ts';
import { shown } from './destinations.ts';
import { systemResolve, type Resolve } from './lookup.ts';
import { operatorLookup, operatorUrl } from './operator-url.ts';
import { ask, createConnections, type Connections } from './request.ts';
import { createTrust } from './trust.ts';

export interface WitnessPostOptions {
  /** Sent as `user-agent: assay/<version>`. */
  readonly version?: string;
  /** PEM certificates trusted besides the system's. */
  readonly ca?: string;
  readonly resolve?: Resolve;
}

export interface TextLimits {
  /** For all of it. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface TextAnswer {
  readonly status: number;
  readonly text: string;
}

/** All throw UPSTREAM_UNREACHABLE, _TIMEOUT, _TOO_LARGE, _TRUNCATED, _PROTOCOL, _HOST_REFUSED, _INVALID_ENCODING. */
export interface WitnessPost {
  /** May arrive twice where a kept connection broke. */
  readonly postText: (url: string, body: string, limits: TextLimits) => Promise<TextAnswer>;
  readonly getText: (url: string, limits: TextLimits) => Promise<TextAnswer>;
  readonly close: () => void;
}

export function createWitnessPost(options: WitnessPostOptions = {}): WitnessPost {
  const connections = createConnections(createTrust(options.ca));
  return {
    postText: (url, body, limits) => exchange(connections, options, url, Buffer.from(body, 'utf8'), limits),
    getText: (url, limits) => exchange(connections, options, url, undefined, limits),
    close: connections.close,
  };
}

async function exchange(
  connections: Connections,
  options: WitnessPostOptions,
  address: string,
  body: Uint8Array | undefined,
  { timeoutMs, maxBytes }: TextLimits,
): Promise<TextAnswer> {
  const url = operatorUrl(address, 'Give the witness an https URL.');
  const place = shown(url);
  const signal = AbortSignal.timeout(timeoutMs);
  const { resolve = systemResolve, version } = options;
  try {
    const { status, message } = await ask(connections, {
      url,
      place,
      headers: {
        accept: 'text/plain, */*',
        'accept-encoding': 'identity',
        'user-agent': version === undefined ? 'assay' : `assay/${version}`,
        ...(body !== undefined && {
          'content-type': 'text/plain; charset=utf-8',
          'content-length': body.length,
        }),
      },
      ...(body !== undefined && { body }),
      lookup: operatorLookup(url, resolve, 'Give the witness an https URL.'),
      limits: { connectMs: timeoutMs, idleMs: timeoutMs },
      signal,
    });
    const bytes = await receiveBytes({ message, place, maxBytes, idleMs: timeoutMs, signal });
    return { status, text: Buffer.from(bytes).toString('utf8') };
  } catch (error) {
    if (error instanceof AssayError || !signal.aborted) throw error;
    throw new AssayError('UPSTREAM_TIMEOUT', `${place}: not finished within ${timeoutMs} ms`, {
      cause: error,
    });
  }
}
