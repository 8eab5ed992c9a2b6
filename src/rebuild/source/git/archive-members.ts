/** What lies in an archive, as it was unpacked in the sandbox. Pure; what it says only ever adds a warning. */
import { isSha256, sha256 } from '../../../core/digest.ts';
import type { SourceMember } from '../archive-check.ts';

/** `hashes`: `<hex>  ./<path>` each; `executables`: `./<path>`; `links`: path and target by turns; all ended by NUL. */
export function readMembers(hashes: string, executables: string, links: string): readonly SourceMember[] {
  const canRun = new Set(executables.split('\0'));
  const members: SourceMember[] = [];
  for (const line of hashes.split('\0')) {
    const [hex, path] = [line.slice(0, 64), line.slice(66)];
    if (isSha256(hex) && path.startsWith('./'))
      members.push({ path: path.slice(2), kind: 'file', executable: canRun.has(path), sha256: hex });
  }
  const words = links.split('\0');
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [path = '', target = ''] = [words[at], words[at + 1]];
    if (path.startsWith('./'))
      members.push({ path: path.slice(2), kind: 'link', executable: false, sha256: sha256(target) });
  }
  return withoutTop(members);
}

/** The one folder that everything lies in, as archives of releases have it. */
function withoutTop(members: readonly SourceMember[]): readonly SourceMember[] {
  const top = members[0]?.path.split('/')[0];
  const isTop = members.every(({ path }) => path.startsWith(`${top ?? ''}/`));
  if (top === undefined || !isTop) return members;
  return members.map((member) => ({ ...member, path: member.path.slice(top.length + 1) }));
}
