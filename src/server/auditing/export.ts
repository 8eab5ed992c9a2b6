/** A copy of a log as static files: checkpoint, tiles, bundles and vkeys, complete under one checkpoint. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import { encodeBundle, parseBundle } from '../../ledger/verify/entry-bundle.ts';
import { formatNote } from '../../ledger/verify/note.ts';
import type { TrustPolicy } from '../../ledger/verify/policy.ts';
import { hashBytes } from '../../ledger/verify/rfc6962.ts';
import { tilePath, tilesOf, tileWidth, type Tile } from '../../ledger/verify/tiles.ts';
import { formatVkey } from '../../ledger/verify/vkey.ts';
import { writeFileDurably } from '../durable-file.ts';
import { fsckLog, readCheckpoint, type Fsck } from './fsck.ts';
import { sourceInFolder, type LogSource } from './source.ts';

/**
 * Into a folder that is new or empty; what was written is then checked as anybody would check it. Throws
 * LEDGER_UNVERIFIED, USAGE_INVALID when the folder is not empty, LEDGER_CORRUPT when a file is missing.
 */
export async function exportLog(
  source: LogSource,
  policy: TrustPolicy,
  folder: string,
  onProgress: (files: number) => void = () => undefined,
): Promise<Fsck> {
  const signed = await readCheckpoint(source, policy);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new AssayError('USAGE_INVALID', `${folder} is not empty`);
  let files = 0;
  for (const tile of tilesOf(signed.checkpoint.size)) {
    await copy(source, tile, folder);
    onProgress((files += 1));
  }
  const keys = policy.logs.filter(({ key }) => key.name === signed.checkpoint.origin);
  await writeFile(join(folder, 'vkeys'), keys.map(({ key }) => `${formatVkey(key)}\n`).join(''));
  // Last: a folder with a checkpoint is a whole log.
  await writeFileDurably(join(folder, 'checkpoint'), formatNote(signed.note), 0o644);
  return fsckLog(sourceInFolder(folder), policy);
}

async function copy(source: LogSource, tile: Tile, folder: string): Promise<void> {
  const path = tilePath(tile);
  const bytes = (await source.read(path)) ?? (await cutFromFull(source, tile));
  if (bytes === undefined) throw new AssayError('LEDGER_CORRUPT', `${source.name} has no ${path}`);
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, bytes);
}

/** A partial file may have been dropped for the full one since the checkpoint was read (C2SP tlog-tiles). */
async function cutFromFull(source: LogSource, tile: Tile): Promise<Uint8Array | undefined> {
  const { level, width } = tile;
  const full = width === tileWidth ? undefined : await source.read(tilePath({ ...tile, width: tileWidth }));
  if (full === undefined || level !== 'entries') return full?.subarray(0, width * hashBytes);
  const entries = parseBundle(full);
  return entries === undefined ? undefined : encodeBundle(entries.slice(0, width));
}
