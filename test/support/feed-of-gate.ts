/** Feeds for a gate that runs: records of malicious packages, and their import as an operator does it. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../src/core/json.ts';
import { controlClient } from '../../src/server/control/client.ts';
import type { FeedImported } from '../../src/server/control/feed-protocol.ts';
import { canary } from './feed-bench.ts';
import { zipOf } from './osv.ts';

/** A record of malicious packages about single versions, of a single source but where more are named. */
export function malwareRecord(
  id: string,
  name: string,
  versions: readonly string[],
  { sources = [], ...change }: JsonObject & { readonly sources?: readonly string[] } = {},
): JsonObject {
  const origins = sources.map((source) => ({ source }));
  return {
    schema_version: '1.7.4',
    id,
    modified: new Date().toISOString(),
    summary: `Malicious code in ${name}`,
    affected: [{ package: { ecosystem: 'npm', name }, versions: [...versions] }],
    ...(origins.length === 0 ? {} : { database_specific: { 'malicious-packages-origins': origins } }),
    ...change,
  };
}

/** A record whose time says how old the whole feed is. */
export function recordOfAge(hours: number): JsonObject {
  return {
    ...malwareRecord('MAL-2026-9999', 'nobody-has-it', ['1.0.0']),
    modified: new Date(Date.now() - hours * 3_600_000).toISOString(),
  };
}

interface Importing {
  readonly dataDirectory: string;
  /** Where the files are written. */
  readonly folder: string;
}

/** The canary is there, as old as can be. Rejects with what the gate refuses. */
export async function importFeed(
  { dataDirectory, folder }: Importing,
  records: readonly JsonObject[],
  { popular, zip }: { readonly popular?: readonly string[]; readonly zip?: Uint8Array } = {},
): Promise<FeedImported> {
  const path = join(folder, `${randomUUID()}.zip`);
  await writeFile(path, zip ?? feedOf(records));
  const list = `${path}.popular.json`;
  if (popular !== undefined) await writeFile(list, JSON.stringify(popular));
  return controlClient(dataDirectory).importFeed({
    ecosystem: 'npm',
    from: path,
    allowShrink: false,
    ...(popular === undefined ? {} : { popular: list }),
  });
}

function feedOf(records: readonly JsonObject[]): Buffer {
  const all = [{ ...canary, modified: '2020-01-01T00:00:00.000Z' }, ...records];
  return zipOf(all.map((record, n) => ({ name: `${n}.json`, text: JSON.stringify(record) })));
}
