/**
 * Bills of materials as what they lock: CycloneDX 1.4 to 1.7 and SPDX 2.2 and 2.3, both as JSON. A component that names no
 * package of npm is an entry that says so: whoever asks about a document is told of all of it.
 */
import { claimedFromHex, type DigestAlgorithm } from '../../../core/digest.ts';
import { isJsonObject, own, ownObject, ownString, type Json, type JsonObject } from '../../../core/json.ts';
import { formatPurl } from '../../../core/purl.ts';
import { readPurl, sourceOfPurl } from './sbom-purl.ts';
import {
  checkedEntry,
  invalidLockfile,
  lockfileLimits,
  unsupportedLockfile,
  type LockedEntry,
  type Lockfile,
} from './types.ts';

const jsonHint = 'Write it as CycloneDX JSON (1.4 to 1.7) or SPDX 2.3 JSON.';

/** Undefined when it is no bill of materials. Throws LOCKFILE_INVALID, LOCKFILE_UNSUPPORTED. */
export function readSbom(document: JsonObject): Lockfile | undefined {
  const isCyclonedx = own(document, 'bomFormat') !== undefined;
  const isSpdx = own(document, 'spdxVersion') !== undefined;
  if (own(document, 'lockfileVersion') !== undefined || (isCyclonedx && isSpdx)) {
    if (!isCyclonedx && !isSpdx) return undefined;
    throw invalidLockfile('it says of itself that it is two things');
  }
  if (isCyclonedx) return readCyclonedx(document);
  if (isSpdx) return readSpdx(document);
  const context = own(document, '@context');
  const contexts = Array.isArray(context) ? (context as readonly Json[]) : [context];
  if (contexts.some((one) => typeof one === 'string' && one.includes('spdx.org/rdf/3')))
    throw unsupportedLockfile('SPDX 3 (JSON-LD) is not supported', jsonHint);
  return undefined;
}

