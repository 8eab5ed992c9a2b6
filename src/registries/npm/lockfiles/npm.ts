/** package-lock.json and npm-shrinkwrap.json, lockfileVersion 2 and 3 (npm's documentation, "package-lock.json", `packages`). */
import { isJsonObject, own, ownObject, ownString, type JsonObject } from '../../../core/json.ts';
import {
  checkedEntry,
  invalidLockfile,
  lockfileLimits,
  sourceOfSpecifier,
  unsupportedLockfile,
  type LockedEntry,
  type Lockfile,
} from './types.ts';

/** Throws LOCKFILE_INVALID, LOCKFILE_UNSUPPORTED. */
export function readNpmLockfile(text: string): Lockfile {
  const root = parseObject(text);
  const version = own(root, 'lockfileVersion');
  if (version === undefined || version === 1) {
    throw unsupportedLockfile(
      'this package-lock.json is of version 1 (npm 6 and older)',
      'Write it anew with npm 7 or later: `npm install --package-lock-only`.',
    );
  }
  if (version !== 2 && version !== 3)
    throw unsupportedLockfile(
      `lockfileVersion ${JSON.stringify(version)} is not known`,
      'Versions 2 and 3 are read.',
    );
  const packages = ownObject(root, 'packages');
  if (packages === undefined) throw invalidLockfile('it has no `packages`');
  const pairs = Object.entries(packages);
  if (pairs.length > lockfileLimits.entries)
    throw invalidLockfile(`it locks more than ${lockfileLimits.entries} packages`);
  const has = (key: string): boolean => Object.hasOwn(packages, key);
  const entries = pairs
    .filter(([key]) => key !== '')
    .map(([key, value]) => checkedEntry(entryOf(key, value, has)));
  const direct = dependsOn('', ownObject(packages, '') ?? {}, has, [...edgeFields, 'devDependencies']);
  return { format: 'npm', version: String(version), entries, direct };
}

function parseObject(text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw invalidLockfile('it is not JSON', cause);
  }
  if (!isJsonObject(parsed)) throw invalidLockfile('it is no JSON object');
  return parsed;
}

function entryOf(key: string, value: unknown, has: (key: string) => boolean): LockedEntry {
  if (!isJsonObject(value)) throw invalidLockfile(`${JSON.stringify(key)} is no object`);
  const folder = 'node_modules/';
  const at = `/${key}`.lastIndexOf(`/${folder}`);
  const inModules = at >= 0;
  const name = ownString(value, 'name') ?? (inModules ? key.slice(at + folder.length) : key);
  const resolved = ownString(value, 'resolved');
  const licence = ownString(value, 'license');
  // A workspace's own folder, a link to one, and what came inside another package's tarball are not fetched:
  // none of them has a URL. An entry that claims to be one and has a URL is taken by its URL.
  const isLink = own(value, 'link') === true;
  const notFetched = isLink || !inModules || own(value, 'inBundle') === true;
  const source =
    resolved !== undefined && !isLink ? sourceOfResolved(resolved) : notFetched ? 'local' : 'registry';
  return {
    key,
    name,
    version: ownString(value, 'version'),
    integrity: ownString(value, 'integrity'),
    url: source === 'local' ? undefined : resolved,
    source,
    ...(licence === undefined ? {} : { licence: licence.slice(0, 1000) }),
    dependsOn: isLink && resolved !== undefined ? [resolved].filter(has) : dependsOn(key, value, has),
  };
}

const edgeFields = ['dependencies', 'optionalDependencies', 'peerDependencies'] as const;
/** Folders in folders, and characters of a path; npm itself makes some ten, and some hundred. */
const mostFolders = 60;
const longestKey = 4096;

/** As Node finds them: in the package's own node_modules, then in those of the folders around it. What is not installed is left out. */
function dependsOn(
  key: string,
  value: JsonObject,
  has: (key: string) => boolean,
  fields: readonly string[] = edgeFields,
): readonly string[] {
  const places = foldersAround(key);
  const names = new Set(fields.flatMap((field) => Object.keys(ownObject(value, field) ?? {})));
  return [...names].flatMap((name) => {
    const place = places.find((one) => has(`${one}node_modules/${name}`));
    return place === undefined ? [] : [`${place}node_modules/${name}`];
  });
}

/** Each ends with a slash; the project's own is empty, and last. */
function foldersAround(key: string): readonly string[] {
  const parts = key === '' ? [] : key.split('/');
  if (parts.length > mostFolders || key.length > longestKey) return [''];
  return [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/`), ''];
}

/** npm writes the same `resolved` for a registry's tarball and for one named by URL: the host decides, elsewhere. */
function sourceOfResolved(resolved: string): LockedEntry['source'] {
  if (/^https?:/i.test(resolved)) return 'registry';
  const source = sourceOfSpecifier(resolved);
  return source === 'registry' ? 'local' : source;
}
