/**
 * A file that was built here, as it may be served: its bytes have the digest that the comparison and the signed provenance
 * name, two readers agree on what is in it, and it says of itself what it is.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createLru } from '../../admission/lru.ts';
import { createSingleFlight } from '../../admission/single-flight.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests, Sha1, Sha256, Sha512 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';
import { builtManifest } from '../../registries/npm/built-manifest.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { Storage } from '../../storage/open.ts';
import { envelopeText } from '../ledger/statements.ts';
import type { KnownBuild } from '../rebuilding/known.ts';

export interface BuiltFile {
  readonly state: 'ready';
  readonly digests: ArtifactDigests;
  readonly manifest: JsonObject;
  readonly build: StoredBuild;
}

/** `why`: one sentence. */
export interface UnusableFile {
  readonly state: 'unusable';
  readonly why: string;
}

export interface BuiltFiles {
  /** Throws STORAGE_*. */
  readonly of: (build: KnownBuild) => Promise<BuiltFile | UnusableFile>;
}

export interface BuiltFilesDeps {
  readonly storage: {
    readonly builds: Pick<Storage['builds'], 'byId'>;
    readonly blobs: Pick<Storage['blobs'], 'path' | 'verify' | 'read'>;
  };
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
  /** The bytes on the disk are others than the build made; they are set aside. */
  readonly onCorrupt: (purl: Purl, digest: Sha256) => Promise<void>;
}

/** Characters of manifests. */
const remembered = 32 * 1024 * 1024;

/** What stood the checks is remembered; whoever sends the bytes compares them with their digest once more. */
export function createBuiltFiles(deps: BuiltFilesDeps): BuiltFiles {
  const known = createLru<{ readonly file: BuiltFile; readonly weight: number }>(
    remembered,
    ({ weight }) => weight,
  );
  const once = createSingleFlight();
  return {
    of: (build) => {
      const ready = known.get(build.id)?.file;
      if (ready !== undefined) return Promise.resolve(ready);
      return once(build.id, async () => {
        const file = await checked(deps, build);
        if (file.state === 'ready')
          known.set(build.id, { file, weight: 2000 + JSON.stringify(file.manifest).length });
        return file;
      });
    },
  };
}

async function checked(deps: BuiltFilesDeps, { id, record }: KnownBuild): Promise<BuiltFile | UnusableFile> {
  const { outcome, purl } = record;
  if (outcome.state !== 'compared') return unusable('Nothing came of its build.');
  const { storage } = deps;
  const { rebuilt } = outcome.comparison;
  const digests = await digestsOf(storage.blobs, rebuilt, () => deps.onCorrupt(purl, rebuilt));
  if (digests === undefined)
    return unusable(`The built file is lost or damaged; build it again: assay rebuild ${purl}.`);
  const build = await storage.builds.byId(id);
  if (build === undefined || !(await isProven(storage.blobs, build, digests.sha256)))
    return unusable(
      `Its provenance is lost, or not about the built file; build it again: assay rebuild ${purl}.`,
    );
  const reading = await deps.readArchive(digests);
  if (reading.state !== 'read' || reading.reading.verdict !== 'agreed')
    return unusable('The built file is no archive that is accepted here.');
  const { members, manifestText } = reading.reading;
  const paths = members.filter(({ type }) => type === 'file').map(({ path }) => path);
  const { name, version = '' } = parsePurl(purl);
  const read = builtManifest(name, version, { manifestText, paths });
  if (read.state === 'unusable') return unusable(`The built file cannot be listed: ${read.why}.`);
  return { state: 'ready', digests, manifest: read.manifest, build };
}

function unusable(why: string): UnusableFile {
  return { state: 'unusable', why };
}

/** Of the bytes on the disk now; undefined when they are gone, or are others (then they are set aside). */
async function digestsOf(
  blobs: BuiltFilesDeps['storage']['blobs'],
  digest: Sha256,
  onCorrupt: () => Promise<void>,
): Promise<ArtifactDigests | undefined> {
  const path = await blobs.path(digest);
  if (path === undefined) return undefined;
  const hashes = { sha256: createHash('sha256'), sha512: createHash('sha512'), sha1: createHash('sha1') };
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path)) {
    const bytes = chunk as Buffer;
    sizeBytes += bytes.length;
    for (const hash of Object.values(hashes)) hash.update(bytes);
  }
  const found = hashes.sha256.digest('hex') as Sha256;
  if (found !== digest) {
    await onCorrupt();
    await blobs.verify(digest).catch((error: unknown) => {
      if (!isAssayError(error)) throw error;
    });
    return undefined;
  }
  return {
    sha256: found,
    sha512: hashes.sha512.digest('hex') as Sha512,
    sha1: hashes.sha1.digest('hex') as Sha1,
    sizeBytes,
  };
}

/** The signed statement about the build names this package and these bytes: so its entry in the ledger vouches for them. */
async function isProven(
  blobs: BuiltFilesDeps['storage']['blobs'],
  { provenance, purl }: StoredBuild,
  digest: Sha256,
): Promise<boolean> {
  const subject = subjectOf(await envelope(blobs, provenance));
  return subject?.name === purl && subject.sha256 === digest;
}

async function envelope(
  blobs: BuiltFilesDeps['storage']['blobs'],
  digest: Sha256 | undefined,
): Promise<string | undefined> {
  try {
    return await envelopeText(blobs as Storage['blobs'], digest);
  } catch (error) {
    if (isAssayError(error) && error.code.startsWith('BLOB_')) return undefined;
    throw error;
  }
}

interface Subject {
  readonly name: string;
  readonly sha256: string;
}

/** Of an in-toto statement in a DSSE envelope; undefined unless it is about one file. */
export function subjectOf(text: string | undefined): Subject | undefined {
  const payload = ownString(objectIn(text) ?? {}, 'payload');
  const statement = objectIn(
    payload === undefined ? undefined : Buffer.from(payload, 'base64').toString('utf8'),
  );
  const subjects = statement === undefined ? undefined : own(statement, 'subject');
  const [only, ...others] = Array.isArray(subjects) ? (subjects as readonly Json[]) : [];
  if (!isJsonObject(only) || others.length > 0) return undefined;
  const [name, sha256] = [ownString(only, 'name'), ownString(ownObject(only, 'digest') ?? {}, 'sha256')];
  return name === undefined || sha256 === undefined ? undefined : { name, sha256 };
}

function objectIn(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
