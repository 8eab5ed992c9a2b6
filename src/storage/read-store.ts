/** What the status page, the command line and later the console read. Newest first; pages by cursor. */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { ReleaseSummary } from '../admission/deps.ts';
import type { Alarm } from '../core/alarm.ts';
import type { Decision, Outcome, Reason } from '../core/decision.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import type { JsonObject } from '../core/json.ts';
import type { Ecosystem, Purl } from '../core/purl.ts';
import type { ReleaseId, Subject } from '../core/subject.ts';
import { readAlarms } from './alarms.ts';
import { readArtifactEvidence, readStoredAssessment, type StoredEvidence } from './evidence.ts';
import { subjectOf, summaryColumns, summaryOf } from './releases.ts';
import type { OutboxTable, Schema } from './schema.ts';
import { cursorSeq, fromJson, pageLimit, pageOf, type Page, type PageRequest } from './text.ts';

export interface Counts {
  /** Releases by the outcome in force. */
  readonly releases: Readonly<Record<Outcome, number>>;
  /** Releases that were ever admitted. */
  readonly admitted: number;
  readonly artifacts: number;
  readonly alarms: number;
}

/** One release with its decision in force. */
export interface ReleaseLine extends ReleaseSummary {
  readonly subject: Subject;
  readonly name: string;
  readonly reasons: readonly Reason[];
}

/** One decision of the history. */
export interface DecisionLine {
  readonly releaseId: ReleaseId;
  readonly name: string;
  readonly version: string;
  readonly decision: Decision;
  /** When another took its place; undefined while it is in force. */
  readonly supersededAt: string | undefined;
}

export interface OutboxRow {
  readonly seq: number;
  readonly eventId: string;
  /** Undefined: the entry is about the log itself. */
  readonly releaseId: ReleaseId | undefined;
  readonly type: string;
  readonly time: string;
  /** Canonical JSON of the leaf, byte for byte as it was recorded. */
  readonly leaf: string;
  readonly statement: JsonObject;
  readonly sequenced: boolean;
}

export interface DecisionsRequest extends PageRequest {
  readonly purl?: Purl;
  readonly name?: string;
}

/** Pages hold at most 1,000 items, whatever limit is asked for. A cursor that is none throws CURSOR_INVALID. */
export interface ReadStore {
  readonly counts: () => Promise<Counts>;
  readonly held: (page: PageRequest) => Promise<Page<ReleaseLine>>;
  readonly refused: (page: PageRequest) => Promise<Page<ReleaseLine>>;
  readonly admitted: (page: PageRequest) => Promise<Page<ReleaseLine>>;
  /** History: decisions in force and those that were superseded. */
  readonly decisions: (request: DecisionsRequest) => Promise<Page<DecisionLine>>;
  /** Undefined when no such decision is kept: one that changed nothing took the place of another. */
  readonly decision: (id: string) => Promise<DecisionLine | undefined>;
  /** The members of an evidence set, in the order in which it was recorded, each as it lies there. */
  readonly assessment: (digest: Sha256) => Promise<readonly StoredEvidence[]>;
  readonly alarms: (request: { readonly limit: number }) => Promise<readonly Alarm[]>;
  /** One per upstream, channel and file that it is known from. */
  readonly releaseByPurl: (purl: Purl) => Promise<readonly ReleaseLine[]>;
  /** Of all upstreams; decided last first. */
  readonly releasesNamed: (ecosystem: Ecosystem, name: string) => Promise<readonly ReleaseId[]>;
  /** Releases of packages whose name holds the text, whatever its case. */
  readonly searchReleases: (text: string, limit?: number) => Promise<readonly ReleaseLine[]>;
  /** In order, from the first row whose `seq` is greater. */
  readonly outboxAfter: (seq: number, limit: number) => Promise<readonly OutboxRow[]>;
  /** Field → salt; undefined once they were erased or when there is no such event. */
  readonly salts: (eventId: string) => Promise<Readonly<Record<string, string>> | undefined>;
  readonly artifactEvidence: (artifact: Sha256) => Promise<readonly Evidence[]>;
}

export function createReadStore(db: Kysely<Schema>): ReadStore {
  return {
    counts: () => readCounts(db),
    held: (page) => byOutcome(db, 'hold', page),
    refused: (page) => byOutcome(db, 'block', page),
    admitted: (page) => byOutcome(db, 'allow', page),
    decisions: (request) => readDecisions(db, request),
    decision: (id) => readDecision(db, id),
    assessment: (digest) => readStoredAssessment(db, digest),
    alarms: ({ limit }) => readAlarms(db, limit),
    releaseByPurl: async (purl) => {
      const rows = await releaseLines(db)
        .where('releases.purl', '=', purl)
        .orderBy('decisions.seq', 'desc')
        .execute();
      return rows.map(lineOf);
    },
    releasesNamed: async (ecosystem, name) => {
      const rows = await db
        .selectFrom('releases')
        .innerJoin('decisions', 'decisions.release_id', 'releases.id')
        .select('releases.id')
        .where('releases.ecosystem', '=', ecosystem)
        .where('releases.name', '=', name)
        .where('decisions.superseded_at', 'is', null)
        .orderBy('decisions.seq', 'desc')
        .execute();
      return rows.map(({ id }) => id as ReleaseId);
    },
    searchReleases: (text, limit = 50) => search(db, text, limit),
    outboxAfter: (seq, limit) => readOutbox(db, seq, limit),
    salts: (eventId) => readSalts(db, eventId),
    artifactEvidence: (artifact) => readArtifactEvidence(db, artifact),
  };
}

