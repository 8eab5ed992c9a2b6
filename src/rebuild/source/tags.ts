/** Tags of a version, and where they were when they were first seen: a tag that points elsewhere now was moved. */
import type { TagMemory } from './deps.ts';
import type { GitCopy } from './git/copy.ts';
import { tagNames } from './tag-names.ts';
import type { MovedTag, ReleaseFacts } from './types.ts';

export interface SeenTag {
  readonly name: string;
  /** The one it was first seen at: what a moved tag points at now is no candidate (Trivy, March 2026). */
  readonly commit: string;
  readonly moved: MovedTag | undefined;
}

const tagsAtMost = 32;

/** Those that exist, in the order of `tagNames`; each sight of a new one is durable. Throws STORAGE_*. */
export async function seenTags(
  memory: TagMemory,
  copy: GitCopy,
  repository: string,
  { name, version }: Pick<ReleaseFacts, 'name' | 'version'>,
): Promise<readonly SeenTag[]> {
  const there = tagNames(name, version).flatMap((tag) => {
    const commit = copy.refs.tags.get(tag);
    return commit === undefined ? [] : [[tag, commit] as const];
  });
  const now = there.slice(0, tagsAtMost);
  const first = await memory.seen(repository, Object.fromEntries(now));
  return now.map(([tag, commit]) => {
    const seen = first.get(tag);
    if (seen === undefined || seen.commit === commit) return { name: tag, commit, moved: undefined };
    const moved = { repository, tag, firstCommit: seen.commit, firstSeenAt: seen.at, commit };
    return { name: tag, commit: seen.commit, moved };
  });
}

export function movedTags(tags: readonly SeenTag[]): readonly MovedTag[] {
  return tags.flatMap(({ moved }) => (moved === undefined ? [] : [moved]));
}
