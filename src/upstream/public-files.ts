/**
 * Small files that anybody may read: the tiles and checkpoint of a log somebody serves. Whoever runs the command
 * named the address, so a private one is fine; a cloud's metadata service is not, and redirects are not followed.
 */
import { AssayError } from '../core/errors.ts';
import { literalAddress } from './addresses.ts';
import { receiveBytes } from './body.ts';
import { shown } from './destinations.ts';
import { judge } from './failures.ts';
import { checkAddress, checkedLookup, systemResolve, type Resolve } from './lookup.ts';
import { ask, createConnections, discard, type Connections } from './request.ts';
import { withRetries } from './retry.ts';
import { isGone, statusError } from './statuses.ts';
import { createTrust } from './trust.ts';

export interface PublicFilesOptions {
  /** Sent as `user-agent: assay/<version>`. */
  readonly version?: string;
  readonly connectMs?: number;
  /** Longest silence. */
  readonly idleMs?: number;
  /** One file with its retries. */
  readonly totalMs?: number;
  readonly retries?: number;
  readonly resolve?: Resolve;
}

export interface PublicFiles {
  /**
   * The whole file; undefined when it is not there (404, 410). Throws UPSTREAM_UNREACHABLE, _TIMEOUT, _TOO_LARGE,
   * _TRUNCATED, _STATUS, _PROTOCOL, _HOST_REFUSED, _INVALID_ENCODING, _UNAUTHORIZED.
   */
  readonly read: (url: URL, maxBytes: number) => Promise<Uint8Array | undefined>;
  readonly close: () => void;
}

export function openPublicFiles(options: PublicFilesOptions = {}): PublicFiles {
  const connections = createConnections(createTrust(undefined));
  return {
    read: (url, maxBytes) => readPublicFile(connections, options, url, maxBytes),
    close: connections.close,
  };
}

async function readPublicFile(
  connections: Connections,
  options: PublicFilesOptions,
  url: URL,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const signal = AbortSignal.timeout(options.totalMs ?? 60_000);
  const plan = { retries: options.retries ?? 2, patienceMs: 5000, random: Math.random, signal };
  try {
    return await withRetries(
      { ...plan, mayRetry: () => true },
      () => readOnce(connections, options, url, maxBytes, signal),
      judge,
    );
  } catch (error) {
    if (!signal.aborted || error instanceof AssayError) throw error;
    throw new AssayError('UPSTREAM_TIMEOUT', `${shown(url)}: not finished in time`, { cause: error });
  }
}

async function readOnce(
  connections: Connections,
  options: PublicFilesOptions,
  url: URL,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const place = shown(url);
  // A literal address is never looked up, so the check of the lookup would not see it.
  const literal = literalAddress(url.hostname);
  if (literal !== undefined) checkAddress(literal, url.host, true);
  const limits = { connectMs: options.connectMs ?? 10_000, idleMs: options.idleMs ?? 15_000 };
  const { status, message } = await ask(connections, {
    url,
    place,
    headers: {
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': options.version === undefined ? 'assay' : `assay/${options.version}`,
    },
    lookup: checkedLookup(options.resolve ?? systemResolve, true, () => undefined),
    limits,
    signal,
  });
  if (status === 200) return receiveBytes({ message, place, maxBytes, idleMs: limits.idleMs, signal });
  discard(message);
  if (isGone(status)) return undefined;
  throw statusError(status, message, place, () => new Date());
}
