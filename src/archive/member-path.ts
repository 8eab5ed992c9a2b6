/** Which member paths are accepted: those that every reader and every file system takes for the same place. */
import type { ArchiveLimits } from '../core/archive-reading.ts';
import type { FindingId } from './findings.ts';

/**
 * The findings for one path, written without a trailing slash. Sources: CVE-2026-23745 (absolute), CVE-2026-24842 and
 * CVE-2021-32804 (`..`, repeated roots), CVE-2021-37713 (drive letters and backslashes).
 */
export function pathFindings(
  path: string,
  limits: Pick<ArchiveLimits, 'pathBytes' | 'pathDepth'>,
): readonly FindingId[] {
  const found = new Set<FindingId>();
  if (Buffer.byteLength(path) > limits.pathBytes) return ['archive/path-too-long'];
  if (path.startsWith('/')) found.add('archive/path-absolute');
  if (path.includes('\\')) found.add('archive/path-backslash');
  // Control characters, and the line and paragraph separators, which break terminals and logs the same way.
  if (/[\p{Cc}\u2028\u2029]/u.test(path)) found.add('archive/path-control');
  const segments = path.split('/');
  if (segments.length > limits.pathDepth) found.add('archive/path-too-deep');
  for (const segment of path.startsWith('/') ? segments.slice(1) : segments) {
    const id = segmentFinding(segment);
    if (id !== undefined) found.add(id);
  }
  return [...found];
}

/**
 * `package/./lib/a.js` is `package/lib/a.js` to every reader and file system; agent-base, webpack-cli and others
 * publish such paths. A *leading* `.` stays and is refused: where it stands, stripping the first segment leaves
 * different names to different installers.
 */
export function withoutInnerDots(path: string): string {
  if (!path.includes('/.')) return path;
  return path
    .split('/')
    .filter((segment, at) => at === 0 || segment !== '.')
    .join('/');
}

function segmentFinding(segment: string): FindingId | undefined {
  if (segment === '') return 'archive/path-empty';
  if (segment === '.') return 'archive/path-dot';
  // `.. ` and `..` with dots or spaces behind it are `..` to Windows.
  if (/^\.\.[. ]*$/.test(segment)) return 'archive/path-dotdot';
  if (/^[A-Za-z]:/.test(segment)) return 'archive/path-drive';
  // `a::$DATA` is `a` itself to NTFS.
  if (/:\$[A-Za-z_]+$/.test(segment)) return 'archive/path-stream';
  // No file system holds it: npm leaves such a file out, others fail.
  if (Buffer.byteLength(segment) > 255) return 'archive/path-too-long';
  return undefined;
}

/**
 * One form for all spellings that some file system takes for one name: canonical caseless matching (Unicode section
 * 3.13, D145; full folding, so ß is ss), characters that HFS+ ignores, and the trailing dots and spaces that Windows drops.
 */
export function foldedSegment(segment: string): string {
  const visible = /^[\x20-\x7e]*$/.test(segment) ? segment.toLowerCase() : foldUnicode(segment);
  const trimmed = visible.replace(/[. ]+$/, '');
  return trimmed === '' ? visible : trimmed;
}

function foldUnicode(segment: string): string {
  let folded = '';
  for (const character of segment
    .normalize('NFD')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')) {
    folded += character.toLowerCase().toUpperCase().toLowerCase();
  }
  // A final sigma is lowered by context in a word, never here: one character at a time.
  return folded.normalize('NFC');
}
