/** Builds from source: what came of each, with its ledger entry, and the jobs that wait. */
import type { Kysely } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import { isSha256, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { parsePurl, type Ecosystem, type Purl } from '../core/purl.ts';
import type { ComparisonVerdict } from '../core/rebuild.ts';
import { addToOutbox, latestEvent } from './outbox.ts';
import type { BuildTable, Schema } from './schema.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

/** One build as it is listed; the record itself is a blob. */
export interface StoredBuild {
  readonly id: string;
  readonly purl: Purl;
  /** Of upstream's bytes. */
  readonly artifact: Sha256;
  readonly verdict: ComparisonVerdict;
  /** Blob of the RebuildRecord, canonical JSON. */
  readonly record: Sha256;
  /** What lists and evidence need, without opening the record. */
  readonly summary: JsonObject;
  /** Blobs of the DSSE envelopes. */
  readonly provenance: Sha256 | undefined;
  readonly comparison: Sha256;
  readonly eventId: string;
  /** RFC 3339 UTC. */
  readonly at: string;
}

export interface BuildStore {
  /** In one transaction with its entry. Throws STORAGE_FAILED when that does not follow the newest about the version. */
  readonly record: (build: StoredBuild, event: OutboxEvent) => Promise<void>;
  readonly newestEvent: (purl: Purl) => Promise<string | undefined>;
  readonly byId: (id: string) => Promise<StoredBuild | undefined>;
  /** Newest first. */
  readonly ofVersion: (purl: Purl, limit: number) => Promise<readonly StoredBuild[]>;
  readonly ofPackage: (ecosystem: Ecosystem, name: string, limit: number) => Promise<readonly StoredBuild[]>;
  /** All, oldest first, from after the given one on. */
  readonly page: (
    after: { readonly at: string; readonly id: string } | undefined,
    limit: number,
  ) => Promise<readonly StoredBuild[]>;
}

/** Entries about builds of one version follow each other. */
function chainOf(purl: Purl): { readonly chain: string } {
  return { chain: JSON.stringify(['rebuild', purl]) };
}

export function createBuildStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): BuildStore {
  const rows = () => db.selectFrom('builds').selectAll();
  return {
    record: async (build, event) => {
      await write(async (inside) => {
        await addToOutbox(inside, chainOf(build.purl), event);
        await inside.insertInto('builds').values(rowOf(build)).execute();
      });
      announce();
    },
    newestEvent: (purl) => latestEvent(db, chainOf(purl)),
    byId: async (id) => {
      const row = await rows().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : buildOf(row);
    },
    ofVersion: async (purl, limit) => {
      const found = await rows()
        .where('purl', '=', purl)
        .orderBy('at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute();
      return found.map(buildOf);
    },
    ofPackage: async (ecosystem, name, limit) => {
      const found = await rows()
        .where('ecosystem', '=', ecosystem)
        .where('name', '=', name)
        .orderBy('at', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute();
      return found.map(buildOf);
    },
    page: async (after, limit) => {
      const from = after ?? { at: '', id: '' };
      const found = await rows()
        .where((where) =>
          where.or([
            where('at', '>', from.at),
            where.and([where('at', '=', from.at), where('id', '>', from.id)]),
          ]),
        )
        .orderBy('at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return found.map(buildOf);
    },
  };
}

function rowOf(build: StoredBuild): BuildTable {
  const { ecosystem, name } = parsePurl(build.purl);
  const { id, purl, artifact, verdict, record, summary, provenance, comparison, eventId, at } = build;
  return {
    id,
    ecosystem,
    name,
    purl,
    artifact,
    verdict,
    record,
    summary: JSON.stringify(summary),
    provenance: provenance ?? null,
    comparison,
    event_id: eventId,
    at,
  };
}

function buildOf(row: BuildTable): StoredBuild {
  const { id, purl, artifact, verdict, record, summary, provenance, comparison, at } = row;
  return {
    id,
    purl: purl as Purl,
    artifact: digestIn(artifact),
    verdict: verdict as ComparisonVerdict,
    record: digestIn(record),
    summary: fromJson(summary, 'a build') as JsonObject,
    provenance: provenance === null ? undefined : digestIn(provenance),
    comparison: digestIn(comparison),
    eventId: row.event_id,
    at,
  };
}

function digestIn(text: string): Sha256 {
  if (isSha256(text)) return text;
  throw new AssayError('STORAGE_CORRUPT', 'a build in the database names no digest');
}
