/** The ledger's events as they were recorded: what an entry says, what opens it, and erasing of that. */
import type { Kysely, Selectable } from 'kysely';
import type { OutboxEvent } from '../admission/deps.ts';
import type { Sha256 } from '../core/digest.ts';
import type { JsonObject } from '../core/json.ts';
import type { ReleaseId } from '../core/subject.ts';
import { addToOutbox, latestEvent } from './outbox.ts';
import type { OutboxTable, Schema } from './schema.ts';
import { readSetting, writeSetting } from './settings.ts';
import { eraseSummary, readSummary, signSummary, type StoredSummary } from './summaries.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

export interface LedgerEvent {
  readonly seq: number;
  readonly eventId: string;
  /** Undefined: the entry is about the log itself, or about a package as a whole. */
  readonly releaseId: ReleaseId | undefined;
  readonly type: string;
  readonly time: string;
  /** Exact text of the entry. */
  readonly leaf: string;
  readonly statement: JsonObject;
  /** Field → salt; fewer after an erasure. */
  readonly salts: Readonly<Record<string, string>>;
  readonly previousEventId: string | undefined;
  /** Where it stands in the log; undefined while it waits. */
  readonly index: number | undefined;
  /** Blob of its signed statement; undefined until it was signed, and after the statement was erased. */
  readonly envelope: Sha256 | undefined;
  /** Undefined for what is no decision, for decisions before there were summaries, and after the statement was erased. */
  readonly summary: StoredSummary | undefined;
}

interface FieldErasure {
  readonly eventId: string;
  /** Salts to delete: the field's own, or all places of the evidence set. */
  readonly saltsOf: string;
  /** Takes the place of the stored statement; undefined leaves it. */
  readonly statement: JsonObject | undefined;
  /** The signed statement goes too, and the verification summary. */
  readonly forgetEnvelope: boolean;
  /** The entry that records it; its `previousEventId` must be the release's newest. */
  readonly record: OutboxEvent;
}

interface UnsignedStatement {
  readonly eventId: string;
  readonly index: number;
  /** Undefined when it was erased, or came signed (a change of the log's key). */
  readonly statement: JsonObject | undefined;
  /** The decision's verification summary, where there is one to sign. */
  readonly summary: JsonObject | undefined;
}

export interface SignedStatement {
  readonly eventId: string;
  readonly envelope: Sha256;
  /** Blob of the signed summary. */
  readonly summary: Sha256 | undefined;
}

export interface EventStore {
  readonly byId: (eventId: string) => Promise<LedgerEvent | undefined>;
  readonly byIndex: (index: number) => Promise<LedgerEvent | undefined>;
  /** A release's whole history, oldest first. */
  readonly ofRelease: (id: ReleaseId) => Promise<readonly LedgerEvent[]>;
  /** The entries about the log itself, oldest first. */
  readonly ofLog: () => Promise<readonly LedgerEvent[]>;
  /**
   * Records an entry about the log itself, whose signed statement is in this blob already; again with the same id
   * changes nothing. Throws STORAGE_FAILED when it does not follow the newest of them.
   */
  readonly recordOfLog: (event: OutboxEvent, envelope: Sha256) => Promise<void>;
  /** Id of the newest entry of such a chain. */
  readonly newestOfChain: (chain: string) => Promise<string | undefined>;
  /**
   * In one transaction: an entry of a chain that is about neither a release nor the log, and the setting that it is
   * about. With a blob of its signed statement, where the signer wrote that. Throws STORAGE_FAILED when it does not
   * follow the newest of the chain.
   */
  readonly recordInChain: (
    chain: string,
    event: OutboxEvent,
    setting: { readonly key: string; readonly value: string },
    envelope?: Sha256,
  ) => Promise<void>;
  readonly releasesOfArtifact: (artifact: Sha256) => Promise<readonly ReleaseId[]>;
  /** The next entries of the log, in order, whose statements were not looked at for signing. */
  readonly unsigned: (limit: number) => Promise<readonly UnsignedStatement[]>;
  /** All up to this index were looked at. What was erased meanwhile stays without an envelope: those are returned. */
  readonly recordEnvelopes: (
    envelopes: readonly SignedStatement[],
    throughIndex: number,
  ) => Promise<readonly Sha256[]>;
  /**
   * One transaction. `nothing`: there was no such salt. `moved`: the release has a newer event than the one `record`
   * follows; make it anew.
   */
  readonly erase: (erasure: FieldErasure) => Promise<'erased' | 'nothing' | 'moved'>;
  /** How many are recorded and not in the log yet. */
  readonly waiting: () => Promise<number>;
}

