/**
 * bun.lock (text, versions 0 to 2). `packages` maps a place in the tree to an array: `name@version`, the tarball's
 * URL (empty: the configured registry), metadata, integrity; other sources leave out the URL.
 */
import { isJsonObject, own, ownObject, type Json, type JsonObject } from '../../../core/json.ts';
import { plainJson } from './jsonc.ts';
import {
  checkedEntry,
  invalidLockfile,
  lockfileLimits,
  sourceOfSpecifier,
  splitNameAt,
  unsupportedLockfile,
  type LockedEntry,
  type Lockfile,
} from './types.ts';

/** Throws LOCKFILE_INVALID, LOCKFILE_UNSUPPORTED. */
export function readBunLockfile(text: string): Lockfile {
  const root = parseObject(text);
  const version = own(root, 'lockfileVersion');
  if (version !== 0 && version !== 1 && version !== 2)
    throw unsupportedLockfile(
      `bun.lock of version ${JSON.stringify(version)} is not known`,
      'Versions 0, 1 and 2 are read.',
    );
  const packages = ownObject(root, 'packages') ?? {};
  const pairs = Object.entries(packages);
  if (pairs.length > lockfileLimits.entries)
    throw invalidLockfile(`it locks more than ${lockfileLimits.entries} packages`);
  return {
    format: 'bun',
    version: String(version),
    entries: pairs.map(([key, value]) => checkedEntry(entryOf(key, value))),
  };
}

function parseObject(text: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(plainJson(text));
  } catch (cause) {
    throw invalidLockfile('it is not JSON with trailing commas', cause);
  }
  if (!isJsonObject(parsed)) throw invalidLockfile('it is no object');
  return parsed;
}

/** Bun writes a local tarball as its bare path; git and URLs always have a scheme here. */
const localTarball = /^[^:]*\.(?:tgz|tar\.gz)$/;

function entryOf(key: string, value: Json): LockedEntry {
  const [first, second, ...rest]: readonly Json[] = Array.isArray(value) ? value : [];
  const named = typeof first === 'string' ? splitNameAt(first) : undefined;
  if (named === undefined) throw invalidLockfile(`${JSON.stringify(key)} is no package`);
  const integrity = [second, ...rest].find(
    (item): item is string => typeof item === 'string' && /^sha(?:1|256|384|512)-/.test(item),
  );
  const source = localTarball.test(named.rest) ? 'local' : sourceOfSpecifier(named.rest);
  if (source !== 'registry') {
    return {
      key,
      name: named.name,
      version: undefined,
      integrity,
      url: source === 'local' ? undefined : named.rest,
      source,
    };
  }
  if (typeof second !== 'string') throw invalidLockfile(`${JSON.stringify(key)} names no registry`);
  return {
    key,
    name: named.name,
    version: named.rest,
    integrity,
    url: second === '' ? undefined : second,
    source,
  };
}
