/** A feed that is named on the command line: read whole, used once, kept nowhere. */
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseEpss, type EpssScores } from '../../advisories/epss.ts';
import { parseKev, type KnownExploited } from '../../advisories/kev.ts';
import { createLookup } from '../../advisories/lookup.ts';
import { readOsvZip } from '../../advisories/osv/zip.ts';
import { createSnapshotBuilder } from '../../advisories/snapshot/build.ts';
import type { AdvisoryLookup } from '../../core/advisory.ts';
import { AssayError, messageOf } from '../../core/errors.ts';
import { rfc3339 } from '../../core/time.ts';
import { readBoundedFile } from '../bounded-file.ts';

export interface NamedFeed {
  readonly advisories: AdvisoryLookup;
  /** Records that could not be read, and therefore match nothing. */
  readonly refused: number;
  /** Undefined: the list was not given. */
  readonly epss: Pick<EpssScores, 'model' | 'date' | 'size'> | undefined;
  readonly kev: Pick<KnownExploited, 'version' | 'size'> | undefined;
}

export interface NamedFeedFiles {
  /** The `all.zip` of OSV for npm. */
  readonly feed: string;
  /** EPSS scores (CSV, also packed by gzip). */
  readonly epss: string | undefined;
  /** CISA's known exploited vulnerabilities (JSON). */
  readonly kev: string | undefined;
}

const mostBytes = 1024 * 1024 * 1024;
const mostListBytes = 256 * 1024 * 1024;

/** Throws FEED_UNREADABLE; an empty feed is none. */
export async function readNamedFeed(files: NamedFeedFiles): Promise<NamedFeed> {
  const { feed: path } = files;
  const epss = files.epss === undefined ? undefined : parseEpss(await listText(files.epss));
  const kev = files.kev === undefined ? undefined : parseKev(await listText(files.kev));
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
  return { advisories: createLookup(snapshot, facts, { epss, kev }), refused, epss, kev };
}

/** Published packed by gzip, or plain. */
async function listText(path: string): Promise<string> {
  try {
    const bytes = await readBoundedFile(path, mostListBytes);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (isPacked ? gunzipSync(bytes, { maxOutputLength: mostListBytes }) : bytes).toString('utf8');
  } catch (cause) {
    throw new AssayError('FEED_UNREADABLE', `${path}: ${messageOf(cause)}`, { cause });
  }
}
