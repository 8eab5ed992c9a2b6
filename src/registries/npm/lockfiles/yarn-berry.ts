/** yarn.lock of Yarn 2 and later: YAML, one entry a resolution. Its checksums are over Yarn's own zip, not the tarball. */
import {
  checkedEntry,
  invalidLockfile,
  lockfileLimits,
  sourceOfSpecifier,
  splitNameAt,
  type LockedEntry,
  type Lockfile,
} from './types.ts';
import { mapAt, textAt, yamlMaps, type YamlMap } from './yaml-text.ts';

/** Throws LOCKFILE_INVALID. */
export function readYarnBerryLockfile(text: string): Lockfile {
  const [root] = yamlMaps(text);
  const metadata = root === undefined ? undefined : mapAt(root, '__metadata');
  if (root === undefined || metadata === undefined) throw invalidLockfile('it has no __metadata');
  if (root.size > lockfileLimits.entries)
    throw invalidLockfile(`it locks more than ${lockfileLimits.entries} packages`);
  const entries = [...root]
    .filter(([key]) => key !== '__metadata')
    .map(([key, value]) => {
      if (!(value instanceof Map)) throw invalidLockfile(`${JSON.stringify(key)} is no map`);
      return checkedEntry(entryOf(key, value as YamlMap));
    });
  return { format: 'yarn-berry', version: textAt(metadata, 'version') ?? '', entries };
}

function entryOf(key: string, value: YamlMap): LockedEntry {
  const resolution = textAt(value, 'resolution');
  const named = resolution === undefined ? undefined : splitNameAt(resolution);
  if (named === undefined) throw invalidLockfile(`${JSON.stringify(key)} has no resolution`);
  const base = { key, name: named.name, integrity: undefined };
  if (textAt(value, 'linkType') === 'soft')
    return { ...base, version: undefined, url: undefined, source: 'local' };
  // Bindings follow `::`; an archive URL there is where Yarn fetches from, past the configured registry.
  const [reference = '', ...bindings] = named.rest.split('::');
  const registry = /^npm:(.+)$/.exec(reference);
  if (registry !== null)
    return { ...base, version: registry[1], url: archiveUrl(bindings.join('::')), source: 'registry' };
  const source = sourceOfSpecifier(reference);
  const version = textAt(value, 'version');
  return {
    ...base,
    version,
    url: source === 'local' ? undefined : reference,
    source: source === 'registry' ? 'url' : source,
  };
}

function archiveUrl(bindings: string): string | undefined {
  return new URLSearchParams(bindings).get('__archiveUrl') ?? undefined;
}
