/** Finished index bodies, kept compressed: the same shelf in the same form for the same base is made once. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { createLru } from '../../admission/lru.ts';
import { createSingleFlight } from '../../admission/single-flight.ts';
import type { Rendered } from '../workers/index-jobs.ts';

export interface Bodies {
  readonly get: (key: string, make: () => Promise<Rendered>) => Promise<Rendered>;
}

const keptBytes = 96 * 1024 * 1024;

export function createBodies(): Bodies {
  const kept = createLru<Rendered>(keptBytes, (body) => (body.gzip?.length ?? 0) + 200);
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

/** For the rare client that does not take gzip. */
export const inflate: (bytes: Uint8Array) => Promise<Uint8Array> = promisify(gunzip);
