/** Package URLs as other programs write them: with qualifiers, and not always encoded as they should be. */
import type { LockedEntry } from './types.ts';

export interface ForeignPurl {
  /** Lower case. */
  readonly type: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly qualifiers: ReadonlyMap<string, string>;
}

/** Undefined when it cannot be read. ECMA-427, section 5.6, and `@scope` written as it is. */
export function readPurl(text: string): ForeignPurl | undefined {
  const match = /^pkg:\/{0,2}([A-Za-z][A-Za-z0-9.-]*)\/([^?#\s]+)(?:\?([^#\s]*))?(?:#\S*)?$/.exec(text);
  if (match === null || text.length > 4096) return undefined;
  const path = match[2] ?? '';
  const at = path.lastIndexOf('@');
  const hasVersion = at > path.lastIndexOf('/') + 1;
  try {
    const parts = (hasVersion ? path.slice(0, at) : path).split('/').map(decodeURIComponent);
    // A part that decodes to several names would be read in two ways.
    if (parts.some((part) => part === '' || part.includes('/'))) return undefined;
    return {
      type: (match[1] ?? '').toLowerCase(),
      name: parts.join('/'),
      version: hasVersion ? decodeURIComponent(path.slice(at + 1)) : undefined,
      qualifiers: new Map(new URLSearchParams(match[3] ?? '')),
    };
  } catch {
    return undefined;
  }
}

/**
 * Where it came from, by its qualifiers and by the URL that the document gives beside it. Documents name the public
 * registry's URL where a lockfile names none: a URL in a registry's own form is no way past the gate.
 */
export function sourceOfPurl(
  { name, qualifiers }: ForeignPurl,
  given: string | undefined,
): Pick<LockedEntry, 'source' | 'url'> {
  const git = qualifiers.get('vcs_url') ?? (/^git(?:\+|:|@)/.test(given ?? '') ? given : undefined);
  if (git !== undefined) return { source: 'git', url: git };
  const registry = qualifiers.get('repository_url');
  if (registry !== undefined) return { source: 'url', url: registry };
  const url = qualifiers.get('download_url') ?? given;
  if (url === undefined || isRegistryForm(url, name)) return { source: 'registry', url: undefined };
  return { source: 'url', url };
}

/** `https://host/…/<name>/-/<file>`. */
function isRegistryForm(text: string, name: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  const [before = '', ...after] = url.pathname.split('/-/');
  return after.length === 1 && `/${safeDecode(before)}`.endsWith(`/${name}`);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