export function createEventStore(
  db: Kysely<Schema>,
  { write }: WriteQueue,
  announce: () => void,
): EventStore {
  return {
    byId: async (eventId) => first(await read(db, (rows) => rows.where('outbox.event_id', '=', eventId))),
    byIndex: async (index) => first(await read(db, (rows) => rows.where('outbox.log_index', '=', index))),
    ofRelease: (id) => read(db, (rows) => rows.where('outbox.release_id', '=', id)),
    ofLog: () =>
      read(db, (rows) => rows.where('outbox.release_id', 'is', null).where('outbox.chain', 'is', null)),
    recordOfLog: async (event, envelope) => {
      await write((inside) => recordOfLog(inside, event, envelope));
      announce();
    },
    newestOfChain: (chain) => latestEvent(db, { chain }),
    recordInChain: async (chain, event, { key, value }, envelope) => {
      await write(async (inside) => {
        await addToOutbox(inside, { chain }, event);
        if (envelope !== undefined) await addEnvelope(inside, event.eventId, envelope);
        await writeSetting(inside, key, value);
      });
      announce();
    },
    releasesOfArtifact: async (artifact) => {
      const rows = await db.selectFrom('releases').select('id').where('artifact', '=', artifact).execute();
      return rows.map((row) => row.id as ReleaseId);
    },
    unsigned: (limit) => readUnsigned(db, limit),
    recordEnvelopes: (envelopes, throughIndex) =>
      write((inside) => writeEnvelopes(inside, envelopes, throughIndex)),
    erase: async (erasure) => {
      const outcome = await write((inside) => erase(inside, erasure));
      if (outcome === 'erased') announce();
      return outcome;
    },
    waiting: async () => {
      const row = await db
        .selectFrom('outbox')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('sequenced', '=', 0)
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
}

function first(events: readonly LedgerEvent[]): LedgerEvent | undefined {
  return events[0];
}

function outboxRows(db: Kysely<Schema>) {
  return db
    .selectFrom('outbox')
    .leftJoin('envelopes', 'envelopes.event_id', 'outbox.event_id')
    .selectAll('outbox')
    .select('envelopes.envelope')
    .orderBy('outbox.seq');
}

type Rows = ReturnType<typeof outboxRows>;

async function read(db: Kysely<Schema>, narrow: (rows: Rows) => Rows): Promise<readonly LedgerEvent[]> {
  const rows = await narrow(outboxRows(db)).execute();
  return Promise.all(rows.map((row) => eventOf(db, row)));
}

async function eventOf(
  db: Kysely<Schema>,
  row: Selectable<OutboxTable> & { readonly envelope: string | null },
): Promise<LedgerEvent> {
  const releaseId = (row.release_id ?? undefined) as ReleaseId | undefined;
  const salts = await db
    .selectFrom('salts')
    .select(['field', 'salt'])
    .where('event_id', '=', row.event_id)
    .execute();
  return {
    seq: row.seq,
    eventId: row.event_id,
    releaseId,
    type: row.type,
    time: row.time,
    leaf: row.leaf,
    statement: fromJson(row.statement, 'a statement') as JsonObject,
    salts: Object.fromEntries(salts.map(({ field, salt }) => [field, salt])),
    previousEventId: await latestEvent(db, row.chain === null ? releaseId : { chain: row.chain }, row.seq),
    index: row.log_index ?? undefined,
    envelope: (row.envelope ?? undefined) as Sha256 | undefined,
    summary: await readSummary(db, row.event_id),
  };
}

async function recordOfLog(db: Kysely<Schema>, event: OutboxEvent, envelope: Sha256): Promise<void> {
  const known = await db
    .selectFrom('outbox')
    .select('seq')
    .where('event_id', '=', event.eventId)
    .executeTakeFirst();
  if (known !== undefined) return;
  await addToOutbox(db, undefined, event);
  await addEnvelope(db, event.eventId, envelope);
}

async function addEnvelope(db: Kysely<Schema>, eventId: string, envelope: Sha256): Promise<void> {
  await db.insertInto('envelopes').values({ event_id: eventId, envelope }).execute();
}

/** Setting that remembers how far the statements were signed. */
const signedThrough = 'ledger-statements-signed-through';

async function readUnsigned(db: Kysely<Schema>, limit: number): Promise<readonly UnsignedStatement[]> {
  const rows = await db
    .selectFrom('outbox')
    .leftJoin('salts', (join) =>
      join.onRef('salts.event_id', '=', 'outbox.event_id').on('salts.field', '=', 'statement'),
    )
    .leftJoin('envelopes', 'envelopes.event_id', 'outbox.event_id')
    .leftJoin('summaries', 'summaries.event_id', 'outbox.event_id')
    .select(['outbox.event_id', 'outbox.statement', 'outbox.log_index', 'salts.salt', 'envelopes.envelope'])
    .select('summaries.statement as summary')
    .where('outbox.log_index', '>', Number((await readSetting(db, signedThrough)) ?? '-1'))
    .orderBy('outbox.log_index')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const isLeft = row.salt !== null && row.envelope === null;
    return {
      eventId: row.event_id,
      index: row.log_index ?? 0,
      statement: isLeft ? (fromJson(row.statement, 'a statement') as JsonObject) : undefined,
      summary:
        isLeft && row.summary !== null
          ? (fromJson(row.summary, 'a verification summary') as JsonObject)
          : undefined,
    };
  });
}

