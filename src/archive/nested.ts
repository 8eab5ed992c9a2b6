/** Keeps the manifests of nested packages that may name an install script, within a bound. */
import type { NestedManifests } from '../core/archive-reading.ts';

export interface NestedKeeper {
  readonly hasRoomFor: (sizeBytes: number) => boolean;
  readonly add: (path: string, pieces: readonly Uint8Array[], sizeBytes: number) => void;
  readonly result: () => NestedManifests;
}

/** `maxBytes` of one manifest, and of all that are kept together. */
export function createNestedKeeper(maxBytes: number): NestedKeeper {
  const manifests: { readonly path: string; readonly text: string }[] = [];
  let left = maxBytes;
  let whole = true;
  return {
    hasRoomFor: (sizeBytes) => sizeBytes <= left,
    add: (path, pieces, sizeBytes) => {
      if (sizeBytes > left) {
        whole = false;
        return;
      }
      const text = Buffer.concat(pieces).toString('utf8');
      if (!mayNameInstall(text)) return;
      manifests.push({ path, text });
      left -= sizeBytes;
    },
    result: () => ({ manifests, whole }),
  };
}

/** Every install event has `install` in its name, unless the JSON spells a letter as an escape. */
function mayNameInstall(text: string): boolean {
  return text.includes('install') || text.includes('\\u');
}
