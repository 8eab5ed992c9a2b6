/**
 * A forge that only knows git: tags exactly, and whether a commit is the tip of a branch or tag. It knows no runs, no
 * owners, and of a commit inside the history nothing, not even that it is there.
 */
import type { Forge, NotChecked } from '../../core/forge.ts';
import { failedToAsk, NoAnswer, notChecked } from './not-checked.ts';
import type { Ref } from './pkt-line.ts';
import { isObjectId, isTagName, parseRepositoryUri } from './repository-uri.ts';

/** `undefined`: there is no such repository. Throws NoAnswer and UPSTREAM_*. Both may return more than is asked for. */
export interface RefSource {
  readonly tags: (path: readonly string[], names: readonly string[]) => Promise<readonly Ref[] | undefined>;
  readonly tips: (path: readonly string[]) => Promise<readonly Ref[] | undefined>;
}

const maxNames = 20;

export function createGitForge(source: RefSource, host: string): Forge {
  async function withRefs<T>(
    uri: string,
    refsOf: (path: readonly string[]) => Promise<readonly Ref[] | undefined>,
    read: (refs: readonly Ref[] | undefined) => T | NotChecked,
  ): Promise<T | NotChecked> {
    const place = parseRepositoryUri(uri);
    if (place === undefined) return notChecked('the repository is named by no plain https address');
    try {
      return read(await refsOf(place.path));
    } catch (error) {
      return failedToAsk(error);
    }
  }

  return {
    repository: (uri) =>
      withRefs(
        uri,
        (path) => source.tags(path, []),
        (refs) => {
          const exists = refs !== undefined;
          return { state: 'known', exists, id: undefined, ownerId: undefined, forkOf: undefined };
        },
      ),
    commit: async (uri, commit) => {
      if (!isObjectId(commit)) return notChecked('the commit is no commit id');
      return withRefs(uri, source.tips, (refs) => {
        if (refs === undefined) return notChecked(`${host} shows no such repository`);
        if (!refs.some((ref) => ref.id === commit || ref.peeled === commit))
          return notChecked(
            `${host} shows only where branches and tags end, and none of them ends in this commit`,
          );
        return {
          state: 'known',
          exists: true,
          reachable: 'yes',
          committedAt: undefined,
          signature: 'unknown',
        };
      });
    },
    tags: async (uri, names) => {
      if (names.length > maxNames) return notChecked(`more than ${maxNames} tags were asked for`);
      const wanted = new Set(names.filter(isTagName).map((name) => `refs/tags/${name}`));
      return withRefs(
        uri,
        (path) => source.tags(path, [...wanted]),
        (refs) => {
          if (refs === undefined) return notChecked(`${host} shows no such repository`);
          const found = refs.filter(({ name }) => wanted.has(name));
          return { state: 'known', commits: Object.fromEntries(found.map(tagged)) };
        },
      );
    },
    review: async () => notChecked(`${host} is asked with git alone, which knows no reviews`),
    run: async () => notChecked(`${host} is asked with git alone, which knows no runs`),
  };
}

function tagged({ name, id, peeled }: Ref): readonly [string, string] {
  return [name.slice('refs/tags/'.length), peeled ?? id];
}

export function tooManyRefs(): NoAnswer {
  return new NoAnswer('the repository has more refs than are read');
}
