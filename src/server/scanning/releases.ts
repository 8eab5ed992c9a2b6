/** Bytes of releases from their upstream, verified against the index and kept in a folder for as long as they are scanned. */
import { join } from 'node:path';
import type { ClaimedDigest } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { Currency } from '../../core/currency.ts';
import type { IndexView } from '../../core/index-view.ts';
import { rfc3339 } from '../../core/time.ts';
import { currencyOf } from '../../registries/npm/currency.ts';
import { openStorage } from '../../storage/open.ts';
import { createUpstreamClient } from '../../upstream/client.ts';
import { authorities } from '../config/authorities.ts';
import type { Settings } from '../config/settings.ts';
import { assayVersion } from '../package-version.ts';
import { createNpmRoutes } from '../routes.ts';
import { createIndexPool } from '../workers/index-pool.ts';

export interface Releases {
  /** `claims`: what the bytes must be, besides what the index says. Throws UPSTREAM_*, INDEX_INVALID, INDEX_VERSION_ABSENT. */
  readonly fetch: (
    name: string,
    version: string,
    claims: readonly ClaimedDigest[],
  ) => Promise<{ readonly path: string; readonly sizeBytes: number }>;
  /** By the index that was asked for it; undefined: it was not, or does not list the version. */
  readonly currency: (name: string, version: string) => Promise<Currency | undefined>;
  readonly close: () => Promise<void>;
}

/** `folder` is the caller's to remove. */
export async function openReleases(settings: Settings, folder: string): Promise<Releases> {
  const storage = await openStorage({ directory: join(folder, 'releases') });
  const ca = authorities(settings.upstreams);
  const client = createUpstreamClient({
    upstreams: settings.upstreams,
    limits: settings.fetchLimits,
    blobs: storage.blobs,
    clock: () => new Date(),
    version: assayVersion,
    ...(ca === undefined ? {} : { ca }),
  });
  const indexes = createIndexPool({
    directory: join(folder, 'indexes'),
    blobs: storage.blobs,
    threads: 1,
    maxIndexBytes: settings.fetchLimits.indexBytes,
  });
  const routes = createNpmRoutes(settings.upstreams);
  const views = new Map<string, Promise<IndexView>>();

  async function view(name: string): Promise<IndexView> {
    const route = routes(name);
    if (route === undefined)
      throw new AssayError('CONFIG_INVALID', `no upstream is configured that answers for ${name}`);
    const answer = await client.fetchIndex(route.upstream, name, {});
    if (answer.state !== 'fresh')
      throw new AssayError('UPSTREAM_FILE_ABSENT', `upstream has no package ${name}`);
    return indexes.read(route.upstream, name, answer.body);
  }

  return {
    fetch: async (name, version, claims) => {
      const known = views.get(name) ?? view(name);
      views.set(name, known);
      const { upstream, versions } = await known;
      const listed = versions.find((one) => one.version === version);
      if (listed === undefined)
        throw new AssayError('INDEX_VERSION_ABSENT', `upstream lists no ${name}@${version}`);
      const { artifact } = await client.fetchFile(upstream, listed.url, [...listed.claimed, ...claims]);
      const path = await storage.blobs.path(artifact.sha256);
      if (path === undefined)
        throw new AssayError('BLOB_MISSING', `the bytes of ${name}@${version} are gone`);
      return { path, sizeBytes: artifact.sizeBytes };
    },
    currency: async (name, version) => {
      const known = await views.get(name)?.catch(() => undefined);
      return known && currencyOf(known, version, rfc3339(new Date()));
    },
    close: async () => {
      await indexes.close();
      await client.close();
      await storage.close();
    },
  };
}
