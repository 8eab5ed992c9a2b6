/** One entry of `versions`, read without trust: what the rest of Assay sees of it, and its texts for rendering. */
import { claimedFromHex, parseIntegrity, type ClaimedDigest } from '../../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../core/json.ts';
import type { IndexVersion } from '../../core/index-view.ts';
import { normaliseTime } from '../../core/time.ts';
import { isTooDeep } from './depth.ts';
import { hasInstallScript, installScriptsOf } from './install-scripts.ts';
import { fileNameOfUrl } from './names.ts';
import { isVersion } from './order.ts';
import { publicationOf } from './publication.ts';
import type { VersionPart } from './packument-parts.ts';
import { spliceForms } from './splice.ts';

const longestDeprecation = 1000;
const longestTarballUrl = 2048;

export type EntryReading =
  | {
      readonly state: 'read';
      readonly version: IndexVersion;
      readonly part: VersionPart;
      readonly note: string | undefined;
    }
  | { readonly state: 'left-out'; readonly why: string };

/** `time`: upstream's claim for this version, as it stood in the index. Never throws. */
export function readEntry(name: string, key: string, entry: Json, time: Json | undefined): EntryReading {
  const why = entryFault(name, key, entry);
  if (why !== undefined || !isJsonObject(entry)) return { state: 'left-out', why: why ?? 'not an object' };
  const dist = ownObject(entry, 'dist') ?? {};
  const url = ownString(dist, 'tarball') ?? '';
  const file = url.length > longestTarballUrl ? undefined : fileNameOfUrl(url);
  if (file === undefined) return { state: 'left-out', why: 'dist.tarball is not a URL of a file' };
  if (isTooDeep(entry)) return { state: 'left-out', why: 'nested too deep' };
  const part = { version: key, file, url, ...spliceForms(entry, file) };
  const claimed = claimsOf(dist);
  const version: IndexVersion = {
    version: key,
    file,
    url,
    claimed,
    claimedTime: typeof time === 'string' ? normaliseTime(time) : undefined,
    deprecated: deprecationOf(entry),
    installScripts: installScriptsOf(entry),
    hasInstallScript: hasInstallScript(entry),
    publication: publicationOf(entry),
  };
  return {
    state: 'read',
    version,
    part,
    note: claimed.length === 0 ? 'claims no digest that can be read' : undefined,
  };
}

/** An identifier that can be read two ways is refused: the entry must agree with its key and its package. */
function entryFault(name: string, key: string, entry: Json): string | undefined {
  if (!isVersion(key)) return 'not a version as npm understands it';
  if (!isJsonObject(entry)) return 'not an object';
  if (ownString(entry, 'version') !== key) return 'names another version inside';
  if (ownString(entry, 'name') !== name) return 'names another package inside';
  return undefined;
}

/** Every digest upstream claims, without repeats: all of them are checked. */
function claimsOf(dist: JsonObject): readonly ClaimedDigest[] {
  const shasum = claimedFromHex('sha1', ownString(dist, 'shasum') ?? '');
  const all = [
    ...parseIntegrity(ownString(dist, 'integrity') ?? ''),
    ...(shasum === undefined ? [] : [shasum]),
  ];
  return [...new Map(all.map((claim) => [`${claim.algorithm}-${claim.hex}`, claim])).values()];
}

/** npm un-deprecates with an empty text; some old entries say `true`. */
function deprecationOf(entry: JsonObject): string | undefined {
  const value = own(entry, 'deprecated');
  if (value === true) return 'deprecated without a reason';
  if (typeof value !== 'string' || value === '') return undefined;
  return value.slice(0, longestDeprecation).toWellFormed();
}
