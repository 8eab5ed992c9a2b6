/**
 * What an npm client asks for, read from method and path alone. Query strings are ignored: `?write=true` on a
 * packument is still a read. Case pages, health and metrics are the gateway's own and never reach this.
 */
import { isFileName, isPackageName } from './names.ts';
import { readPath } from './request-path.ts';

export const writeKinds = ['publish', 'unpublish', 'dist-tag', 'login', 'account', 'other'] as const;
export type WriteKind = (typeof writeKinds)[number];

export type NpmRequest =
  | { readonly kind: 'packument'; readonly name: string }
  /** `selector` is a version or a tag. */
  | { readonly kind: 'version'; readonly name: string; readonly selector: string }
  | { readonly kind: 'dist-tags'; readonly name: string }
  | { readonly kind: 'tarball'; readonly name: string; readonly file: string }
  /** npm appends upstream's path of `dist.attestations.url` to our host. */
  | { readonly kind: 'attestations'; readonly name: string; readonly version: string }
  | {
      readonly kind:
        | 'ping'
        | 'whoami'
        | 'keys'
        | 'audit-bulk'
        | 'audit-quick'
        | 'search'
        | 'root'
        | 'unknown';
    }
  | { readonly kind: 'write'; readonly what: WriteKind }
  | { readonly kind: 'malformed'; readonly why: string };

type System = { readonly [path: string]: NpmRequest };

const reads: System = {
  ping: { kind: 'ping' },
  whoami: { kind: 'whoami' },
  'v1/search': { kind: 'search' },
  all: { kind: 'search' },
  'all/since': { kind: 'search' },
  'npm/v1/keys': { kind: 'keys' },
};

const posts: System = {
  'npm/v1/security/advisories/bulk': { kind: 'audit-bulk' },
  'npm/v1/security/audits/quick': { kind: 'audit-quick' },
  'npm/v1/security/audits': { kind: 'audit-quick' },
  'v1/login': { kind: 'write', what: 'login' },
  'v1/search': { kind: 'search' },
};

/** Couch login (`PUT /-/user/…`), tokens, profile, teams. */
const accountPaths: ReadonlySet<string> = new Set(['user', 'npm', 'org', 'team', 'v1']);

const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const writeMethods: ReadonlySet<string> = new Set(['PUT', 'POST', 'DELETE', 'PATCH']);

/** Never throws. `method` in upper case, `rawUrl` as it stood in the request line. */
export function parseNpmRequest(method: string, rawUrl: string): NpmRequest {
  const path = readPath(rawUrl);
  if (path.state === 'malformed') return { kind: 'malformed', why: path.why };
  const { segments } = path;
  const reading = readMethods.has(method);
  if (!reading && !writeMethods.has(method))
    return { kind: 'malformed', why: 'this method is not one of npm' };
  if (segments.length === 0) return reading ? { kind: 'root' } : { kind: 'write', what: 'other' };
  if (isSystem(segments)) return systemRequest(method, reading, segments.slice(1));
  const named = takeName(segments);
  if (named === undefined) return invalidName(segments);
  return reading ? packageRead(named) : { kind: 'write', what: packageWrite(method, named.rest) };
}

/** `/-/…`; except that a package named `-` exists, whose packument is `/-` and whose tarballs are `/-/-/…`. */
function isSystem(segments: readonly string[]): boolean {
  return segments[0] === '-' && segments.length > 1 && !(segments.length === 3 && segments[1] === '-');
}

interface Named {
  readonly name: string;
  readonly rest: readonly string[];
}

/** Both encodings of a scoped name: `@scope/name` in two segments, or in one with an encoded slash. */
function takeName(segments: readonly string[]): Named | undefined {
  const first = segments[0] ?? '';
  const split = first.startsWith('@') && !first.includes('/');
  const name = split ? `${first}/${segments[1] ?? ''}` : first;
  return isPackageName(name) ? { name, rest: segments.slice(split ? 2 : 1) } : undefined;
}

function invalidName(segments: readonly string[]): NpmRequest {
  // What browsers ask for by themselves is no mistake of anybody.
  if (segments.length === 1 && segments[0] === 'favicon.ico') return { kind: 'unknown' };
  return { kind: 'malformed', why: 'the path does not start with a package name' };
}

function packageRead({ name, rest }: Named): NpmRequest {
  const [first, ...more] = rest;
  if (first === undefined) return { kind: 'packument', name };
  if (first === '-' && more.length > 0) return tarball(name, more);
  if (more.length > 0 || first === '-') return { kind: 'unknown' };
  return isSelector(first)
    ? { kind: 'version', name, selector: first }
    : { kind: 'malformed', why: 'neither a version nor a tag' };
}

/** `name-1.0.0.tgz`, or with the package's own scope in front, as some registries write it and lockfiles keep it. */
function tarball(name: string, parts: readonly string[]): NpmRequest {
  const path = parts.join('/');
  const scope = name.startsWith('@') ? `${name.slice(0, name.indexOf('/'))}/` : '';
  const file = scope !== '' && path.startsWith(scope) ? path.slice(scope.length) : path;
  if (isFileName(file)) return { kind: 'tarball', name, file };
  return { kind: 'malformed', why: 'not a file name of one path segment' };
}

function isSelector(text: string): boolean {
  return text.length <= 256 && !text.includes('/');
}

function packageWrite(method: string, rest: readonly string[]): WriteKind {
  if (method === 'DELETE') return rest.includes('-rev') ? 'unpublish' : 'other';
  if (method !== 'PUT') return 'other';
  return rest.length === 0 || rest[0] === '-rev' ? 'publish' : 'dist-tag';
}

function systemRequest(method: string, reading: boolean, rest: readonly string[]): NpmRequest {
  const path = rest.join('/');
  const table = reading ? reads : method === 'POST' ? posts : {};
  const known = Object.hasOwn(table, path) ? table[path] : undefined;
  if (known !== undefined) return known;
  if (rest[0] === 'package') return distTags(reading, rest.slice(1));
  if (reading && path.startsWith('npm/v1/attestations/'))
    return attestations(path.slice('npm/v1/attestations/'.length));
  if (reading) return { kind: 'unknown' };
  return { kind: 'write', what: accountPaths.has(rest[0] ?? '') ? 'account' : 'other' };
}

/** `/-/package/<name>/dist-tags` and, for writing, `/-/package/<name>/dist-tags/<tag>`. */
function distTags(reading: boolean, segments: readonly string[]): NpmRequest {
  const named = takeName(segments);
  if (named === undefined) return { kind: 'malformed', why: 'not a package name' };
  const isTags = named.rest[0] === 'dist-tags';
  if (!reading) return { kind: 'write', what: isTags ? 'dist-tag' : 'account' };
  return isTags && named.rest.length === 1 ? { kind: 'dist-tags', name: named.name } : { kind: 'unknown' };
}

/** `<name>@<version>`: the last `@` separates, since versions hold none. */
function attestations(text: string): NpmRequest {
  const at = text.lastIndexOf('@');
  const name = text.slice(0, Math.max(0, at));
  const version = text.slice(at + 1);
  if (isPackageName(name) && version !== '' && isSelector(version))
    return { kind: 'attestations', name, version };
  return { kind: 'malformed', why: 'not a package and version' };
}
