/**
 * Reading a packument: strict on the whole (what is no packument of this package throws), tolerant of single
 * versions (one that can't be right is left out and named). Runs in a worker thread: a packument can be 100 MB.
 */
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import type { IndexVersion, IndexView } from '../../core/index-view.ts';
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../core/json.ts';
import { formatPurl } from '../../core/purl.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { isTooDeep } from './depth.ts';
import { latestOf } from './modified.ts';
import { isVersion } from './order.ts';
import type { FieldPart, PackumentParts, VersionPart } from './packument-parts.ts';
import { readEntry } from './packument-version.ts';
import { timeOrderTrustOf } from './time-trust.ts';

export const packumentBounds = {
  bytes: 256 * 1024 * 1024,
  versions: 20_000,
  /** Versions that were unpublished keep their time. */
  times: 50_000,
  tags: 10_000,
  fields: 1_000,
  problemsListed: 100,
} as const;

export interface PackumentExpectation {
  readonly name: string;
  readonly upstream: UpstreamId;
  /** Of `raw`, as it was hashed when it was fetched. */
  readonly digest: Sha256;
}

export interface PackumentReading {
  readonly view: IndexView;
  readonly parts: PackumentParts;
}

/** Throws INDEX_INVALID. */
export function readPackument(raw: Uint8Array, expect: PackumentExpectation): PackumentReading {
  const document = parse(raw, expect.name);
  const time = section(document, 'time', packumentBounds.times);
  const entries = readVersions(document, expect.name, time ?? {});
  const tags = readTags(document);
  const declared = ownString(document, 'modified') ?? ownString(time ?? {}, 'modified');
  const modified = latestOf(declared, Object.values(time ?? {}));
  const view: IndexView = {
    upstream: expect.upstream,
    ecosystem: 'npm',
    purl: formatPurl('npm', expect.name),
    name: expect.name,
    versions: entries.versions,
    tags: Object.fromEntries(tags.read),
    timeOrderTrust: timeOrderTrustOf(entries.versions, ownString(time ?? {}, 'created')),
    digest: expect.digest,
    sizeBytes: raw.length,
    problems: listed([...entries.problems, ...tags.problems]),
  };
  const shownTime =
    time === undefined ? undefined : Object.entries(time).filter(([key]) => !entries.leftOut.has(key));
  const { name, digest } = expect;
  const parts = {
    name,
    digest,
    tags: tags.read,
    time: shownTime,
    modified,
    fields: fieldsOf(document),
    versions: entries.parts,
  };
  return { view, parts };
}

function parse(raw: Uint8Array, name: string): JsonObject {
  if (raw.length > packumentBounds.bytes)
    throw invalid(name, `is larger than ${packumentBounds.bytes} bytes`);
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8');
  const document = parseJson(text, name);
  if (!isJsonObject(document)) throw invalid(name, 'is JSON but not an object');
  const found = ownString(document, 'name');
  if (found !== name)
    throw invalid(
      name,
      found === undefined ? 'names no package' : `is about ${JSON.stringify(found.slice(0, 214))}`,
    );
  if (Object.keys(document).length > packumentBounds.fields) throw invalid(name, 'has too many fields');
  return document;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(name, /^\s*</.test(text) ? 'is HTML or XML, not JSON' : 'is not JSON', cause);
  }
}

/** An object-valued field with a bound; undefined when upstream sends none or null. */
function section(document: JsonObject, key: string, bound: number): JsonObject | undefined {
  const value = own(document, key) ?? undefined;
  if (value === undefined) return undefined;
  const name = nameOf(document);
  if (!isJsonObject(value)) throw invalid(name, `has a field ${key} that is not an object`);
  if (Object.keys(value).length > bound) throw invalid(name, `has more than ${bound} entries in ${key}`);
  return value;
}

interface Entries {
  readonly versions: readonly IndexVersion[];
  readonly parts: readonly VersionPart[];
  readonly leftOut: ReadonlySet<string>;
  readonly problems: readonly string[];
}

/** A file name belongs to the first version that claims it: a later one can't put other bytes under it. */
function readVersions(document: JsonObject, name: string, time: JsonObject): Entries {
  const versions: IndexVersion[] = [];
  const parts: VersionPart[] = [];
  const leftOut = new Set<string>();
  const problems: string[] = [];
  const owners = new Map<string, string>();
  for (const [key, entry] of Object.entries(versionsOf(document, name))) {
    const reading = readEntry(name, key, entry, own(time, key));
    const owner = reading.state === 'read' ? owners.get(reading.version.file) : undefined;
    if (reading.state === 'left-out' || owner !== undefined) {
      leftOut.add(key);
      problems.push(
        `${quoted(key)}: left out: ${reading.state === 'left-out' ? reading.why : `its file is that of ${quoted(owner ?? '')}`}`,
      );
      continue;
    }
    owners.set(reading.version.file, key);
    versions.push(reading.version);
    parts.push(reading.part);
    if (reading.note !== undefined) problems.push(`${quoted(key)}: ${reading.note}`);
  }
  return { versions, parts, leftOut, problems };
}

/** Only a package that was unpublished whole may come without versions. */
function versionsOf(document: JsonObject, name: string): JsonObject {
  const versions = section(document, 'versions', packumentBounds.versions);
  if (versions !== undefined) return versions;
  if (ownObject(ownObject(document, 'time') ?? {}, 'unpublished') !== undefined) return {};
  throw invalid(name, 'lists no versions');
}

function readTags(document: JsonObject): {
  readonly read: readonly (readonly [string, string])[];
  readonly problems: readonly string[];
} {
  const read: (readonly [string, string])[] = [];
  const problems: string[] = [];
  for (const [tag, version] of Object.entries(section(document, 'dist-tags', packumentBounds.tags) ?? {})) {
    if (typeof version === 'string' && isVersion(version) && tag.isWellFormed() && tag.length <= 256)
      read.push([tag, version]);
    else problems.push(`dist-tag ${quoted(tag)}: left out: it names no version`);
  }
  return { read, problems };
}

const renderedFields: ReadonlySet<string> = new Set(['versions', 'time', 'dist-tags']);

function fieldsOf(document: JsonObject): readonly FieldPart[] {
  return Object.entries(document).map(([key, value]): FieldPart => {
    // Entries of versions are looked at one by one: a deep one is left out alone.
    if (key !== 'versions' && isTooDeep(value))
      throw invalid(nameOf(document), `has a field ${quoted(key)} that is nested too deep`);
    if (renderedFields.has(key)) return { key, rendered: true };
    return { key, text: JSON.stringify(value) };
  });
}

function nameOf(document: JsonObject): string {
  return ownString(document, 'name') ?? '';
}

function listed(problems: readonly string[]): readonly string[] {
  const { problemsListed } = packumentBounds;
  if (problems.length <= problemsListed) return problems;
  return [...problems.slice(0, problemsListed), `and ${problems.length - problemsListed} more`];
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100).toWellFormed());
}

function invalid(name: string, why: string, cause?: unknown): AssayError {
  return new AssayError('INDEX_INVALID', `the index of ${JSON.stringify(name)} ${why}`, { cause });
}
