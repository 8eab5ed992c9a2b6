/**
 * Package URLs (ECMA-427): the only name of a package or version inside Assay. Identifiers are never
 * joined by hand: a name that can be read two ways is how CVE-2022-29176 let one owner yank another's gem.
 */
import { AssayError } from './errors.ts';

export type Purl = string & { readonly __brand: 'purl' };
export const ecosystems = ['npm', 'pypi', 'debian', 'go', 'cargo', 'maven', 'oci'] as const;
export type Ecosystem = (typeof ecosystems)[number];

export interface PurlParts {
  readonly ecosystem: Ecosystem;
  /** The ecosystem's own full name: `@scope/name` for npm. */
  readonly name: string;
  readonly version: string | undefined;
}

function encode(part: string): string {
  return encodeURIComponent(part).replace(/%3A/g, ':');
}

/** Where a type is that of several archives, or is named otherwise than here: Debian's is `deb`, its namespace `debian`. */
const prefixes: Readonly<Partial<Record<Ecosystem, string>>> = { debian: 'deb/debian' };

/** `name` may hold `/` between namespace and name; each part is percent-encoded on its own. */
export function formatPurl(ecosystem: Ecosystem, name: string, version?: string): Purl {
  const path = name.split('/').map(encode).join('/');
  return `pkg:${prefixes[ecosystem] ?? ecosystem}/${path}${version === undefined ? '' : `@${encode(version)}`}` as Purl;
}

/** Throws PURL_INVALID. Qualifiers and subpaths are refused: no name inside Assay has them. */
export function parsePurl(text: string): PurlParts {
  const match = /^pkg:(deb\/debian|[a-z]+)\/([^@?#\s]+)(?:@([^@?#\s]+))?$/.exec(text);
  const ecosystem = ecosystems.find((known) => (prefixes[known] ?? known) === match?.[1]);
  if (match === null || ecosystem === undefined || text.length > 1024) throw invalid(text);
  try {
    const name = (match[2] ?? '').split('/').map(decodeURIComponent).join('/');
    const version = match[3] === undefined ? undefined : decodeURIComponent(match[3]);
    if (formatPurl(ecosystem, name, version) !== text) throw invalid(text);
    return { ecosystem, name, version };
  } catch (cause) {
    throw invalid(text, cause);
  }
}

function invalid(text: string, cause?: unknown): AssayError {
  return new AssayError('PURL_INVALID', `not a package URL: ${JSON.stringify(text.slice(0, 200))}`, {
    cause,
  });
}
