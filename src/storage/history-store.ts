/** How packages are published: what admission's history asks of storage. */
import type { Kysely } from 'kysely';
import type { HistoryStore, PublicationRecord } from '../admission/history-deps.ts';
import type { Advertised } from '../core/collector.ts';
import type { Sha256 } from '../core/digest.ts';
import type { VerifiedPublication } from '../core/identity.ts';
import type { UpstreamId } from '../core/subject.ts';
import { readExpectationHistory, readExpectations, writeExpectations } from './expectations.ts';
import { latestEvent, packageChain } from './outbox.ts';
import type { PublicationTable, Schema } from './schema.ts';
import { readSightings, writeSightings } from './sightings.ts';
import { readTags, sightTags, type TagSighting } from './tag-sightings.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

const publicationsShown = 200;

/** `announce` is called when an event for the log has reached the disk. */
export function createHistoryStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): HistoryStore {
  return {
    advertised: (upstream, name, version) => readAdvertised(db, upstream, name, version),
    publications: (upstream, name) => readPublications(db, upstream, name),
    recordPublications: (records) => write((inside) => writePublications(inside, records)),
    sightings: (query) => readSightings(db, query),
    expectations: (upstream, name) => readExpectations(db, upstream, name),
    expectationHistory: (upstream, name) => readExpectationHistory(db, upstream, name),
    previousExpectationEvent: (upstream, name) => latestEvent(db, packageChain(upstream, name)),
    recordExpectations: async (records) => {
      const outcome = await write((inside) => writeExpectations(inside, records));
      if (outcome === 'recorded') announce();
      return outcome;
    },
    seeTags: (repository, commits, at) => seeTags(db, write, repository, commits, at),
  };
}

async function readAdvertised(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
  version: string,
): Promise<Advertised> {
  const rows = await Promise.all(
    (['advertised_before', 'appearances'] as const).map((table) =>
      db
        .selectFrom(table)
        .select(['attested_at', 'signed_at'])
        .where('upstream', '=', upstream)
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst(),
    ),
  );
  const [before, now] = rows;
  return {
    attestedAt: before?.attested_at ?? now?.attested_at ?? undefined,
    signedAt: before?.signed_at ?? now?.signed_at ?? undefined,
  };
}

async function readPublications(
  db: Kysely<Schema>,
  upstream: UpstreamId,
  name: string,
): Promise<readonly PublicationRecord[]> {
  const rows = await db
    .selectFrom('publications')
    .selectAll()
    .where('upstream', '=', upstream)
    .where('name', '=', name)
    .orderBy('signed_time', 'desc')
    .orderBy('version', 'desc')
    .limit(publicationsShown)
    .execute();
  return rows.map(recordOf);
}

function recordOf(row: PublicationTable): PublicationRecord {
  return {
    upstream: row.upstream as UpstreamId,
    name: row.name,
    publication: fromJson(row.body, 'a publication') as VerifiedPublication,
    owner: row.owner ?? undefined,
    document: (row.document as Sha256 | null) ?? undefined,
    recordedAt: row.recorded_at,
  };
}

async function writePublications(db: Kysely<Schema>, records: readonly PublicationRecord[]): Promise<void> {
  for (const { upstream, name, publication, owner, document, recordedAt } of records) {
    await db
      .insertInto('publications')
      .values({
        upstream,
        name,
        version: publication.version,
        owner: owner ?? null,
        signed_time: publication.signedTime,
        body: JSON.stringify(publication),
        document: document ?? null,
        recorded_at: recordedAt,
      })
      .onConflict((conflict) => conflict.columns(['upstream', 'name', 'version']).doNothing())
      .execute();
    const { version, signedTime } = publication;
    await writeSightings(db, upstream, name, [{ version, publisher: undefined, publishedAt: signedTime }]);
  }
}

/** Nothing is written when nothing is new. */
async function seeTags(
  db: Kysely<Schema>,
  write: WriteQueue['write'],
  repository: string,
  commits: Readonly<Record<string, string>>,
  at: string,
): Promise<ReadonlyMap<string, TagSighting>> {
  const known = await readTags(db, repository, Object.keys(commits));
  if (Object.keys(commits).every((tag) => known.has(tag))) return known;
  return write((inside) => sightTags(inside, repository, commits, at));
}
