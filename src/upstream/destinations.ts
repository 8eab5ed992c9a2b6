/**
 * Where an upstream's requests may go. A URL in an index or a redirect is written by somebody else: it is
 * followed only to the upstream's own host and port or to a configured file host, over an allowed scheme,
 * without user info (attack classes 12, 13 and 14; a strict same-host rule breaks registries with a CDN,
 * astrid-runtime/astrid#179, which is why file hosts exist).
 */
import { AssayError } from '../core/errors.ts';
import { literalAddress } from './addresses.ts';
import { checkAddress } from './lookup.ts';
import type { UpstreamSource } from './types.ts';

const maxUrlLength = 4096;

export type Destination = 'own' | 'file-host';

/** `<url><name with / as %2f>`. Throws UPSTREAM_HOST_REFUSED for a name that would not stay one path segment. */
export function indexUrl(upstream: UpstreamSource, name: string): URL {
  const segment = encodeSegment(name);
  const base = new URL(upstream.url);
  const url = new URL(upstream.url);
  url.pathname = `${base.pathname}${segment}`;
  if (segment === '' || url.pathname !== `${base.pathname}${segment}` || url.href.length > maxUrlLength) {
    throw refuse(`the name ${JSON.stringify(name.slice(0, 200))} makes no URL below ${upstream.url}`);
  }
  checkDestination(upstream, url, 'own-only');
  return url;
}

/** The URL an index gives for a file, as it may be asked for. Throws UPSTREAM_HOST_REFUSED. */
export function fileUrl(upstream: UpstreamSource, text: string): URL {
  const named = parse(text);
  const url = rebase(upstream, named);
  checkDestination(upstream, url, 'files');
  return url;
}

/** Where a redirect leads, checked like the first URL. Throws UPSTREAM_REDIRECT_REFUSED. */
export function redirectUrl(
  upstream: UpstreamSource,
  from: URL,
  location: string,
  reach: 'own-only' | 'files',
): URL {
  try {
    const url = parse(location, from);
    if (from.protocol === 'https:' && url.protocol === 'http:') {
      throw refuse(`${shown(url)} is plain http, ${shown(from)} was https`);
    }
    checkDestination(upstream, url, reach);
    return url;
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    throw new AssayError('UPSTREAM_REDIRECT_REFUSED', `redirect from ${shown(from)}: ${error.message}`);
  }
}

/** The Authorization header for a URL: only below the upstream's own base URL, so that it never reaches anyone else. */
export function authorizationFor(upstream: UpstreamSource, url: URL): string | undefined {
  const base = new URL(upstream.url);
  return url.origin === base.origin && url.pathname.startsWith(base.pathname)
    ? upstream.authorization
    : undefined;
}

/**
 * Private addresses are for the upstream's own host and port, and for nothing it points to. Over https the
 * certificate proves that it is the configured host, wherever it lies; plain http needs `allowInsecure`.
 */
export function privateAllowed(upstream: UpstreamSource, url: URL): boolean {
  const own = new URL(upstream.url);
  return (
    url.host === own.host &&
    (upstream.allowInsecure || (own.protocol === 'https:' && url.protocol === 'https:'))
  );
}

/** For messages and records: no user info, no query (signed URLs carry their secret there), no fragment. */
export function shown(url: URL): string {
  const place = `${url.protocol}//${url.host}${url.pathname}`.slice(0, 500);
  return `${place}${url.search === '' ? '' : '?[query removed]'}`;
}

/**
 * Real mirrors leave the public registry's URLs in the index. By configuration `identityHost` and the mirror
 * are one registry, so such a URL is asked of the mirror, same path below its base. A plain http URL of an
 * https upstream's own host (old npm indexes have them) is asked over https.
 */
function rebase(upstream: UpstreamSource, named: URL): URL {
  const base = new URL(upstream.url);
  if (named.host === base.host && named.protocol === base.protocol) return named;
  if (named.host === base.host && named.protocol === 'http:')
    return new URL(named.href.replace(/^http:/, 'https:'));
  const web = named.protocol === 'http:' || named.protocol === 'https:';
  if (!web || named.username !== '' || named.password !== '') return named;
  if (!sameHost(named, upstream.identityHost)) return named;
  const url = new URL(upstream.url);
  const below = named.hostname === base.hostname && named.pathname.startsWith(base.pathname);
  url.pathname = below ? named.pathname : `${base.pathname}${named.pathname.slice(1)}`;
  url.search = named.search;
  return url;
}

function checkDestination(upstream: UpstreamSource, url: URL, reach: 'own-only' | 'files'): Destination {
  const base = new URL(upstream.url);
  const insecure = upstream.allowInsecure && base.protocol === 'http:';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && insecure)) {
    throw refuse(`${shown(url)}: the scheme ${url.protocol} is not allowed`);
  }
  if (url.username !== '' || url.password !== '') throw refuse(`${shown(url)} holds a user name or password`);
  if (climbs(url.pathname)) throw refuse(`${shown(url)} holds an encoded path that climbs`);
  const literal = literalAddress(url.hostname);
  if (literal !== undefined) checkAddress(literal, url.host, privateAllowed(upstream, url));
  if (url.protocol === base.protocol && url.host === base.host) return 'own';
  if (reach === 'files' && upstream.fileHosts.some((host) => sameHost(url, host))) return 'file-host';
  throw refuse(`${shown(url)} is not on a host that ${upstream.id} may use`);
}

/** `host` means the scheme's default port; `host:port` exactly that port. */
function sameHost(url: URL, allowed: string): boolean {
  const wanted = allowed.toLowerCase();
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  return wanted === url.host || wanted === `${url.hostname}:${port}`;
}

/**
 * `..` hidden in percent-encoding, at most two layers deep, which a server behind the first may undo
 * (CVE-2024-4956 read any file with `%2F%2F..%2F`). Plain `..` is already resolved by the URL parser.
 */
function climbs(pathname: string): boolean {
  let path = pathname;
  for (let layer = 0; layer < 2; layer += 1) {
    path = path.replace(/%(2e|2f|5c|25)/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (path.split(/[/\\]/).some((segment) => segment === '..' || segment === '.')) return true;
  }
  return false;
}

function encodeSegment(name: string): string {
  try {
    return encodeURIComponent(name).replace(/%2F/g, '%2f').replace(/^%40/, '@');
  } catch {
    throw refuse('a name with a lone surrogate makes no URL');
  }
}

function parse(text: string, base?: URL): URL {
  const url = text.length <= maxUrlLength ? URL.parse(text, base?.href) : null;
  if (url === null) throw refuse(`not a URL: ${JSON.stringify(text.slice(0, 200))}`);
  url.hash = '';
  return url;
}

function refuse(why: string): AssayError {
  return new AssayError('UPSTREAM_HOST_REFUSED', why);
}
