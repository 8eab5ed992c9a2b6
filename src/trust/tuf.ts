/**
 * Refreshing from a TUF repository (The Update Framework, specification 1.0.33, section 5) with tuf-js, which checks
 * signatures, versions, hashes and expiry. Around it: our own way to the network, bounds, a folder that survives a crash,
 * and errors with codes. What the client trusts lies in `directory`, one file for each role, and is only ever replaced by
 * what it verified.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { AssayError, isAssayError } from '../core/errors.ts';
import { maxTrustDocumentBytes } from './reading.ts';
import { parseTufRoot, type TufRoot } from './tuf-root.ts';
import { tufProblem } from './tuf-problem.ts';

/** The outside world, as a refresh needs it. */
export interface TufDeps {
  /** The whole file; undefined when it is not there. Throws UPSTREAM_*, UPSTREAM_TOO_LARGE above `maxBytes`. */
  readonly read: (url: URL, maxBytes: number) => Promise<Uint8Array | undefined>;
  /** Replaces a file so that a crash leaves the old one or the new one. */
  readonly writeDurably: (path: string, bytes: Uint8Array) => Promise<void>;
}

export interface TufRepository {
  /** Base of the metadata; targets are below `targets/`. */
  readonly url: string;
  /** Where the trusted metadata of this repository is kept; made if missing. */
  readonly directory: string;
  /** The root to start from when none is kept, or an older one is. */
  readonly root: Uint8Array | undefined;
  /** Names of the targets that are wanted; one that the repository does not have is left out of the answer. */
  readonly targets: readonly string[];
}

export interface TufAnswer {
  readonly root: TufRoot;
  readonly targets: ReadonlyMap<string, Uint8Array>;
}

const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const;

/** Largest file that is ever asked for; metadata of the public repositories has some 10 KB. */
const bounds = {
  maxRootRotations: 128,
  maxDelegations: 16,
  rootMaxLength: 512 * 1024,
  timestampMaxLength: 64 * 1024,
  snapshotMaxLength: maxTrustDocumentBytes,
  targetsMaxLength: maxTrustDocumentBytes,
};

/** Throws TRUST_TUF_*, TRUST_INVALID for a root that is none. Newer metadata that was verified is kept even then. */
export async function refreshFromTuf(repository: TufRepository, deps: TufDeps): Promise<TufAnswer> {
  await mkdir(repository.directory, { recursive: true, mode: 0o700 });
  await removeLeftovers(repository.directory);
  const work = await mkdtemp(join(repository.directory, 'refresh-'));
  try {
    const before = await prepare(repository, work);
    const failed: { reading: AssayError | undefined } = { reading: undefined };
    try {
      const targets = await update(repository, work, reader(deps, work, failed));
      const root = parseTufRoot(await readFile(join(work, 'root.json')));
      return { root, targets };
    } catch (error) {
      throw tufProblem(error, failed.reading, repository.url);
    } finally {
      await keep(repository.directory, work, before, deps);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Of a refresh that was killed. There is one at a time. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith('refresh-')) await rm(join(directory, name), { recursive: true, force: true });
}

/** The version of the root that a folder holds; undefined when it holds none. */
export async function keptTufRoot(directory: string): Promise<TufRoot | undefined> {
  const bytes = await fileIn(directory, 'root');
  return bytes === undefined ? undefined : parseTufRoot(bytes);
}

/** Throws TRUST_TUF_UNSIGNED, TRUST_TUF_INVALID unless `root.json` in the folder is signed by enough of its own keys. */
export function checkTufRoot(directory: string): void {
  try {
    // The client checks it when it is made, and asks nobody.
    void new Updater({ metadataDir: directory, metadataBaseUrl: 'https://tuf.invalid', config: bounds });
  } catch (error) {
    throw tufProblem(error, undefined, 'the TUF root');
  }
}

/** Makes a root the one to start from. What was known of the repository under the one before is dropped with it. */
export async function replaceTufRoot(
  directory: string,
  root: Uint8Array,
  deps: Pick<TufDeps, 'writeDurably'>,
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const role of roles.slice(1)) await rm(join(directory, `${role}.json`), { force: true });
  await deps.writeDurably(join(directory, 'root.json'), root);
}

/** The client works in a folder of its own, since it does not write so that a crash does no harm. */
async function prepare(
  { directory, root, url }: TufRepository,
  work: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const role of roles) {
    const bytes = await fileIn(directory, role);
    if (bytes !== undefined) files.set(role, bytes);
  }
  const kept = files.get('root');
  const isOlder =
    kept !== undefined && root !== undefined && parseTufRoot(kept).version < parseTufRoot(root).version;
  const start = kept === undefined || isOlder ? root : kept;
  if (start === undefined) throw new AssayError('TRUST_TUF_ROOT_MISSING', `no TUF root is known for ${url}`);
  for (const [role, bytes] of files) await writeFile(join(work, `${role}.json`), bytes);
  await writeFile(join(work, 'root.json'), start);
  return files;
}

async function update(
  { url, targets }: TufRepository,
  work: string,
  fetcher: ReturnType<typeof reader>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const base = url.replace(/\/+$/, '');
  const updater = new Updater({
    metadataDir: work,
    metadataBaseUrl: base,
    targetDir: work,
    targetBaseUrl: `${base}/targets`,
    fetcher,
    config: bounds,
  });
  await updater.refresh();
  const found = new Map<string, Uint8Array>();
  for (const [index, name] of targets.entries()) {
    const target = await updater.getTargetInfo(name);
    if (target === undefined) continue;
    const path = await updater.downloadTarget(target, join(work, `target-${index}`));
    found.set(name, await readFile(path));
  }
  return found;
}

/** tuf-js's `Fetcher`. It remembers what failed on the way: the client wraps some errors into text. */
function reader(deps: TufDeps, work: string, failed: { reading: AssayError | undefined }) {
  async function downloadBytes(url: string, maxLength: number): Promise<Buffer> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await deps.read(new URL(url), Math.min(maxLength, maxTrustDocumentBytes));
    } catch (error) {
      // Some object stores say 403 of what is not there, and the client asks for roots until one is not.
      if (isAssayError(error, 'UPSTREAM_UNAUTHORIZED'))
        throw new DownloadHTTPError(`${url} is not there`, 403);
      if (isAssayError(error)) failed.reading = error;
      throw error;
    }
    if (bytes === undefined) throw new DownloadHTTPError(`${url} is not there`, 404);
    return Buffer.from(bytes);
  }
  async function downloadFile<T>(
    url: string,
    maxLength: number,
    handler: (file: string) => Promise<T>,
  ): Promise<T> {
    const file = join(work, 'download');
    await writeFile(file, await downloadBytes(url, maxLength));
    return handler(file);
  }
  return { downloadBytes, downloadFile };
}

/** What the client replaced, it had verified; a root first, since the others are signed by its keys. */
async function keep(
  directory: string,
  work: string,
  before: ReadonlyMap<string, Uint8Array>,
  deps: TufDeps,
): Promise<void> {
  for (const role of roles) {
    const bytes = await fileIn(work, role);
    const old = before.get(role);
    if (bytes === undefined || (old !== undefined && bytes.equals(old))) continue;
    await deps.writeDurably(join(directory, `${role}.json`), bytes);
  }
}

async function fileIn(directory: string, role: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(directory, `${role}.json`));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
