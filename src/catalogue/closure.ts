/** The dependency closure of a release, and how much of it is Secure. What is unknown is told as that, and never counts as Secure. */
import type { Purl } from '../core/purl.ts';
import type { PackageClass } from '../core/rebuild.ts';

export interface ClosureShare {
  /** Without the release itself; the same version twice counts once. */
  readonly total: number;
  readonly secure: number;
  /** Of the total: nothing is on record here, or it could not be told which version it is. */
  readonly unknown: number;
  /** More than could be walked: the numbers are of a part. */
  readonly clipped: boolean;
}

/** What is reachable from a node, without the node itself; a circle ends. `edges` name what is depended on. */
export function reachable<Node>(
  from: Node,
  edges: (node: Node) => readonly Node[],
  most: number,
): { readonly nodes: readonly Node[]; readonly clipped: boolean } {
  const seen = new Set<Node>([from]);
  const waiting: Node[] = [from];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
    for (const next of edges(node)) {
      if (seen.has(next)) continue;
      if (seen.size > most) return { nodes: without(seen, from), clipped: true };
      seen.add(next);
      waiting.push(next);
    }
  return { nodes: without(seen, from), clipped: false };
}

function without<Node>(seen: ReadonlySet<Node>, from: Node): readonly Node[] {
  return [...seen].filter((node) => node !== from);
}

/**
 * `unresolved`: dependencies of which it is not known which version they are. `classOf` is undefined for what is not on
 * record.
 */
export function closureShare(
  purls: readonly Purl[],
  classOf: (purl: Purl) => Pick<PackageClass, 'class'> | undefined,
  unresolved = 0,
  clipped = false,
): ClosureShare {
  const classes = [...new Set(purls)].map(classOf);
  return {
    total: classes.length + unresolved,
    secure: classes.filter((one) => one?.class === 'secure').length,
    unknown: classes.filter((one) => one === undefined).length + unresolved,
    clipped,
  };
}
