/** A feed that is named on the command line: read whole, used once, kept nowhere. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createLookup } from '../../advisories/lookup.ts';
import { readOsvZip } from '../../advisories/osv/zip.ts';
import { createSnapshotBuilder } from '../../advisories/snapshot/build.ts';
import type { AdvisoryLookup } from '../../core/advisory.ts';
import { AssayError } from '../../core/errors.ts';
import { rfc3339 } from '../../core/time.ts';

export interface NamedFeed {
  readonly advisories: AdvisoryLookup;
  /** Records that could not be read, and therefore match nothing. */
  readonly refused: number;
}

const mostBytes = 1024 * 1024 * 1024;

/** The `all.zip` of OSV for npm. Throws FEED_UNREADABLE; an empty feed is none. */
export async function readNamedFeed(path: string): Promise<NamedFeed> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile() !== true || info.size > mostBytes)
    throw new AssayError(
      'FEED_UNREADABLE',
      `${path}: there is no such file, or it is over ${mostBytes} bytes`,
    );
  const builder = createSnapshotBuilder('npm');
  const { read, refused } = readOsvZip(await readFile(path), builder.add);
  if (read === 0) throw new AssayError('FEED_UNREADABLE', `${path} holds no record that can be read`);
  const { snapshot } = builder.finish();
  const facts = {
    importedAt: rfc3339(new Date()),
    source: basename(path),
    canary: 'not-checked',
  } as const;
  return { advisories: createLookup(snapshot, facts), refused };
}
