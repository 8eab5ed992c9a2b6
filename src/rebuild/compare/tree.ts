/**
 * The canonical tree of an archive and its digest: rungs D2 and D3 of the ladder. The form, byte for byte:
 *
 *     assay-tree/1 LF                       (D2)     or  assay-tree/1 SP normalised SP <rules> LF   (D3)
 *     then, for each entry, sorted by the UTF-8 bytes of its path:
 *     <sha256 hex> SP <mode> SP <type> SP <path as a JSON string of RFC 8785> LF
 *
 * The SHA-256 is that of the file's content, of a link's target, of no bytes for all else. Mode is `x` or `-` where
 * rules look at the exec bit alone (whether any of 0o111 is set), else four octal digits; of a link it is `-`.
 * Type is `f`, `d`, `l` (symbolic), `h` (hard link), `c` (device) or `p` (pipe). Order, times, owners and container
 * have no part in it. In D3 the contents are those after the normalisers, which touch only files that differ.
 */
import { canonicalJson } from '../../core/canonical-json.ts';
import type { ComparedMember, ComparisonRules, Tree, TreeEntry } from '../../core/comparison-input.ts';
import { sha256, type Sha256 } from '../../core/digest.ts';

export type TreeRules = Pick<ComparisonRules, 'id' | 'modes' | 'directories'>;

const letters: Readonly<Record<ComparedMember['type'], string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  device: 'c',
  fifo: 'p',
};

/** Of members without two of one path. */
export function treeOf(members: readonly ComparedMember[], rules: TreeRules): Tree {
  const folders = rules.directories === 'implied' ? foldersOf(members) : new Set<string>();
  const tree = new Map<string, TreeEntry>();
  for (const member of members) {
    if (member.type === 'directory' && folders.has(member.path)) continue;
    tree.set(member.path, { ...member, sha256: contentDigest(member) });
  }
  return tree;
}

function foldersOf(members: readonly ComparedMember[]): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const { path } of members) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

function contentDigest(member: ComparedMember): Sha256 {
  return sha256(member.linkTarget ?? member.content);
}

export function modeOf({ type, mode }: ComparedMember, { modes }: Pick<TreeRules, 'modes'>): string {
  if (type === 'symlink') return '-';
  if (modes === 'full') return mode.toString(8).padStart(4, '0');
  return type === 'file' && (mode & 0o111) !== 0 ? 'x' : '-';
}

export function canonicalTree(tree: Tree, rules: TreeRules, rung: 'd2' | 'd3'): Uint8Array {
  const entries = [...tree.values()].map((entry) => ({ entry, key: Buffer.from(entry.path, 'utf8') }));
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  const head = rung === 'd2' ? 'assay-tree/1\n' : `assay-tree/1 normalised ${rules.id}\n`;
  const lines = entries.map(
    ({ entry }) =>
      `${entry.sha256} ${modeOf(entry, rules)} ${letters[entry.type]} ${canonicalJson(entry.path)}\n`,
  );
  return Buffer.from(head + lines.join(''), 'utf8');
}

export function treeDigest(tree: Tree, rules: TreeRules, rung: 'd2' | 'd3'): Sha256 {
  return sha256(canonicalTree(tree, rules, rung));
}
