/**
 * The compromised releases that an OSV feed lists, for a fake upstream to serve: most of the real ones are gone. Beside
 * every listed version stands a clean neighbour, which nothing may refuse.
 */
import { isJsonObject, own, ownString, type JsonObject } from '../../../src/core/json.ts';
import type { PublishInput } from '../fake-package.ts';

export interface CompromisedRelease {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** From the feed's records (each file of `all.zip`, parsed): malicious ones that name versions. Withdrawn ones are left out. */
export function compromisedReleases(records: readonly JsonObject[]): readonly CompromisedRelease[] {
  return records.flatMap((record) => {
    const id = ownString(record, 'id') ?? '';
    if (!id.startsWith('MAL-') || own(record, 'withdrawn') !== undefined) return [];
    return listOf(record, 'affected').flatMap((affected) => {
      const named = isJsonObject(affected) ? own(affected, 'package') : undefined;
      const name = isJsonObject(named) ? ownString(named, 'name') : undefined;
      if (name === undefined || !isJsonObject(affected)) return [];
      const versions = listOf(affected, 'versions').filter((version) => typeof version === 'string');
      return versions.map((version) => ({ id, name, version }));
    });
  });
}

function listOf(object: JsonObject, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}

/** What to publish in a `FakeRegistry`: every listed release, and for each package one that no record lists. */
export function asUpstream(releases: readonly CompromisedRelease[]): {
  readonly listed: readonly PublishInput[];
  readonly clean: readonly PublishInput[];
} {
  const versionsOf = new Map<string, Set<string>>();
  for (const { name, version } of releases) {
    versionsOf.set(name, (versionsOf.get(name) ?? new Set()).add(version));
  }
  const listed = [...versionsOf].flatMap(([name, versions]) =>
    [...versions].map((version) => ({ name, version, tags: [] })),
  );
  const clean = [...versionsOf].map(([name, versions]) => ({
    name,
    version: neighbour(versions),
    tags: ['latest'],
  }));
  return { listed, clean };
}

/** A version of the same shape that is not among them. */
function neighbour(versions: ReadonlySet<string>): string {
  const [major = '1', minor = '0'] = ([...versions][0] ?? '').split(/[.-]/);
  let patch = 0;
  while (versions.has(`${major}.${minor}.${patch}`)) patch += 1;
  return `${major}.${minor}.${patch}`;
}
