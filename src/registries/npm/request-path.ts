/**
 * The path of a request, cut into segments and decoded exactly once. Whatever could be read in two ways
 * (CVE-2024-4956 is what that leads to) is malformed: a second layer of escapes, empty or dot segments,
 * backslashes, control characters, an absolute URL in place of a path.
 */
import { decodeOnce } from './names.ts';

const longestUrl = 2048;
const mostSegments = 12;

export type PathReading =
  | { readonly state: 'read'; readonly segments: readonly string[] }
  | { readonly state: 'malformed'; readonly why: string };

/** `/a/b%2fc/?x=y` → `['a', 'b/c']`. One slash at the end is tolerated; the query is left out. */
export function readPath(rawUrl: string): PathReading {
  if (rawUrl.length > longestUrl) return malformed(`the URL is longer than ${longestUrl} characters`);
  if (!rawUrl.startsWith('/')) return malformed('the request line must hold a path that starts with /');
  if (!/^[\x21-\x7e]*$/.test(rawUrl))
    return malformed('the URL holds characters that must be percent-encoded');
  if (rawUrl.includes('#')) return malformed('the URL holds a fragment');
  const path = rawUrl.replace(/\?.*$/, '').slice(1).replace(/\/$/, '');
  return path === '' ? { state: 'read', segments: [] } : decodeSegments(path.split('/'));
}

function decodeSegments(raw: readonly string[]): PathReading {
  if (raw.length > mostSegments) return malformed('the path has too many segments');
  const segments: string[] = [];
  for (const part of raw) {
    const segment = decodeOnce(part);
    if (segment === undefined) return malformed('the path holds a percent-escape that is not UTF-8');
    const why = segmentFault(segment);
    if (why !== undefined) return malformed(why);
    segments.push(segment);
  }
  return { state: 'read', segments };
}

function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'the path holds an empty segment';
  if (segment.split('/').some((part) => part === '.' || part === '..')) return 'the path holds a dot segment';
  if (segment.includes('%')) return 'the path is percent-encoded twice';
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f\\]/.test(segment))
    return 'the path holds a control character or a backslash';
  return undefined;
}

function malformed(why: string): PathReading {
  return { state: 'malformed', why };
}
