/**
 * The compromised releases that an OSV feed lists, for a fake upstream to serve: most of the real ones are gone. Beside
 * every listed version stands a clean neighbour, which nothing may refuse. Reads the feed without our own parser, so
 * that it can be held against it.
 */
import { readZip } from '../../../src/advisories/zip.ts';
import { isJsonObject, own, ownString, type JsonObject } from '../../../src/core/json.ts';
import type { PublishInput } from '../fake-package.ts';

/** The records of a feed's `all.zip`. */
export function feedRecords(zip: Uint8Array): readonly JsonObject[] {
  const records: JsonObject[] = [];
  const limits = { members: 300_000, memberBytes: 2 ** 23, totalBytes: 2 ** 31 };
  readZip(Buffer.from(zip), limits, (name, bytes) => {
    const record: unknown = name.endsWith('.json') ? JSON.parse(bytes.toString('utf8')) : undefined;
    if (isJsonObject(record)) records.push(record);
  });
  return records;
}

export interface CompromisedRelease {
  readonly id: string;
  readonly name: string;
  readonly version: string;
}

/** Malicious records that name versions. Withdrawn ones are left out. */
export function compromisedReleases(records: readonly JsonObject[]): readonly CompromisedRelease[] {
  return maliciousIn(records).flatMap(({ id, name, versions }) =>
    versions.map((version) => ({ id, name, version })),
  );
}

interface Named {
  readonly id: string;
  readonly name: string;
  /** Empty: all of them. */
  readonly versions: readonly string[];
}

function maliciousIn(records: readonly JsonObject[]): readonly Named[] {
  return records.flatMap((record) => {
    const id = ownString(record, 'id') ?? '';
    if (!id.startsWith('MAL-') || own(record, 'withdrawn') !== undefined) return [];
    return listOf(record, 'affected').flatMap((affected) => {
      const named = isJsonObject(affected) ? own(affected, 'package') : undefined;
      const name = isJsonObject(named) ? ownString(named, 'name') : undefined;
      if (name === undefined || !isJsonObject(affected)) return [];
      const versions = listOf(affected, 'versions').filter((version) => typeof version === 'string');
      return [{ id, name, versions }];
    });
  });
}

function listOf(object: JsonObject, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}

/**
 * What to publish in a `FakeRegistry`: every listed release, and for each package a version that no malicious record
 * touches (none where a record condemns the whole package).
 */
export function asUpstream(records: readonly JsonObject[]): {
  readonly listed: readonly PublishInput[];
  readonly clean: readonly PublishInput[];
} {
  const named = maliciousIn(records);
  const whole = new Set(named.filter(({ versions }) => versions.length === 0).map(({ name }) => name));
  const versionsOf = new Map<string, Set<string>>();
  for (const { name, versions } of named) {
    if (versions.length === 0) continue;
    versionsOf.set(name, new Set([...(versionsOf.get(name) ?? []), ...versions]));
  }
  const listed = [...versionsOf].flatMap(([name, versions]) =>
    [...versions].map((version) => ({ name, version, tags: [] })),
  );
  const clean = [...versionsOf]
    .filter(([name]) => !whole.has(name))
    .map(([name, versions]) => ({ name, version: neighbour(versions), tags: ['latest'] }));
  return { listed, clean };
}

/** A version of the same shape that is not among them. */
function neighbour(versions: ReadonlySet<string>): string {
  const [major = '1', minor = '0'] = ([...versions][0] ?? '').split(/[.-]/);
  let patch = 0;
  while (versions.has(`${major}.${minor}.${patch}`)) patch += 1;
  return `${major}.${minor}.${patch}`;
}
