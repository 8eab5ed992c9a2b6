/**
 * The index of a package that holds only what was built here: each version as its own file says it is, with the digests of
 * that file. What upstream says besides (publish times, deprecations, tags) is told where it is about a version that is here.
 */
import { integrityOf, type ArtifactDigests } from '../../core/digest.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { forTerminalLines } from './lines.ts';
import { compareVersions, isStable, newestFirst } from './order.ts';
import { encodeFileName } from './names.ts';
import { abbreviatedFields } from './splice.ts';
import { steerTags } from './tags.ts';

/** One version that is served. */
export interface BuiltVersion {
  readonly version: string;
  readonly file: string;
  /** From `builtManifest`. */
  readonly manifest: JsonObject;
  readonly digests: ArtifactDigests;
  /** Ours alone; empty while the signer is away. */
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  /** Upstream's words; undefined: it says nothing. */
  readonly time: string | undefined;
  readonly deprecated: string | undefined;
  /** What proves where the file comes from: id of the build, of its entry in the ledger, and the digest of its provenance. */
  readonly proof: { readonly build: string; readonly entry: string; readonly provenance: string };
}

/** One that upstream lists and that is not served. */
export interface MissingVersion {
  readonly version: string;
  /** One sentence. Hostile texts in it are encoded here. */
  readonly why: string;
}

export interface BuiltIndex {
  readonly name: string;
  readonly versions: readonly BuiltVersion[];
  readonly missing: readonly MissingVersion[];
  /** Upstream's. */
  readonly tags: Iterable<readonly [string, string]>;
}

export type IndexForm = 'full' | 'abbreviated';

/** `base`: of the channel, ends with `/`. The document and nothing of upstream's index: made from what is handed in. */
export function builtPackument(index: BuiltIndex, form: IndexForm, base: string): JsonObject {
  const { name, versions } = index;
  const ordered = [...versions].sort((a, b) => compareVersions(a.version, b.version));
  const times = ordered.flatMap(({ version, time }) =>
    time === undefined ? [] : [[version, time] as const],
  );
  const modified = times
    .map(([, time]) => time)
    .sort()
    .at(-1);
  return {
    ...(form === 'full' ? { _id: name } : {}),
    name,
    ...(form === 'abbreviated' && modified !== undefined ? { modified } : {}),
    'dist-tags': builtTags(index),
    versions: Object.fromEntries(ordered.map((one) => [one.version, builtVersion(name, one, form, base)])),
    ...(form === 'full' && modified !== undefined
      ? { time: { modified, ...Object.fromEntries(times) } }
      : {}),
    ...restrictionsOf(index),
  };
}

/** A tag stays while its version is here; `latest` goes to the highest release that is, at first not above upstream's own. */
export function builtTags({ versions, tags }: BuiltIndex): JsonObject {
  const here = new Set(versions.map(({ version }) => version));
  const steered = new Map(steerTags(tags, here).tags);
  const highest = [...here].filter(isStable).sort(compareVersions).at(-1);
  if (!steered.has('latest') && highest !== undefined) steered.set('latest', highest);
  return Object.fromEntries(steered);
}

export function builtVersion(name: string, one: BuiltVersion, form: IndexForm, base: string): JsonObject {
  const { manifest, digests, signatures, file, deprecated, proof } = one;
  const fields = Object.entries(manifest).filter(([key]) => form === 'full' || abbreviatedFields.has(key));
  const dist: JsonObject = {
    tarball: `${base}${name}/-/${encodeFileName(file)}`,
    integrity: integrityOf(digests.sha512),
    shasum: digests.sha1,
    ...(signatures.length === 0 ? {} : { signatures: signatures.map((signature) => ({ ...signature })) }),
    // Not `attestations`: clients check those against a public log, which this builder does not write to.
    assay: { ...proof },
  };
  return Object.fromEntries<Json>([
    ...fields,
    ...(deprecated === undefined ? [] : [['deprecated', deprecated] as const]),
    ['dist', dist],
  ]);
}

const mostExplained = 8;
const longestWhy = 220;

/**
 * What npm-pick-manifest prints where only a version that is not here would do. It looks at `name` and `version` alone, and
 * finds each of them; the text explains the newest.
 */
function restrictionsOf({ name, missing }: BuiltIndex): JsonObject {
  if (missing.length === 0) return {};
  const newest = newestFirst(missing);
  const lines = newest.slice(0, mostExplained).map(({ version, why }) => `  ${version}  ${clipped(why)}`);
  const more = newest.length - mostExplained;
  const message = [
    `This is Assay's Secure channel: only what was built from source here. Not here of ${name}:`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
  return {
    policyRestrictions: {
      message: forTerminalLines(message),
      versions: Object.fromEntries(newest.map(({ version }) => [version, { version }])),
    },
  };
}

function clipped(why: string): string {
  return why.length <= longestWhy ? why : `${why.slice(0, longestWhy - 1).toWellFormed()}…`;
}
