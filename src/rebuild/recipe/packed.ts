import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactDigests } from '../../core/digest.ts';
import type { BuildBlobs } from './deps.ts';
import { NotBuilt } from './not-built.ts';

const maxTarballBytes = 512 * 1024 * 1024;

/** Takes the one tarball that the pack phase left, into a blob. Throws NotBuilt. */
export async function takePacked(folder: string, blobs: BuildBlobs): Promise<ArtifactDigests> {
  const entries = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const [only] = entries;
  if (only === undefined || entries.length > 1)
    throw new NotBuilt('pack-failed', `${entries.length} tarballs were packed instead of one`);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, only), flags).catch(() => undefined);
  if (file === undefined) throw new NotBuilt('pack-failed', 'what was packed is no file');
  const writer = await blobs.create();
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > maxTarballBytes)
      throw new NotBuilt('pack-failed', 'what was packed is no file, or too large');
    for await (const chunk of file.createReadStream({ autoClose: false }))
      await writer.write(chunk as Buffer);
    return await writer.commit();
  } finally {
    await writer.abort();
    await file.close();
  }
}
