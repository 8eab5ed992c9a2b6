/** Brings a feed's files to where the thread can read them: from this machine's disk, or from a URL, bounded. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { AssayError, messageOf } from '../../core/errors.ts';
import type { PublicFiles } from '../../upstream/public-files.ts';
import { isLoopbackHost } from '../config/addresses.ts';

export interface SourceDeps {
  /** Absolute path; emptied by every start. */
  readonly incoming: string;
  readonly files: Pick<PublicFiles, 'read'>;
}

const mostZipBytes = 512 * 1024 * 1024;
const mostListBytes = 64 * 1024 * 1024;
const mostRecordBytes = 8 * 1024 * 1024;

/** `place` is an absolute path or a URL. */
export function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}

/** For records: a URL, or the name of a file. */
export function sourceName(place: string): string {
  return (isUrl(place) ? place : basename(place)).slice(0, 500);
}

/** A folder of its own for one import, and its end. */
export async function createFolder({ incoming }: SourceDeps): Promise<string> {
  const folder = join(incoming, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** A gate that died in the middle of an import left files behind. */
export async function removeLeftovers({ incoming }: Pick<SourceDeps, 'incoming'>): Promise<void> {
  await rm(incoming, { recursive: true, force: true });
}

/** Absolute path of a file that can be read. Throws FEED_UNREADABLE, UPSTREAM_*, REQUEST_INVALID. */
export async function bring(
  deps: SourceDeps,
  folder: string,
  place: string,
  what: 'archive' | 'list',
): Promise<string> {
  if (!isUrl(place)) return existing(place);
  return download(deps, folder, urlOf(place), what === 'archive' ? mostZipBytes : mostListBytes);
}

/** Single records, into a folder of `<id>.json`. */
export async function bringRecords(
  deps: SourceDeps,
  folder: string,
  base: string,
  ids: readonly string[],
): Promise<string> {
  if (!isUrl(base)) return existing(base);
  for (const id of ids)
    await download(deps, folder, new URL(`${encodeURIComponent(id)}.json`, urlOf(base)), mostRecordBytes, id);
  return folder;
}

async function existing(path: string): Promise<string> {
  if (!isAbsolute(path)) throw new AssayError('REQUEST_INVALID', 'a file is named by its absolute path');
  try {
    await stat(path);
    return path;
  } catch (cause) {
    throw new AssayError('FEED_UNREADABLE', `the gate cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** A feed is not signed: what carries it must not be open to everybody on the way. Throws REQUEST_INVALID. */
export function urlOf(place: string): URL {
  const url = URL.parse(place);
  if (url === null || (url.protocol !== 'https:' && !isLoopbackHost(url.hostname)))
    throw new AssayError('REQUEST_INVALID', 'a feed is fetched over https, or from this machine');
  return url;
}

async function download(
  { files }: SourceDeps,
  folder: string,
  url: URL,
  mostBytes: number,
  id?: string,
): Promise<string> {
  const bytes = await files.read(url, mostBytes);
  if (bytes === undefined) throw new AssayError('FEED_UNREADABLE', `${url.href} is not there`);
  const path = join(folder, id === undefined ? randomUUID() : `${id}.json`);
  await writeFile(path, bytes, { mode: 0o600 });
  return path;
}
