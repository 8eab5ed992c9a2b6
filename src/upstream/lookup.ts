/** The `lookup` of every connection: resolves a name and refuses it when any of its addresses is not allowed. */
import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { AssayError } from '../core/errors.ts';
import { classifyAddress } from './addresses.ts';
import type { ResolvedAddress } from './types.ts';

export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** More addresses than any registry has; a longer answer is cut to these. */
const maxAddresses = 64;

export const systemResolve: Resolve = (hostname) => systemLookup(hostname, { all: true });

/** Throws UPSTREAM_HOST_REFUSED. `privateAllowed` is true only for the upstream's own host and port. */
export function checkAddress(address: string, hostname: string, privateAllowed: boolean): void {
  const is = classifyAddress(address);
  if (is === 'public' || (is === 'private' && privateAllowed)) return;
  throw new AssayError(
    'UPSTREAM_HOST_REFUSED',
    `${hostname} leads to ${address}, which is not a public address`,
    {
      ...(is === 'private' && {
        hint: 'If this upstream is a mirror inside your network, set allowInsecure for it (or use https); other hosts are never followed there.',
      }),
    },
  );
}

/** `refused` is told of an address that is not allowed, before the connection fails with UPSTREAM_HOST_REFUSED. */
export function checkedLookup(
  resolve: Resolve,
  privateAllowed: boolean,
  refused: (why: string) => void,
): LookupFunction {
  return (hostname, options, callback) => {
    const resolved = callbackify(() => resolveChecked(resolve, hostname, options, privateAllowed));
    resolved((error: Error | null, addresses: LookupAddress[] | undefined) => {
      if (error instanceof AssayError) refused(error.message);
      const [first] = addresses ?? [];
      if (first === undefined) callback(error ?? noAddress(hostname), []);
      else if (options.all === true) callback(null, addresses ?? []);
      else callback(null, first.address, first.family);
    });
  };
}

/** One forbidden address refuses the name: a public host that also points inside is how rebinding starts. */
async function resolveChecked(
  resolve: Resolve,
  hostname: string,
  options: LookupOptions,
  privateAllowed: boolean,
): Promise<LookupAddress[]> {
  const found = (await resolve(hostname)).slice(0, maxAddresses);
  for (const { address } of found) checkAddress(address, hostname, privateAllowed);
  const family = options.family === 4 || options.family === 6 ? options.family : undefined;
  return found
    .filter((entry) => family === undefined || entry.family === family)
    .map(({ address, family }) => ({ address, family }));
}

function noAddress(hostname: string): Error {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' });
}
