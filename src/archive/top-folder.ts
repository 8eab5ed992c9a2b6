/**
 * What installers do with the first path segment: npm, Yarn and Bun take it off whatever it is called; pnpm leaves a
 * path without a folder as it is, where npm drops it. Archives on which these differ are refused.
 */
import type { ArchiveMember } from '../core/archive-reading.ts';
import type { EvidenceItem } from '../core/evidence.ts';
import { clip, finding, maxFindings } from './findings.ts';
import { createNameTree } from './name-tree.ts';

/** The npm manifest: directly in the top folder, whose name is free. */
export function isNpmManifest(path: string): boolean {
  return path.endsWith('/package.json') && path.indexOf('/') === path.lastIndexOf('/');
}

/** The manifest of a package that comes along in `node_modules`, in any case: some file systems make one of them. */
export function isNestedManifest(path: string): boolean {
  return /^[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)+\/package\.json$/i.test(path);
}

export function layoutFindings(members: readonly ArchiveMember[]): readonly EvidenceItem[] {
  const found: EvidenceItem[] = [];
  const tops = new Set<string>();
  for (const { path, type } of members) {
    const slash = path.indexOf('/');
    if (slash === -1 && type === 'file')
      found.push(finding('archive/outside-top-folder', JSON.stringify(clip(path))));
    tops.add(slash === -1 ? path : path.slice(0, slash));
  }
  return [...found, ...(tops.size > 1 ? stripFindings(members) : [])].slice(0, maxFindings);
}

/** With one top folder the stripped names clash only where the full ones do; with several, this asks again. */
function stripFindings(members: readonly ArchiveMember[]): readonly EvidenceItem[] {
  const found: EvidenceItem[] = [];
  const names = createNameTree(Number.POSITIVE_INFINITY);
  for (const { path, type } of members) {
    const slash = path.indexOf('/');
    if (slash === -1) continue;
    const clash = names.add(path.slice(slash + 1), type, true);
    if (clash === undefined) continue;
    found.push(finding('archive/colliding-after-strip', JSON.stringify(clip(path))));
    if (found.length >= maxFindings) break;
  }
  return found;
}