async function readCounts(db: Kysely<Schema>): Promise<Counts> {
  const rows = await db
    .selectFrom('decisions')
    .select((eb) => ['outcome', eb.fn.countAll<number>().as('count')])
    .where('superseded_at', 'is', null)
    .groupBy('outcome')
    .execute();
  const countOf = (outcome: Outcome): number => rows.find((row) => row.outcome === outcome)?.count ?? 0;
  const [admitted, artifacts, alarms] = await Promise.all([
    db
      .selectFrom('releases')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('admitted_at', 'is not', null)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('artifacts')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('alarms')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
  ]);
  return {
    releases: { allow: countOf('allow'), hold: countOf('hold'), block: countOf('block') },
    admitted: admitted.count,
    artifacts: artifacts.count,
    alarms: alarms.count,
  };
}

function releaseLines(db: Kysely<Schema>) {
  return db
    .selectFrom('releases')
    .innerJoin('decisions', 'decisions.release_id', 'releases.id')
    .leftJoin('artifacts', 'artifacts.sha256', 'releases.artifact')
    .selectAll('releases')
    .select(summaryColumns)
    .select(['decisions.seq', 'decisions.body'])
    .where('decisions.superseded_at', 'is', null);
}

type LineRow = Awaited<ReturnType<ReturnType<typeof releaseLines>['execute']>>[number];

function lineOf(row: LineRow): ReleaseLine {
  const { reasons } = fromJson(row.body, 'a decision') as Decision;
  return { ...summaryOf(row), subject: subjectOf(row), name: row.name, reasons };
}

async function byOutcome(
  db: Kysely<Schema>,
  outcome: Outcome,
  { limit, cursor }: PageRequest,
): Promise<Page<ReleaseLine>> {
  const size = pageLimit(limit);
  const rows = await releaseLines(db)
    .where('decisions.outcome', '=', outcome)
    .where('decisions.seq', '<', cursorSeq(cursor))
    .orderBy('decisions.seq', 'desc')
    .limit(size + 1)
    .execute();
  return pageOf(rows, size, lineOf);
}

function decisionLines(db: Kysely<Schema>) {
  return db
    .selectFrom('decisions')
    .innerJoin('releases', 'releases.id', 'decisions.release_id')
    .select(['decisions.seq', 'decisions.release_id', 'decisions.body', 'decisions.superseded_at'])
    .select(['releases.name', 'releases.version']);
}

type DecisionRow = Awaited<ReturnType<ReturnType<typeof decisionLines>['execute']>>[number];

function decisionLineOf(row: DecisionRow): DecisionLine {
  return {
    releaseId: row.release_id as ReleaseId,
    name: row.name,
    version: row.version,
    decision: fromJson(row.body, 'a decision') as Decision,
    supersededAt: row.superseded_at ?? undefined,
  };
}

async function readDecisions(db: Kysely<Schema>, request: DecisionsRequest): Promise<Page<DecisionLine>> {
  const { purl, name, limit, cursor } = request;
  const size = pageLimit(limit);
  let query = decisionLines(db).where('decisions.seq', '<', cursorSeq(cursor));
  if (purl !== undefined) query = query.where('releases.purl', '=', purl);
  if (name !== undefined) query = query.where('releases.name', '=', name);
  const rows = await query
    .orderBy('decisions.seq', 'desc')
    .limit(size + 1)
    .execute();
  return pageOf(rows, size, decisionLineOf);
}

async function readDecision(db: Kysely<Schema>, id: string): Promise<DecisionLine | undefined> {
  const row = await decisionLines(db).where('decisions.id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : decisionLineOf(row);
}

async function search(db: Kysely<Schema>, text: string, limit: number): Promise<readonly ReleaseLine[]> {
  const pattern = `%${text
    .slice(0, 214)
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`;
  const rows = await releaseLines(db)
    .where(sql<boolean>`lower(releases.name) LIKE ${pattern} ESCAPE '\\'`)
    .orderBy('releases.name')
    .orderBy('decisions.seq', 'desc')
    .limit(pageLimit(limit))
    .execute();
  return rows.map(lineOf);
}

async function readOutbox(db: Kysely<Schema>, seq: number, limit: number): Promise<readonly OutboxRow[]> {
  const rows = await db
    .selectFrom('outbox')
    .selectAll()
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(pageLimit(limit))
    .execute();
  return rows.map(outboxRow);
}

function outboxRow(row: Selectable<OutboxTable>): OutboxRow {
  return {
    seq: row.seq,
    eventId: row.event_id,
    releaseId: (row.release_id ?? undefined) as ReleaseId | undefined,
    type: row.type,
    time: row.time,
    leaf: row.leaf,
    statement: fromJson(row.statement, 'a statement') as JsonObject,
    sequenced: row.sequenced === 1,
  };
}

async function readSalts(
  db: Kysely<Schema>,
  eventId: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const rows = await db
    .selectFrom('salts')
    .select(['field', 'salt'])
    .where('event_id', '=', eventId)
    .execute();
  return rows.length === 0 ? undefined : Object.fromEntries(rows.map((row) => [row.field, row.salt]));
}
