/** A registry's index as a build is shown it. Pure; every string in it may be hostile. */
import semver from 'semver';
import { claimedFromHex, parseIntegrity, type ClaimedDigest } from '../../../core/digest.ts';
import { AssayError } from '../../../core/errors.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../../core/json.ts';
import { instantOf } from '../../../core/time.ts';
import { isVersion, tarballUrl } from './paths.ts';

export interface ListedFile {
  /** As the index names it: followed by the registry's own rules only. */
  readonly uri: string;
  readonly claims: readonly ClaimedDigest[];
}

export interface ShownIndex {
  readonly body: Uint8Array;
  readonly files: ReadonlyMap<string, ListedFile>;
  /** Versions that were published later, or at no known time. */
  readonly tooLate: number;
}

/** What installs read of a version (npm's abbreviated form); the rest would only be weight. */
const versionKeys = [
  'name',
  'version',
  'deprecated',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'bundleDependencies',
  'bundledDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'acceptDependencies',
  'bin',
  'directories',
  'engines',
  'cpu',
  'os',
  'libc',
  '_hasShrinkwrap',
  'hasInstallScript',
  'funding',
] as const;

/**
 * `before`: RFC 3339; versions published later are left out, and those without a time too. `hidden`: a version that is
 * left out whatever its time. Throws INDEX_INVALID.
 */
export function showIndex(
  bytes: Uint8Array,
  name: string,
  before: string | undefined,
  hidden?: string,
): ShownIndex {
  const document = parsed(bytes, name);
  const times = ownObject(document, 'time');
  const limit = before === undefined ? Number.POSITIVE_INFINITY : instantOf(before);
  const files = new Map<string, ListedFile>();
  const versions: [string, Json][] = [];
  let tooLate = 0;
  for (const [version, manifest] of Object.entries(ownObject(document, 'versions') ?? {})) {
    if (!isVersion(version) || !isJsonObject(manifest) || version === hidden) continue;
    if (before !== undefined && !isInTime(times, version, limit)) {
      tooLate += 1;
      continue;
    }
    const shown = shownVersion(name, version, manifest);
    if (shown === undefined) continue;
    versions.push([version, shown.manifest]);
    files.set(version, shown.file);
  }
  const kept = new Set(files.keys());
  const shown = {
    name,
    'dist-tags': tagsAmong(ownObject(document, 'dist-tags'), kept),
    versions: Object.fromEntries(versions),
    ...(before === undefined || times === undefined ? {} : { time: timesOf(times, kept) }),
  };
  return { body: Buffer.from(JSON.stringify(shown), 'utf8'), files, tooLate };
}

function parsed(bytes: Uint8Array, name: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (isJsonObject(value) && ownString(value, 'name') === name) return value;
  } catch {
    // Said below.
  }
  throw new AssayError('INDEX_INVALID', `the index of ${JSON.stringify(name)} is no index of it`);
}

function isInTime(times: JsonObject | undefined, version: string, limit: number): boolean {
  // NaN, for a time that can't be read, is not in time.
  return times !== undefined && instantOf(ownString(times, version) ?? '') <= limit;
}

function timesOf(times: JsonObject, kept: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(times).filter(([version]) => kept.has(version)));
}

function shownVersion(
  name: string,
  version: string,
  manifest: JsonObject,
): { readonly manifest: JsonObject; readonly file: ListedFile } | undefined {
  const dist = ownObject(manifest, 'dist');
  const uri = dist === undefined ? undefined : ownString(dist, 'tarball');
  if (dist === undefined || uri === undefined) return undefined;
  const integrity = ownString(dist, 'integrity');
  const shasum = ownString(dist, 'shasum');
  const sha1 = shasum === undefined ? undefined : claimedFromHex('sha1', shasum);
  const claims = [...parseIntegrity(integrity ?? ''), ...(sha1 === undefined ? [] : [sha1])];
  // Bytes that nobody claims anything about are not taken into a build.
  if (claims.length === 0) return undefined;
  const kept = versionKeys.flatMap((key): [string, Json][] => {
    const value = own(manifest, key);
    return value === undefined ? [] : [[key, value]];
  });
  const shownDist = {
    tarball: tarballUrl(name, version),
    ...(integrity === undefined ? {} : { integrity }),
    ...(shasum === undefined ? {} : { shasum }),
  };
  return { manifest: Object.fromEntries([...kept, ['dist', shownDist]]), file: { uri, claims } };
}

/** `latest` falls back to the highest stable version that is left; other tags go with their version. */
function tagsAmong(tags: JsonObject | undefined, kept: ReadonlySet<string>): JsonObject {
  const left = Object.entries(tags ?? {}).filter(
    ([, version]) => typeof version === 'string' && kept.has(version),
  );
  const found = Object.fromEntries(left);
  if (Object.hasOwn(found, 'latest')) return found;
  const valid = [...kept].filter((version) => semver.valid(version) !== null).sort(semver.rcompare);
  const latest = valid.find((version) => semver.prerelease(version) === null) ?? valid[0];
  return latest === undefined ? found : { ...found, latest };
}
