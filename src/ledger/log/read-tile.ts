/** Reading one file of a log, from wherever its files are. */
import { AssayError } from '../../core/errors.ts';
import { hashBytes } from '../verify/rfc6962.ts';
import { tilePath, tileWidth, type Tile } from '../verify/tiles.ts';

/** Undefined when there is no such file. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

/**
 * The bytes of a tile or bundle, or of a wider version of it: a log may drop a partial tile once the full one is there
 * (C2SP tlog-tiles, "Partial Tiles"). Throws LEDGER_CORRUPT when there is none, or it is no tile that wide.
 */
export async function readTile(read: ReadFile, tile: Tile): Promise<Uint8Array> {
  const path = tilePath(tile);
  const bytes =
    (await read(path)) ??
    (tile.width < tileWidth ? await read(tilePath({ ...tile, width: tileWidth })) : undefined);
  if (bytes === undefined) throw new AssayError('LEDGER_CORRUPT', `${path} is missing`);
  const isTile = bytes.length % hashBytes === 0 && bytes.length <= tileWidth * hashBytes;
  if (tile.level !== 'entries' && (!isTile || bytes.length < tile.width * hashBytes))
    throw new AssayError('LEDGER_CORRUPT', `${path} has ${bytes.length} bytes`);
  return bytes;
}
