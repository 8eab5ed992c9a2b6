/** Two readers agree when they list the same members in the same order: path, type, mode, size and content. */
import type { ArchiveMember } from '../core/archive-reading.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { clip, finding } from './findings.ts';
import type { LibraryListing, LibraryMember } from './library-reader.ts';

/** This many differences are named; the first is where the readers part, the rest follow from it. */
const namedDifferences = 5;

/** Empty when they agree. */
export function disagreements(
  ours: readonly ArchiveMember[],
  theirs: LibraryListing,
): readonly EvidenceItem[] {
  const found: EvidenceItem[] = [];
  if (theirs.error !== undefined)
    found.push(finding('archive/disagreement', `the library says ${clip(theirs.error)}`));
  const length = Math.max(ours.length, theirs.members.length);
  for (let at = 0; at < length && found.length < namedDifferences; at += 1) {
    const mine = describe(ours[at]);
    const other = describe(theirs.members[at]);
    if (mine !== other)
      found.push(finding('archive/disagreement', `member ${at + 1} is ${mine}, to the library ${other}`));
  }
  return found;
}

function describe(member: LibraryMember | undefined): string {
  if (member === undefined) return 'absent';
  const { path, type, mode, sizeBytes, sha256 } = member;
  return `${JSON.stringify(path)} (${type}, ${mode.toString(8)}, ${sizeBytes} bytes, ${sha256.slice(0, 64)})`;
}
