/**
 * One TCP connection to a host by its name, for programs in the sandbox whose own bytes go through it (git). Its addresses
 * are looked at as those of every other connection: a name that a package gives must not lead into the operator's network.
 */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { AssayError } from '../core/errors.ts';
import { literalAddress } from './addresses.ts';
import { connectionError } from './failures.ts';
import { checkAddress, checkedLookup, systemResolve, type Resolve } from './lookup.ts';

interface DialOptions {
  /** Told `host:port`, lower case: hosts that the operator named may have private addresses. Default: none. */
  readonly privateAllowed?: (hostAndPort: string) => boolean;
  readonly resolve?: Resolve;
  readonly connectMs?: number;
  /** Longest silence, both ways. */
  readonly idleMs?: number;
}

/** Throws UPSTREAM_HOST_REFUSED, UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT, or the signal's reason. */
export type DialHost = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

export function createDial(options: DialOptions = {}): DialHost {
  const { resolve = systemResolve, connectMs = 10_000, idleMs = 120_000 } = options;
  return async (host, port, signal) => {
    signal.throwIfAborted();
    const place = `${host}:${port}`;
    const privateAllowed = options.privateAllowed?.(place.toLowerCase()) ?? false;
    const literal = literalAddress(host);
    // A literal address is never looked up, so the check of the lookup would not see it.
    if (literal !== undefined) checkAddress(literal, place, privateAllowed);
    const lookup = checkedLookup(resolve, privateAllowed, () => undefined);
    const socket = connect({ host: literal ?? host, port, lookup });
    const opened = Promise.withResolvers<void>();
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      opened.reject(signal.aborted ? signal.reason : new Error('closed'));
    });
    const timer = setTimeout(() => {
      opened.reject(new AssayError('UPSTREAM_TIMEOUT', `${place}: no connection within ${connectMs} ms`));
    }, connectMs);
    socket.once('connect', () => opened.resolve());
    socket.once('error', (error) => opened.reject(error));
    try {
      await opened.promise;
      socket.setTimeout(idleMs, stop);
      return socket;
    } catch (error) {
      socket.destroy();
      if (signal.aborted) throw signal.reason;
      throw connectionError(error, place, false);
    } finally {
      clearTimeout(timer);
    }
  };
}
