/** From what was asked for to files on this disk: a whole archive, or only the records that changed. */
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { SnapshotFile } from '../workers/feed-jobs.ts';
import type { FeedPool } from '../workers/feed-pool.ts';
import { mapLists, valuesOf, type Lists } from './lists.ts';
import { bring, bringRecords, createFolder, isUrl, sourceName, type SourceDeps } from './sources.ts';

export interface FeedRequest {
  readonly ecosystem: Ecosystem;
  /**
   * Absolute path or URL: of an archive or, with `delta`, also of a folder of `<id>.json` (a URL that ends with `/`).
   * Undefined: the advisories stay as they are, and only lists come.
   */
  readonly from: string | undefined;
  /**
   * Of `modified_id.csv`: only what it lists as newer than ours is taken. `beside`: the one beside `from`, when there is a
   * feed and not too much changed; else the whole.
   */
  readonly delta: string | undefined;
  /** Absolute paths or URLs. */
  readonly lists: Lists<string>;
  readonly allowShrink: boolean;
}

interface List {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is in force already, and still on disk. */
export interface Before {
  readonly snapshot: SnapshotFile | undefined;
  readonly lists: Lists<Sha256>;
}

export interface Fetched {
  /** Nothing changed: there is nothing to read. */
  readonly isCurrent: boolean;
  readonly from: string;
  /** Undefined: all. */
  readonly ids: readonly string[] | undefined;
  /** Those that differ from the ones kept. */
  readonly lists: Lists<List>;
  /** For the record; undefined: only lists came. */
  readonly source: string | undefined;
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
  before: Before,
  deps: FetchingDeps,
): Promise<Fetched> {
  const folder = await createFolder(deps);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const lists = await mapLists(request.lists, (place, kind) =>
      listOf(deps, folder, place, before.lists[kind]),
    );
    const { from } = request;
    if (from === undefined) {
      if (before.snapshot === undefined)
        throw new AssayError('REQUEST_INVALID', 'there is no feed yet that lists could be joined to');
      const isCurrent = valuesOf(lists).length === 0;
      return { lists, source: undefined, remove, isCurrent, ids: [], from: folder };
    }
    const base = { lists, source: sourceName(from), remove };
    const changes = await changesOf({ ...request, from }, before.snapshot, deps, folder);
    if (changes === undefined)
      return { ...base, isCurrent: false, ids: undefined, from: await bring(deps, folder, from, 'archive') };
    const isCurrent = changes.ids.length === 0 && valuesOf(lists).length === 0;
    return { ...base, isCurrent, ...changes };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Undefined when it is the one that is kept. */
async function listOf(
  deps: SourceDeps,
  folder: string,
  place: string,
  known: Sha256 | undefined,
): Promise<List | undefined> {
  const path = await bring(deps, folder, place, 'list');
  if ((await stat(path)).size > mostListBytes)
    throw new AssayError('FEED_UNREADABLE', `${sourceName(place)} has more than ${mostListBytes} bytes`);
  const bytes = await readFile(path);
  return sha256(bytes) === known ? undefined : { path, bytes };
}

const mostListBytes = 64 * 1024 * 1024;

/** Undefined: the whole archive is to be read. */
async function changesOf(
  { delta, from }: Pick<FeedRequest, 'delta'> & { readonly from: string },
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
