/**
 * Addresses that are the operator's own words (a witness, a forge): a private one is fine and a cloud's metadata service
 * is not; plain http is for this machine alone.
 */
import type { LookupFunction } from 'node:net';
import { AssayError } from '../core/errors.ts';
import { literalAddress } from './addresses.ts';
import { checkAddress, checkedLookup, type Resolve } from './lookup.ts';

/** `hint` says what to write instead of plain http. Throws UPSTREAM_HOST_REFUSED. */
export function operatorUrl(address: string, hint: string): URL {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new AssayError('UPSTREAM_HOST_REFUSED', 'the address is no http or https URL, or holds a password');
  // A literal address is never looked up, so the check of the lookup would not see it.
  const literal = literalAddress(url.hostname);
  if (literal !== undefined) {
    checkAddress(literal, url.host, true);
    if (url.protocol === 'http:' && !isLoopback(literal)) throw plainHttp(url.host, hint);
  }
  return url;
}

/** The lookup for such an address: checked on the very addresses that are then connected to. */
export function operatorLookup(url: URL, resolve: Resolve, hint: string): LookupFunction {
  const loopbackOnly: Resolve = async (hostname) => {
    const found = await resolve(hostname);
    if (!found.every(({ address }) => isLoopback(address))) throw plainHttp(hostname, hint);
    return found;
  };
  return checkedLookup(url.protocol === 'http:' ? loopbackOnly : resolve, true, () => undefined);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^127(?:\.\d{1,3}){3}$/.test(address);
}

function plainHttp(host: string, hint: string): AssayError {
  return new AssayError(
    'UPSTREAM_HOST_REFUSED',
    `${host} is not this machine: plain http is not spoken with others`,
    { hint },
  );
}
