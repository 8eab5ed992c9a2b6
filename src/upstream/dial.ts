/**
 * One TCP connection to a host by its name, for programs in the sandbox whose own bytes go through it (git). Addresses are
 * looked at as for every other connection: public ones alone.
 */
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { AssayError, messageOf } from '../core/errors.ts';
import { checkAddress, checkedLookup, systemResolve, type Resolve } from './lookup.ts';

interface DialOptions {
  readonly resolve?: Resolve;
  readonly connectMs?: number;
}

/** Throws UPSTREAM_HOST_REFUSED, UPSTREAM_UNREACHABLE, UPSTREAM_TIMEOUT. */
export type DialHost = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>;

export function createDial({ resolve = systemResolve, connectMs = 10_000 }: DialOptions = {}): DialHost {
  return async (host, port, signal) => {
    const address = host.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0) checkAddress(address, host, false);
    const lookup = checkedLookup(resolve, false, () => undefined);
    const socket = connect({ host: address, port, lookup, signal });
    const opened = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      opened.reject(new AssayError('UPSTREAM_TIMEOUT', `${host} did not answer within ${connectMs} ms`));
    }, connectMs);
    socket.once('connect', () => opened.resolve());
    socket.once('error', (error) => opened.reject(error));
    try {
      await opened.promise;
      return socket;
    } catch (error) {
      socket.destroy();
      if (error instanceof AssayError) throw error;
      throw new AssayError('UPSTREAM_UNREACHABLE', `${host}: ${messageOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
}
