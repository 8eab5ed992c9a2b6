/**
 * Twins: one file under two spellings of one path, `package/lib/a.js` and `package/./lib/a.js`. Some publishers'
 * tools pack the `main` file a second time that way (agent-base, webpack-cli and their like). With the same bytes and
 * mode it does not matter which one a reader keeps; with any difference it is a duplicate like any other.
 */
import type { ArchiveMember } from '../core/archive-reading.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { clip, finding, maxFindings } from './findings.ts';

/** Members whose path was there before with other bytes, another mode or type. */
export function twinFindings(members: readonly ArchiveMember[]): readonly EvidenceItem[] {
  const first = new Map<string, ArchiveMember>();
  const found: EvidenceItem[] = [];
  for (const member of members) {
    const twin = first.get(member.path);
    if (twin === undefined) first.set(member.path, member);
    else if (twin.sha256 !== member.sha256 || twin.mode !== member.mode || twin.type !== member.type) {
      found.push(finding('archive/duplicate-path', JSON.stringify(clip(member.path))));
    }
    if (found.length >= maxFindings) break;
  }
  return found;
}

/** Each path once: twins are one file on disk. */
export function withoutTwins(members: readonly ArchiveMember[]): readonly ArchiveMember[] {
  const seen = new Set<string>();
  return members.filter(({ path }) => !seen.has(path) && seen.add(path));
}
