/** Finished index bodies, kept compressed: the same shelf in the same form for the same base is made once. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createLru } from '../../admission/lru.ts';
import { createSingleFlight } from '../../admission/single-flight.ts';
import type { Rendered } from '../workers/index-jobs.ts';

export interface Bodies {
  readonly get: (key: string, make: () => Promise<Rendered>) => Promise<Rendered>;
}

const keptBytes = 32 * 1024 * 1024;

export function createBodies(): Bodies {
  const kept = createLru<Rendered>(keptBytes, (body) => (body.gzip?.length ?? 0) + 1000);
  const once = createSingleFlight();
  return {
    get: async (key, make) => {
      const known = kept.get(key);
      if (known !== undefined) return known;
      return once(key, async () => {
        const made = await make();
        kept.set(key, made);
        return made;
      });
    },
  };
}

/** For the rare client that does not take gzip: piece by piece, since an index may be 100 MB and clients many. */
export async function sendInflated(gzip: Uint8Array, response: ServerResponse): Promise<void> {
  try {
    await pipeline(Readable.from([gzip]), createGunzip({ chunkSize: 64 * 1024 }), response);
  } catch (error) {
    // A client that went away is no fault of ours.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
