/** All names of an archive as a tree of folded segments: finds duplicates, collisions, and files used as directories. */
import type { FindingId } from './findings.ts';
import { foldedSegment } from './member-path.ts';

export interface NameTree {
  /** Undefined when the name is new. `directoriesMayRepeat`: two directories of one name are then one directory. */
  readonly add: (
    path: string,
    type: 'file' | 'directory',
    directoriesMayRepeat?: boolean,
  ) => Clash | undefined;
}

export interface Clash {
  readonly id: FindingId;
  /** The earlier member, when it was one. */
  readonly other: string | undefined;
}

interface Node {
  /** The member with this name; undefined for a folder that only its content names. */
  member: string | undefined;
  isFile: boolean;
  children: Map<string, Node> | undefined;
}

/** `maxNodes` bounds the memory that deep names can take. */
export function createNameTree(maxNodes: number): NameTree {
  const root: Node = { member: undefined, isFile: false, children: undefined };
  let nodes = 0;
  const descend = (from: Node, segment: string): Node => {
    from.children ??= new Map();
    const key = foldedSegment(segment);
    const known = from.children.get(key);
    if (known !== undefined) return known;
    const made: Node = { member: undefined, isFile: false, children: undefined };
    from.children.set(key, made);
    nodes += 1;
    return made;
  };
  return {
    add: (path, type, directoriesMayRepeat = false) => {
      let node = root;
      for (const segment of path.split('/')) {
        if (node.isFile) return { id: 'archive/file-as-directory', other: node.member };
        node = descend(node, segment);
        if (nodes > maxNodes) return { id: 'archive/too-many-folders', other: undefined };
      }
      const clash = clashAt(node, path, type, directoriesMayRepeat);
      node.member ??= path;
      node.isFile ||= type === 'file';
      return clash;
    },
  };
}

function clashAt(
  node: Node,
  path: string,
  type: 'file' | 'directory',
  directoriesMayRepeat: boolean,
): Clash | undefined {
  const known = node.member !== undefined || node.children !== undefined;
  if (!known) return undefined;
  if (node.isFile !== (type === 'file')) return { id: 'archive/file-as-directory', other: node.member };
  if (node.member === undefined || (directoriesMayRepeat && type === 'directory')) return undefined;
  return {
    id: node.member === path ? 'archive/duplicate-path' : 'archive/colliding-path',
    other: node.member,
  };
}
