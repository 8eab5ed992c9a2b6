/** Small JSON documents of a registry that clients' own defences read: its keys, a version's attestations. */
import { createLru } from '../../admission/lru.ts';
import { createSingleFlight } from '../../admission/single-flight.ts';
import type { BlobStore, UpstreamClient } from '../../admission/deps.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { Clock } from '../../core/time.ts';
import type { UpstreamSettings } from '../config/settings.ts';

const documentBytes = 2 * 1024 * 1024;
const believedMs = 300_000;

/** `path` is relative to the registry's base. Undefined when the registry answers 404 (believed for five minutes). */
export type RegistryDocument = (path: string, upstream?: UpstreamId) => Promise<Uint8Array | undefined>;

export function createRegistryDocument(
  upstreams: readonly UpstreamSettings[],
  client: UpstreamClient,
  blobs: BlobStore,
  clock: Clock,
): RegistryDocument {
  const once = createSingleFlight();
  const known = createLru<{ readonly bytes: Uint8Array | undefined; readonly atMs: number }>(
    16 * 1024 * 1024,
    (entry) => (entry.bytes?.length ?? 0) + 200,
  );
  return async (path, id) => {
    const upstream = upstreams.find((one) => (id === undefined ? one.scopes.length === 0 : one.id === id));
    if (upstream === undefined) return undefined;
    const url = new URL(path, upstream.url).href;
    // One address can be two upstreams, and show each another face by its credentials.
    const key = `${upstream.id} ${url}`;
    const remembered = known.get(key);
    if (remembered !== undefined && isBelieved(remembered.atMs, clock().getTime())) return remembered.bytes;
    // A thousand clients that come at once are one question.
    return once(key, async () => {
      const bytes = await fetchDocument(client, blobs, upstream.id, url);
      known.set(key, { bytes, atMs: clock().getTime() });
      return bytes;
    });
  };
}

/** A clock that was set back makes nothing believed for longer. */
function isBelieved(atMs: number, nowMs: number): boolean {
  return nowMs >= atMs && nowMs < atMs + believedMs;
}

async function fetchDocument(
  client: UpstreamClient,
  blobs: BlobStore,
  upstream: UpstreamId,
  url: string,
): Promise<Uint8Array | undefined> {
  try {
    const { artifact } = await client.fetchFile(upstream, url, [], documentBytes);
    const bytes = await blobs.read(artifact.sha256, documentBytes);
    JSON.parse(Buffer.from(bytes).toString('utf8'));
    return bytes;
  } catch (error) {
    if (isAssayError(error, 'UPSTREAM_FILE_ABSENT')) return undefined;
    if (isAssayError(error)) throw error;
    throw new AssayError('UPSTREAM_NOT_JSON', `${url} did not answer with JSON`, { cause: error });
  }
}
