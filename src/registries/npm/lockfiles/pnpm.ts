/** pnpm-lock.yaml, lockfileVersion 9 (pnpm 9 and later) and 6 (pnpm 8). `packages` holds one entry an artifact. */
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
import { mapAt, textAt, yamlMaps, type YamlMap } from './yaml-text.ts';

/** Throws LOCKFILE_INVALID, LOCKFILE_UNSUPPORTED. pnpm may keep its own tools in a first document: all count. */
export function readPnpmLockfile(text: string): Lockfile {
  const documents = yamlMaps(text);
  const versions = documents.map((document) => textAt(document, 'lockfileVersion') ?? '');
  for (const version of versions) {
    if (!/^[69]\.\d+$/.test(version))
      throw unsupportedLockfile(
        `pnpm-lock.yaml of version ${JSON.stringify(version)} is not read`,
        'Write it anew with pnpm 9 or later: `pnpm install --lockfile-only`.',
      );
  }
  const entries = documents.flatMap((document) => entriesOf(document));
  if (entries.length > lockfileLimits.entries)
    throw invalidLockfile(`it locks more than ${lockfileLimits.entries} packages`);
  return { format: 'pnpm', version: versions.at(-1) ?? '', entries };
}

function entriesOf(document: YamlMap): readonly LockedEntry[] {
  const packages = document.get('packages');
  if (packages === undefined || packages === '') return [];
  if (!(packages instanceof Map)) throw invalidLockfile('`packages` is no map');
  return [...(packages as YamlMap)].map(([key, value]) => {
    if (!(value instanceof Map)) throw invalidLockfile(`${JSON.stringify(key)} is no map`);
    return checkedEntry(entryOf(key, value as YamlMap));
  });
}

function entryOf(key: string, value: YamlMap): LockedEntry {
  // Version 6: `/name@1.0.0(peer@2.0.0)`; version 9 has neither the slash nor the peers here.
  const named = splitNameAt(key.replace(/^\//, '').replace(/\(.*$/, ''));
  const resolution = mapAt(value, 'resolution');
  if (resolution === undefined) throw invalidLockfile(`${JSON.stringify(key)} has no resolution`);
  const name = textAt(value, 'name') ?? named?.name ?? key;
  const tarball = textAt(resolution, 'tarball');
  const type = textAt(resolution, 'type');
  const spoken = sourceOfSpecifier(named?.rest ?? key);
  const source = sourceOf(type, tarball, spoken);
  return {
    key,
    name,
    version: source === 'registry' ? named?.rest : (textAt(value, 'version') ?? undefined),
    integrity: textAt(resolution, 'integrity'),
    url: source === 'local' ? undefined : (tarball ?? textAt(resolution, 'repo')),
    source,
  };
}

/** An explicit `tarball` is fetched from there, whatever registry is configured. Other types (runtimes, say) have URLs of their own. */
function sourceOf(
  type: string | undefined,
  tarball: string | undefined,
  spoken: LockedEntry['source'],
): LockedEntry['source'] {
  if (type === 'directory') return 'local';
  if (type === 'git') return 'git';
  if (tarball !== undefined)
    return /^https?:/i.test(tarball) ? (spoken === 'local' ? 'url' : spoken) : 'local';
  return type === undefined ? spoken : 'url';
}