/** For texts that are no JSON: the other forms of both formats are named, not read. */
export function refuseOtherSboms(text: string): void {
  const start = text.slice(0, 4096);
  if (/^\s*<[^]*cyclonedx\.org\/schema\/bom/.test(start))
    throw unsupportedLockfile('CycloneDX as XML is not supported', jsonHint);
  if (/^\s*(?:#[^\n]*\n\s*)*SPDXVersion:/.test(start))
    throw unsupportedLockfile('SPDX as tag:value text is not supported', jsonHint);
}

// ---- CycloneDX ----

function readCyclonedx(document: JsonObject): Lockfile {
  const version = own(document, 'specVersion');
  if (own(document, 'bomFormat') !== 'CycloneDX' || typeof version !== 'string')
    throw invalidLockfile('`bomFormat` or `specVersion` is wrong');
  if (!/^1\.[4-7]$/.test(version))
    throw unsupportedLockfile(`CycloneDX ${JSON.stringify(version.slice(0, 20))} is not supported`, jsonHint);
  const components = allComponents(document);
  const metadata = ownObject(document, 'metadata') ?? {};
  const subject = ownObject(metadata, 'component');
  // A document about one package alone has it as its subject; else the subject is what the components are of.
  const all = components.length === 0 && subject !== undefined ? [subject] : components;
  const entries = all.map((component, at) => cyclonedxEntry(component, at));
  return { format: 'cyclonedx', version, entries };
}

/** Components nest. */
function allComponents(document: JsonObject): readonly JsonObject[] {
  const found: JsonObject[] = [];
  const queue: (readonly Json[])[] = [listIn(document, 'components')];
  for (let list = queue.pop(); list !== undefined; list = queue.pop()) {
    for (const component of list) {
      if (!isJsonObject(component)) throw invalidLockfile('a component is no object');
      found.push(component);
      if (found.length > lockfileLimits.entries)
        throw invalidLockfile(`it lists more than ${lockfileLimits.entries} components`);
      queue.push(listIn(component, 'components'));
    }
  }
  return found;
}

/** What is no package at all, so that nobody fetches it from a registry. */
const notPackages: ReadonlySet<Json | undefined> = new Set(['file', 'data', 'cryptographic-asset']);

function cyclonedxEntry(component: JsonObject, at: number): LockedEntry {
  const purl = ownString(component, 'purl');
  const version = ownString(component, 'version');
  const group = ownString(component, 'group');
  const plain = ownString(component, 'name') ?? '';
  const distribution = listIn(component, 'externalReferences')
    .filter(isJsonObject)
    .find((reference) => own(reference, 'type') === 'distribution');
  const integrity = [component, ...(distribution === undefined ? [] : [distribution])]
    .map((holder) => hashesIn(holder, 'hashes', 'alg', 'content'))
    .find((one) => one !== undefined);
  const named = {
    key: ownString(component, 'bom-ref') ?? purl ?? `components[${at}]`,
    name: group === undefined ? plain : `${group}/${plain}`,
    version,
    integrity,
  };
  if (purl === undefined)
    return {
      ...named,
      url: undefined,
      source: notPackages.has(own(component, 'type')) ? 'local' : 'unknown',
    };
  const url = distribution && ownString(distribution, 'url');
  const isBundled = listIn(component, 'properties')
    .filter(isJsonObject)
    .some((one) => own(one, 'name') === 'cdx:npm:package:bundled' && own(one, 'value') === 'true');
  if (isBundled && url === undefined) return { ...named, url: undefined, source: 'local' };
  return entryOfPurl(purl, url, named);
}

// ---- SPDX ----

function readSpdx(document: JsonObject): Lockfile {
  const version = /^SPDX-(2\.[23])$/.exec(ownString(document, 'spdxVersion') ?? '')?.[1];
  if (version === undefined)
    throw unsupportedLockfile(
      `${JSON.stringify(ownString(document, 'spdxVersion') ?? '').slice(0, 40)} is not supported`,
      jsonHint,
    );
  const packages = listIn(document, 'packages');
  if (packages.length > lockfileLimits.entries)
    throw invalidLockfile(`it lists more than ${lockfileLimits.entries} packages`);
  const subject = subjectOf(document);
  const entries = packages.flatMap((one, at) => {
    if (!isJsonObject(one)) throw invalidLockfile('a package is no object');
    const isSubject = packages.length > 1 && own(one, 'SPDXID') === subject;
    return isSubject ? [] : spdxEntries(one, at);
  });
  return { format: 'spdx', version, entries };
}

/** The one element that the document describes; of several, each is a package like the others. */
function subjectOf(document: JsonObject): string | undefined {
  const related = listIn(document, 'relationships')
    .filter(isJsonObject)
    .filter(
      (one) =>
        own(one, 'spdxElementId') === own(document, 'SPDXID') && own(one, 'relationshipType') === 'DESCRIBES',
    )
    .map((one) => own(one, 'relatedSpdxElement'));
  const described = new Set([...listIn(document, 'documentDescribes'), ...related]);
  const [only] = described;
  return described.size === 1 && typeof only === 'string' ? only : undefined;
}

function spdxEntries(one: JsonObject, at: number): readonly LockedEntry[] {
  const version = ownString(one, 'versionInfo');
  const named = {
    key: ownString(one, 'SPDXID') ?? `packages[${at}]`,
    name: ownString(one, 'name') ?? '',
    version,
    integrity: hashesIn(one, 'checksums', 'algorithm', 'checksumValue'),
  };
  const purls = listIn(one, 'externalRefs')
    .filter(isJsonObject)
    .filter((reference) => own(reference, 'referenceType') === 'purl')
    .map((reference) => own(reference, 'referenceLocator'));
  const location = ownString(one, 'downloadLocation');
  const url = location === undefined || /^(?:NOASSERTION|NONE)$/.test(location) ? undefined : location;
  if (purls.length === 0) {
    const isFile = own(one, 'primaryPackagePurpose') === 'FILE';
    return [{ ...named, url: undefined, source: isFile ? 'local' : 'unknown' }];
  }
  return purls.map((purl) => entryOfPurl(typeof purl === 'string' ? purl : '', url, named));
}

// ---- both ----

type Named = Pick<LockedEntry, 'key' | 'name' | 'version' | 'integrity'>;

function entryOfPurl(text: string, url: string | undefined, named: Named): LockedEntry {
  const purl = readPurl(text);
  const version = purl?.version ?? named.version;
  if (purl === undefined || purl.type !== 'npm' || version === undefined)
    return { ...named, name: text.slice(0, 1024), version: undefined, url: undefined, source: 'unknown' };
  const entry = { ...named, name: purl.name, version, ...sourceOfPurl(purl, url) };
  return checkedEntry({
    ...entry,
    key: named.key === text ? formatPurl('npm', purl.name, version) : named.key,
  });
}

const algorithmNames: ReadonlyMap<string, DigestAlgorithm> = new Map([
  ['MD5', 'md5'],
  ['SHA1', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA384', 'sha384'],
  ['SHA512', 'sha512'],
]);

/** As SRI text. Of an algorithm that we cannot compare, in a form that nobody can: it does not count as compared. */
function hashesIn(holder: JsonObject, list: string, nameKey: string, valueKey: string): string | undefined {
  const texts = listIn(holder, list)
    .slice(0, 16)
    .map((one) => {
      const name = isJsonObject(one) ? (ownString(one, nameKey) ?? '') : '';
      const value = isJsonObject(one) ? (ownString(one, valueKey) ?? '') : '';
      const algorithm = algorithmNames.get(name.replace('-', '').toUpperCase());
      const claimed = algorithm && claimedFromHex(algorithm, value);
      return claimed === undefined
        ? 'not-comparable'
        : `${claimed.algorithm}-${Buffer.from(claimed.hex, 'hex').toString('base64')}`;
    });
  return texts.length === 0 ? undefined : texts.join(' ');
}

function listIn(holder: JsonObject, key: string): readonly Json[] {
  const value = own(holder, key);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidLockfile(`\`${key}\` is no list`);
  return value as readonly Json[];
}
