/**
 * Which `Host` a request may name. A page in a browser can make any name resolve to loopback (DNS rebinding);
 * and the host ends up in tarball URLs, so a wrong one must not shape a cached answer.
 */
import { isIP } from 'node:net';

export interface HostRules {
  readonly listen: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly allowedHosts: readonly string[];
}

export type HostCheck = { readonly state: 'accepted'; readonly base: string } | { readonly state: 'refused' };

/** `base` is the URL clients use, ends with `/`. */
export function checkHost(rules: HostRules, host: string | undefined): HostCheck {
  const parsed = host === undefined ? undefined : parseHost(host);
  if (parsed === undefined) return { state: 'refused' };
  if (rules.publicUrl !== undefined && new URL(rules.publicUrl).host === parsed.host) {
    return { state: 'accepted', base: rules.publicUrl };
  }
  const accepted =
    isLoopbackName(parsed.hostname) ||
    parsed.hostname === rules.listen ||
    rules.allowedHosts.includes(parsed.hostname) ||
    rules.allowedHosts.includes(parsed.host) ||
    (isWildcard(rules.listen) && isIP(parsed.hostname.replace(/^\[|\]$/g, '')) !== 0);
  return accepted ? { state: 'accepted', base: `http://${parsed.host}/` } : { state: 'refused' };
}

function parseHost(host: string): { readonly host: string; readonly hostname: string } | undefined {
  if (host.length > 260 || !/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host))
    return undefined;
  try {
    const url = new URL(`http://${host}/`);
    return { host: url.host, hostname: url.hostname };
  } catch {
    return undefined;
  }
}

function isLoopbackName(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
  );
}

function isWildcard(listen: string): boolean {
  return listen === '0.0.0.0' || listen === '::';
}

/** Connections that come from this machine itself. */
export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain.startsWith('127.');
}
