/** From what was asked for to files on this disk: a whole archive, or only the records that changed. */
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { SnapshotFile } from '../workers/feed-jobs.ts';
import type { FeedPool } from '../workers/feed-pool.ts';
import { bring, bringRecords, createFolder, isUrl, sourceName, type SourceDeps } from './sources.ts';

export interface FeedRequest {
  readonly ecosystem: Ecosystem;
  /** Absolute path or URL: of an archive or, with `delta`, also of a folder of `<id>.json` (a URL that ends with `/`). */
  readonly from: string;
  /**
   * Of `modified_id.csv`: only what it lists as newer than ours is taken. `beside`: the one beside `from`, when there is a
   * feed and not too much changed; else the whole.
   */
  readonly delta: string | undefined;
  readonly epss: string | undefined;
  readonly kev: string | undefined;
  readonly allowShrink: boolean;
}

interface List {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Fetched {
  /** Nothing changed: there is nothing to read. */
  readonly isCurrent: boolean;
  readonly from: string;
  /** Undefined: all. */
  readonly ids: readonly string[] | undefined;
  readonly epss: List | undefined;
  readonly kev: List | undefined;
  /** For the record. */
  readonly source: string;
  readonly remove: () => Promise<void>;
}

export interface FetchingDeps extends SourceDeps {
  readonly pool: Pick<FeedPool, 'changed'>;
}

/** More single records than this take longer than the whole archive. */
const mostSingle = 2000;

/** Throws FEED_UNREADABLE, UPSTREAM_*, REQUEST_INVALID; then nothing is left behind. */
export async function fetchImport(
  request: FeedRequest,
  previous: SnapshotFile | undefined,
  deps: FetchingDeps,
): Promise<Fetched> {
  const folder = await createFolder(deps);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const epss = await listOf(deps, folder, request.epss);
    const kev = await listOf(deps, folder, request.kev);
    const source = sourceName(request.from);
    const base = { epss, kev, source, remove };
    const changes = await changesOf(request, previous, deps, folder);
    if (changes === undefined)
      return {
        ...base,
        isCurrent: false,
        ids: undefined,
        from: await bring(deps, folder, request.from, 'archive'),
      };
    const isCurrent = changes.ids.length === 0 && epss === undefined && kev === undefined;
    return { ...base, isCurrent, ...changes };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function listOf(
  deps: SourceDeps,
  folder: string,
  place: string | undefined,
): Promise<List | undefined> {
  if (place === undefined) return undefined;
  const path = await bring(deps, folder, place, 'list');
  if ((await stat(path)).size > mostListBytes)
    throw new AssayError('FEED_UNREADABLE', `${sourceName(place)} has more than ${mostListBytes} bytes`);
  return { path, bytes: await readFile(path) };
}

const mostListBytes = 64 * 1024 * 1024;

/** Undefined: the whole archive is to be read. */
async function changesOf(
  { delta, from }: FeedRequest,
  previous: SnapshotFile | undefined,
  deps: FetchingDeps,
  folder: string,
): Promise<{ readonly ids: readonly string[]; readonly from: string } | undefined> {
  if (delta === undefined) return undefined;
  const isBeside = delta === 'beside';
  if (previous === undefined) {
    if (isBeside) return undefined;
    throw new AssayError('FEED_UNREADABLE', 'changes need a feed that they change; import it whole first');
  }
  const csv = await bring(deps, folder, isBeside ? besideOf(from, 'modified_id.csv') : delta, 'list');
  const { ids, unreadable } = await deps.pool.changed({ kind: 'changed', csv, previous });
  if (isBeside) {
    if (unreadable > 0 || ids.length > mostSingle) return undefined;
    return { ids, from: await bringRecords(deps, folder, besideOf(from, ''), ids) };
  }
  if (unreadable > 0)
    throw new AssayError('FEED_UNREADABLE', `${unreadable} rows of the list of changes cannot be read`);
  if (isUrl(from) && from.endsWith('/')) {
    if (ids.length > mostSingle)
      throw new AssayError('FEED_UNREADABLE', `${ids.length} records changed: import the whole feed`);
    return { ids, from: await bringRecords(deps, folder, from, ids) };
  }
  return { ids, from: await bring(deps, folder, from, 'archive') };
}

function besideOf(from: string, name: string): string {
  return isUrl(from) ? new URL(`./${name}`, from).href : join(dirname(from), name);
}
