/** Which ids name one vulnerability: aliases are symmetric and transitive (OSV schema 1.7). */

interface Aliased {
  readonly id: string;
  readonly aliases: readonly string[];
}

/** More ids than this for one vulnerability is a fault in the feed: such a group is not joined. */
const largestGroup = 200;

export interface AliasGroups {
  /** All ids of the group, its own as well, sorted. One that stands alone, or in too large a group, has its own. */
  readonly of: (id: string) => readonly string[];
  /** Groups that were too large to be believed. */
  readonly refused: number;
}

export function groupAliases(records: Iterable<Aliased>): AliasGroups {
  const parents = new Map<string, string>();
  for (const { id, aliases } of records) {
    for (const alias of aliases) join(parents, id, alias);
  }
  const members = new Map<string, string[]>();
  for (const id of parents.keys()) {
    const root = rootOf(parents, id);
    const known = members.get(root);
    if (known === undefined) members.set(root, [id]);
    else known.push(id);
  }
  let refused = 0;
  for (const [root, ids] of members) {
    if (ids.length > largestGroup) {
      refused += 1;
      members.delete(root);
    } else ids.sort();
  }
  return { of: (id) => members.get(rootOf(parents, id)) ?? [id], refused };
}

function join(parents: Map<string, string>, a: string, b: string): void {
  const [left, right] = [rootOf(parents, a), rootOf(parents, b)];
  if (!parents.has(left)) parents.set(left, left);
  if (left !== right) parents.set(right, left);
}

/** Shortens the way as it goes, so that long chains stay cheap. */
function rootOf(parents: Map<string, string>, id: string): string {
  let at = id;
  for (;;) {
    const parent = parents.get(at);
    if (parent === undefined || parent === at) return at;
    const grandparent = parents.get(parent) ?? parent;
    parents.set(at, grandparent);
    at = grandparent;
  }
}
