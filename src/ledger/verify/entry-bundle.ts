/** Entry bundles (C2SP tlog-tiles): up to 256 entries, each after its length as a big-endian 16-bit number. */
import { concat } from './bytes.ts';
import { maxEntryBytes } from './leaf.ts';
import { tileWidth } from './tiles.ts';

/** Throws RangeError unless there are 1 to 256 entries of at most 65,535 bytes. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0 || entries.length > tileWidth)
    throw new RangeError(`no bundle has ${entries.length} entries`);
  return concat(
    entries.flatMap((entry) => {
      if (entry.length > maxEntryBytes) throw new RangeError(`an entry of ${entry.length} bytes`);
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Undefined unless the bytes are exactly 1 to 256 entries, with nothing after the last. */
export function parseBundle(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [high, low] = bytes.subarray(at, at + 2);
    if (high === undefined || low === undefined || entries.length === tileWidth) return undefined;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries.length === 0 ? undefined : entries;
}
