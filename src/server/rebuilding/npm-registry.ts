/** What a build may fetch: packages of the configured upstreams, each from the one that answers for its name. */
import type { UpstreamClient } from '../../admission/deps.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { PackageRegistry } from '../../rebuild/recipe/deps.ts';
import type { Settings } from '../config/settings.ts';

export interface NpmRegistryDeps {
  readonly settings: Pick<Settings, 'upstreams'>;
  readonly upstream: UpstreamClient;
  readonly upstreamOf: (name: string) => UpstreamId | undefined;
}

/** `own` is the upstream of the package that is built; a file that no other upstream names is its. */
export function npmRegistry(
  { settings, upstream, upstreamOf }: NpmRegistryDeps,
  own: UpstreamId,
): PackageRegistry {
  const { upstreams } = settings;
  const named = new Map<string, UpstreamId>();
  return {
    index: async (name) => {
      const id = upstreamOf(name) ?? own;
      const answer = await upstream.fetchIndex(id, name, {});
      if (answer.state !== 'fresh') return undefined;
      const base = upstreams.find((one) => one.id === id)?.url ?? '';
      named.set(new URL(base).origin, id);
      return { uri: `${base}${name.replace('/', '%2f')}`, body: answer.body, sizeBytes: answer.sizeBytes };
    },
    file: async (uri, claims) => {
      const id = URL.canParse(uri) ? (named.get(new URL(uri).origin) ?? own) : own;
      const { artifact } = await upstream.fetchFile(id, uri, claims);
      return { uri, artifact };
    },
  };
}
