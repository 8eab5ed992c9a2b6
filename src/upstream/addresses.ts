/**
 * Which IP addresses may be connected to. The check runs inside the connection's own `lookup`, on the very
 * addresses that are then connected to, so that a name cannot resolve to something else a moment later
 * (DNS rebinding; class 12 and 13 of the attack list: CVE-2026-0600, windmill-labs/windmill#8153).
 * Ranges: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890), and the clouds' metadata services.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';

/** `private`: allowed to an upstream's own host only. `never`: not a place a registry can be. */
export type AddressClass = 'public' | 'private' | 'never';

type Range = readonly [cidr: string, is: AddressClass];

/** The first range that fits decides, so single addresses come before the ranges around them. */
const ipv4Ranges: readonly Range[] = [
  ['100.100.100.200/32', 'never'], // Alibaba Cloud's metadata service, inside the CGNAT range
  ['168.63.129.16/32', 'never'], // Azure's WireServer, inside a public range
  ['0.0.0.0/8', 'never'], // "this network"; Linux connects 0.0.0.0 to itself
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'], // carrier-grade NAT, RFC 6598
  ['127.0.0.0/8', 'private'],
  ['169.254.0.0/16', 'never'], // link-local, with most clouds' metadata service at 169.254.169.254
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'never'],
  ['192.0.2.0/24', 'private'], // documentation; found inside laboratories
  ['192.88.99.0/24', 'never'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'private'],
  ['198.51.100.0/24', 'private'], // documentation; found inside laboratories
  ['203.0.113.0/24', 'private'], // documentation; found inside laboratories
  ['224.0.0.0/3', 'never'], // multicast, reserved, broadcast
  ['0.0.0.0/0', 'public'],
];

const ipv6Ranges: readonly Range[] = [
  ['::1/128', 'private'],
  ['fd00:ec2::254/128', 'never'], // Amazon's metadata service, inside the ULA range
  ['fd20:ce::254/128', 'never'], // Google's
  ['fc00::/7', 'private'], // unique local, RFC 4193
  ['2001::/23', 'never'], // protocol assignments, Teredo among them (it carries an IPv4 address)
  ['2001:db8::/32', 'never'],
  ['2002::/16', 'never'], // 6to4 carries an IPv4 address
  ['3fff::/20', 'never'],
  ['2000::/3', 'public'],
  ['::/0', 'never'], // IPv4-mapped and -compatible, link-local, site-local, multicast, local NAT64, unassigned
];

/** RFC 6052: the one NAT64 prefix whose addresses stand for public IPv4 hosts; the IPv4 address inside is judged. */
const nat64 = '64:ff9b::/96';

/** `never` for anything that is not an IP address in its plain form. */
export function classifyAddress(address: string): AddressClass {
  if (isIPv4(address)) return firstMatch(ipv4Bits(address), 32, ipv4Ranges);
  if (!isIPv6(address) || address.includes('%')) return 'never';
  const bits = ipv6Bits(address);
  if (inRange(bits, 128, nat64)) return firstMatch(bits & 0xffffffffn, 32, ipv4Ranges);
  return firstMatch(bits, 128, ipv6Ranges);
}

/** The address a URL's host spells out, or undefined when it is a name. `lookup` is never called for these. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

function firstMatch(bits: bigint, width: 32 | 128, ranges: readonly Range[]): AddressClass {
  for (const [cidr, is] of ranges) if (inRange(bits, width, cidr)) return is;
  return 'never';
}

function inRange(bits: bigint, width: 32 | 128, cidr: string): boolean {
  const [base = '', length = ''] = cidr.split('/');
  const shift = BigInt(width - Number(length));
  const network = width === 32 ? ipv4Bits(base) : ipv6Bits(base);
  return bits >> shift === network >> shift;
}

function ipv4Bits(address: string): bigint {
  return address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
}

function ipv6Bits(address: string): bigint {
  // A dotted tail (::ffff:192.0.2.1) is written as its two groups first.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const tail = dotted === null ? 0n : ipv4Bits(dotted[2] ?? '');
  const plain =
    dotted === null
      ? address
      : `${dotted[1] ?? ''}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const rest = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - rest.length);
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...rest];
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
