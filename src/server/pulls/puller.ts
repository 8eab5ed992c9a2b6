/** Who a caller is on the record of pulls. */
import type { Puller } from '../../core/pull.ts';
import type { Principal } from '../../core/subject.ts';

const longestName = 200;

/** `address`: of the connection. Headers that name another (`X-Forwarded-For`) are what somebody claims, and not believed. */
export function pullerOf({ kind, name }: Principal, address: string | undefined): Puller {
  if (kind !== 'anonymous') return { kind, name: kept(name) };
  // IPv4 seen through a socket for IPv6 (RFC 4291 section 2.5.5.2).
  const plain = address?.replace(/^::ffff:(?=[\d.]+$)/i, '') ?? 'unknown';
  return { kind: 'address', name: kept(plain) };
}

/** One name that the database does not take would keep all others from being written. */
function kept(name: string): string {
  return name.slice(0, longestName).toWellFormed().replaceAll('\0', '');
}
