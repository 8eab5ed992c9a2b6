/**
 * A Debian archive, believed only as far as its signature goes: InRelease by pinned keys, each index by the SHA-256 that
 * InRelease names, each file by the SHA-256 that its index names. Start at `openSuite`.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { indexParagraphs, textOf, type ParagraphIndex } from './deb822.ts';
import type { ArchiveDeps } from './deps.ts';
import { readClearSigned, type PinnedKeys } from './openpgp.ts';
import { archiveError, refusal } from './refusals.ts';
import { checkFresh, readRelease, type IndexFile, type Release } from './release.ts';
import { unxz } from './xz.ts';

export interface SuiteOptions {
  /** Base URL: what `dists/` and `pool/` are below. */
  readonly archive: string;
  /** Codename or name of the suite. */
  readonly suite: string;
  readonly component: string;
  /** As Debian names it: `amd64`. */
  readonly architecture: string;
  readonly keys: PinnedKeys;
}

export interface Suite {
  readonly options: SuiteOptions;
  readonly release: Release;
  /** Of the pinned keys that signed. */
  readonly signedBy: readonly string[];
  /** Of the InRelease file, kept. */
  readonly inRelease: Sha256;
  /** Sentences for people: what was checked, and what the archive does not promise. */
  readonly because: readonly string[];
  readonly sources: () => Promise<ParagraphIndex>;
  readonly packages: () => Promise<ParagraphIndex>;
  /** A file below the archive's base URL, its digest verified. Throws DEBIAN_FILE_INVALID, SOURCE_UNREADABLE, UPSTREAM_*. */
  readonly file: (path: string, claimed: IndexFile) => Promise<Uint8Array>;
}

const mostReleaseBytes = 4 * 1024 * 1024;
const mostIndexBytes = 128 * 1024 * 1024;
const mostIndexText = 400 * 1024 * 1024;
export const mostFileBytes = 512 * 1024 * 1024;

/**
 * Throws DEBIAN_SIGNATURE_INVALID, DEBIAN_RELEASE_EXPIRED, DEBIAN_RELEASE_REPLAYED, DEBIAN_ARCHIVE_INVALID,
 * SOURCE_UNREADABLE, UPSTREAM_*, STORAGE_*. Nothing is remembered of a Release that is refused.
 */
export async function openSuite(deps: ArchiveDeps, options: SuiteOptions): Promise<Suite> {
  const { archive, suite } = options;
  const now = deps.clock();
  const bytes = await deps.files.read(urlOf(archive, `dists/${suite}/InRelease`), mostReleaseBytes);
  if (bytes === undefined)
    throw new AssayError('SOURCE_UNREADABLE', `the archive has no InRelease of ${suite}`);
  const { text, signedBy } = await readClearSigned(bytes, options.keys, now, `InRelease of ${suite}`);
  const release = readRelease(text);
  const digest = sha256(text);
  const before = await deps.memory.last(archive, suite);
  checkFresh(release, { suite, now: now.getTime(), before, sha256: digest });
  await deps.memory.remember(archive, suite, { date: release.date, sha256: digest });
  const inRelease = await deps.bytes.put(bytes);
  const { component, architecture } = options;
  const index = (path: string): (() => Promise<ParagraphIndex>) =>
    once(() => readIndex(deps, options, release, `${component}/${path}`));
  return {
    options,
    release,
    signedBy,
    inRelease,
    because: [
      `InRelease of ${suite}, of ${new Date(release.date).toISOString()}, is signed by ${signedBy.join(', ')}.`,
      release.validUntil === undefined
        ? 'The archive names no time until which it is valid; an older one than was seen is refused.'
        : `It is valid until ${new Date(release.validUntil).toISOString()}.`,
    ],
    sources: index('source/Sources'),
    packages: index(`binary-${architecture}/Packages`),
    file: (path, claimed) => readFileOf(deps, options, path, claimed),
  };
}

async function readIndex(
  deps: ArchiveDeps,
  options: SuiteOptions,
  release: Release,
  name: string,
): Promise<ParagraphIndex> {
  // Suites that are as they were released have both; those that change (updates, security) have xz alone.
  const path = [`${name}.gz`, `${name}.xz`].find((one) => release.files.has(one));
  const claimed = path === undefined ? undefined : release.files.get(path);
  if (path === undefined || claimed === undefined)
    throw archiveError(`the Release file names no ${name}, as gzip or xz`);
  if (claimed.sizeBytes > mostIndexBytes)
    throw archiveError(`${path} is larger than ${mostIndexBytes} bytes`);
  const folder = path.slice(0, path.lastIndexOf('/'));
  const places = [...(release.byHash ? [`${folder}/by-hash/SHA256/${claimed.sha256}`] : []), path].map(
    (place) => `dists/${options.suite}/${place}`,
  );
  const packed = await verified(deps, options, places, claimed);
  return indexParagraphs(textOf(await inflate(packed, path), path), path);
}

async function inflate(packed: Uint8Array, path: string): Promise<Uint8Array> {
  if (path.endsWith('.xz')) return unxz(packed, mostIndexText);
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: mostIndexText });
  } catch (cause) {
    throw archiveError(`${path} is no gzip, or too large when unpacked: ${String(cause)}`);
  }
}

async function readFileOf(
  deps: ArchiveDeps,
  options: SuiteOptions,
  path: string,
  claimed: IndexFile,
): Promise<Uint8Array> {
  if (claimed.sizeBytes > mostFileBytes)
    throw archiveError(`${JSON.stringify(path)} is larger than ${mostFileBytes} bytes`);
  return verified(deps, options, [path], claimed);
}

/** From what is kept, else from the first place that has a file; then it must be the one that is claimed. */
async function verified(
  { files, bytes: kept }: ArchiveDeps,
  { archive }: SuiteOptions,
  places: readonly string[],
  claimed: IndexFile,
): Promise<Uint8Array> {
  const known = await kept.get(claimed.sha256, claimed.sizeBytes);
  if (known !== undefined) return known;
  for (const place of places) {
    const bytes = await files.read(urlOf(archive, place), claimed.sizeBytes + 1);
    if (bytes === undefined) continue;
    if (bytes.length !== claimed.sizeBytes || sha256(bytes) !== claimed.sha256)
      throw refusal(
        'DEBIAN_FILE_INVALID',
        `${JSON.stringify(place)} has other bytes than those of its SHA-256 in the signed index`,
      );
    await kept.put(bytes);
    return bytes;
  }
  throw new AssayError('SOURCE_UNREADABLE', `the archive has no ${JSON.stringify(places.at(-1))}`);
}

/** Below the base, whatever the path says. Throws DEBIAN_ARCHIVE_INVALID. */
export function urlOf(archive: string, path: string): URL {
  const safe = /^[A-Za-z0-9+~:_.-]+(?:\/[A-Za-z0-9+~:_.-]+)*$/.test(path);
  const base = URL.parse(archive.endsWith('/') ? archive : `${archive}/`);
  if (!safe || path.split('/').some((part) => /^\.+$/.test(part)) || base === null)
    throw archiveError(`${JSON.stringify(path.slice(0, 200))} is no path in an archive`);
  return new URL(path.split('/').map(encodeURIComponent).join('/'), base);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => (made = undefined));
    return made;
  };
}
