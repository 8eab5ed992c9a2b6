/** Which addresses are this machine's own loopback, and which are the gate's own. */
import { isIPv4 } from 'node:net';
import type { SecureChannelSettings, Settings } from './settings.ts';

/** `localhost` and its subdomains (RFC 6761 section 6.3), 127.0.0.0/8 and ::1. Brackets of an IPv6 literal are fine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === '::1' ||
    (isIPv4(host) && host.startsWith('127.'))
  );
}

type Own = Pick<Settings, 'listen' | 'port' | 'publicUrl' | 'allowedHosts'> & {
  readonly secureChannel?: Pick<SecureChannelSettings, 'enabled' | 'port' | 'publicUrl'>;
};

/**
 * Is this URL the gate itself, or its Secure channel: a port of it on loopback or on the address it listens on, its public
 * URL, or a host it answers for?
 */
export function isOwnAddress(text: string, own: Own): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  const channel = own.secureChannel?.enabled === true ? own.secureChannel : undefined;
  const onPort =
    (port === own.port || port === channel?.port) &&
    (isLoopbackHost(url.hostname) || bare === own.listen || bare === '0.0.0.0' || bare === '::');
  const isPublic = [own.publicUrl, channel?.publicUrl].some(
    (known) => known !== undefined && new URL(known).host === url.host,
  );
  return onPort || isPublic || own.allowedHosts.includes(url.host);
}

/** Base URL of the gate, ends with `/`. An address that means "all" is reached through loopback. */
export function gateUrl(own: Own): string {
  if (own.publicUrl !== undefined) return own.publicUrl;
  return localUrl(own);
}

/** The same on this machine, whatever the outside calls it. */
export function localUrl(own: Own): string {
  const host = own.listen === '0.0.0.0' || own.listen === '::' ? '127.0.0.1' : own.listen;
  return `http://${host.includes(':') ? `[${host}]` : host}:${own.port}/`;
}