async function writeEnvelopes(
  db: Kysely<Schema>,
  envelopes: readonly SignedStatement[],
  throughIndex: number,
): Promise<readonly Sha256[]> {
  const unwanted: Sha256[] = [];
  for (const { eventId, envelope, summary } of envelopes) {
    const salt = await db
      .selectFrom('salts')
      .select('salt')
      .where('event_id', '=', eventId)
      .where('field', '=', 'statement')
      .executeTakeFirst();
    if (salt === undefined) {
      unwanted.push(envelope, ...(summary === undefined ? [] : [summary]));
      continue;
    }
    await db
      .insertInto('envelopes')
      .values({ event_id: eventId, envelope })
      .onConflict((conflict) => conflict.column('event_id').doNothing())
      .execute();
    if (summary !== undefined) await signSummary(db, eventId, summary);
  }
  await writeSetting(db, signedThrough, String(throughIndex));
  return unwanted;
}

async function erase(db: Kysely<Schema>, erasure: FieldErasure): Promise<'erased' | 'nothing' | 'moved'> {
  const { eventId, saltsOf, statement, forgetEnvelope, record } = erasure;
  const row = await db
    .selectFrom('outbox')
    .select('release_id')
    .where('event_id', '=', eventId)
    .executeTakeFirst();
  if (row === undefined || row.release_id === null) return 'nothing';
  const release = row.release_id as ReleaseId;
  if ((await latestEvent(db, release)) !== record.previousEventId) return 'moved';
  const deleted = await db
    .deleteFrom('salts')
    .where('event_id', '=', eventId)
    .where((eb) => eb.or([eb('field', '=', saltsOf), eb('field', 'like', `${saltsOf}/%`)]))
    .executeTakeFirst();
  if (deleted.numDeletedRows === 0n) return 'nothing';
  if (forgetEnvelope) {
    await db.deleteFrom('envelopes').where('event_id', '=', eventId).execute();
    await eraseSummary(db, eventId);
  }
  if (statement !== undefined) {
    const kept = { statement: JSON.stringify(statement) };
    await db.updateTable('outbox').set(kept).where('event_id', '=', eventId).execute();
  }
  await addToOutbox(db, release, record);
  return 'erased';
}
