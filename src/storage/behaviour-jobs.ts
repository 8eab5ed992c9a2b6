/** Versions whose install scripts wait to be watched, are watched, or were. One row a version. */
import type { Kysely } from 'kysely';
import type { Evidence } from '../core/evidence.ts';
import type { Sha256 } from '../core/digest.ts';
import type { Purl } from '../core/purl.ts';
import type { BehaviourJobTable, Schema } from './schema.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

/** `recorded`: what was seen is on record, and nobody was told yet. */
export const watchStates = ['waiting', 'running', 'recorded', 'done', 'failed'] as const;
export type WatchState = (typeof watchStates)[number];
/** Why it is watched: somebody asked, a decision lacks it, or a later version is compared with it. */
export type WatchReason = 'asked' | 'decided' | 'before';

export interface WatchJob {
  readonly purl: Purl;
  /** Undefined: its bytes are located, and fetched, when it runs. */
  readonly artifact: Sha256 | undefined;
  readonly reason: WatchReason;
  /** Higher first. */
  readonly priority: number;
  readonly state: WatchState;
  /** From 1, once it ran. */
  readonly attempt: number;
  /** RFC 3339 UTC. */
  readonly notBefore: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
}

type Changes = Partial<
  Pick<
    WatchJob,
    'artifact' | 'state' | 'attempt' | 'notBefore' | 'code' | 'message' | 'startedAt' | 'endedAt'
  >
>;

/** A release whose scripts nobody saw, by the evidence of its decision in force. */
export interface Unwatched {
  readonly purl: Purl;
  readonly artifact: Sha256;
  readonly evidence: Evidence;
}

export interface BehaviourJobStore {
  /** The job that waits or runs for the version already, with the higher priority of both; else this one anew. */
  readonly add: (job: WatchJob) => Promise<WatchJob>;
  /** The next one to run: highest priority, then who could begin first. What is tried again goes to the end of the line. */
  readonly next: (now: string) => Promise<WatchJob | undefined>;
  readonly change: (purl: Purl, changes: Changes) => Promise<void>;
  readonly ofVersion: (purl: Purl) => Promise<WatchJob | undefined>;
  readonly inState: (state: WatchState) => Promise<readonly WatchJob[]>;
  readonly counts: () => Promise<Readonly<Record<WatchState, number>>>;
  /** Releases that are not refused for good, and were never queued: newest first. */
  readonly unwatched: (limit: number) => Promise<readonly Unwatched[]>;
}

const open: readonly WatchState[] = ['waiting', 'running', 'recorded'];
const mostInState = 10_000;

export function createBehaviourJobStore(db: Kysely<Schema>, { write }: WriteQueue): BehaviourJobStore {
  const table = 'behaviour_jobs';
  return {
    add: (job) =>
      write(async (inside) => {
        const known = await inside
          .selectFrom(table)
          .selectAll()
          .where('purl', '=', job.purl)
          .executeTakeFirst();
        const isOpen = known !== undefined && open.includes(known.state as WatchState);
        if (isOpen && known.state !== 'waiting') return jobOf(known);
        const row = isOpen ? joined(known, rowOf(job)) : rowOf(job);
        await inside
          .insertInto(table)
          .values(row)
          .onConflict((conflict) => conflict.column('purl').doUpdateSet(row))
          .execute();
        return jobOf(row);
      }),
    next: async (now) => {
      const row = await db
        .selectFrom(table)
        .selectAll()
        .where('state', '=', 'waiting')
        .where('not_before', '<=', now)
        .orderBy('priority', 'desc')
        .orderBy('not_before')
        .orderBy('created_at')
        .orderBy('purl')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : jobOf(row);
    },
    change: async (purl, changes) => {
      const row = columnsOf(changes);
      if (Object.keys(row).length === 0) return;
      await write(async (inside) => {
        await inside.updateTable(table).set(row).where('purl', '=', purl).execute();
      });
    },
    ofVersion: async (purl) => {
      const row = await db.selectFrom(table).selectAll().where('purl', '=', purl).executeTakeFirst();
      return row === undefined ? undefined : jobOf(row);
    },
    inState: async (state) => {
      const rows = await db
        .selectFrom(table)
        .selectAll()
        .where('state', '=', state)
        .orderBy('created_at')
        .limit(mostInState)
        .execute();
      return rows.map(jobOf);
    },
    counts: async () => {
      const rows = await db
        .selectFrom(table)
        .select((row) => ['state', row.fn.countAll<number>().as('count')])
        .groupBy('state')
        .execute();
      const counts = { waiting: 0, running: 0, recorded: 0, done: 0, failed: 0 };
      for (const { state, count } of rows) counts[state as WatchState] = count;
      return counts;
    },
    unwatched: async (limit) => {
      const rows = await db
        .selectFrom('decisions')
        .innerJoin('releases', 'releases.id', 'decisions.release_id')
        .innerJoin('assessments', 'assessments.digest', 'decisions.assessment')
        .innerJoin('evidence', 'evidence.digest', 'assessments.evidence')
        .select(['releases.purl', 'releases.artifact', 'evidence.body'])
        .where('decisions.superseded_at', 'is', null)
        .where('decisions.outcome', '<>', 'block')
        .where('evidence.kind', '=', 'behaviour')
        .where('evidence.result', '=', 'not-checked')
        .where('releases.purl', 'not in', db.selectFrom(table).select('purl'))
        .orderBy('decisions.decided_at', 'desc')
        .orderBy('releases.purl')
        .limit(limit)
        .execute();
      return rows.flatMap(({ purl, artifact, body }) => {
        const evidence = fromJson(body, 'a piece of evidence') as Evidence;
        return artifact === null ? [] : [{ purl: purl as Purl, artifact: artifact as Sha256, evidence }];
      });
    },
  };
}

/** Whoever asks does not wait for the pause after a failure. */
function joined(known: BehaviourJobTable, added: BehaviourJobTable): BehaviourJobTable {
  const artifact = added.artifact ?? known.artifact;
  if (added.reason === 'asked')
    return { ...known, ...added, artifact, attempt: known.attempt, created_at: known.created_at };
  const isWorthMore = added.priority > known.priority;
  return {
    ...known,
    artifact,
    priority: Math.max(known.priority, added.priority),
    reason: isWorthMore ? added.reason : known.reason,
  };
}

function rowOf(job: WatchJob): BehaviourJobTable {
  return {
    purl: job.purl,
    artifact: job.artifact ?? null,
    reason: job.reason,
    priority: job.priority,
    state: job.state,
    attempt: job.attempt,
    not_before: job.notBefore,
    code: job.code ?? null,
    message: job.message ?? null,
    created_at: job.createdAt,
    started_at: job.startedAt ?? null,
    ended_at: job.endedAt ?? null,
  };
}

const columns = {
  artifact: 'artifact',
  state: 'state',
  attempt: 'attempt',
  notBefore: 'not_before',
  code: 'code',
  message: 'message',
  startedAt: 'started_at',
  endedAt: 'ended_at',
} as const satisfies Readonly<Record<keyof Changes, keyof BehaviourJobTable>>;

/** A field that is there and undefined is emptied. */
function columnsOf(changes: Changes): Partial<BehaviourJobTable> {
  return Object.fromEntries(
    Object.entries(changes).map(([field, value]) => [columns[field as keyof Changes], value ?? null]),
  );
}

function jobOf(row: BehaviourJobTable): WatchJob {
  return {
    purl: row.purl as Purl,
    artifact: (row.artifact as Sha256 | null) ?? undefined,
    reason: row.reason as WatchReason,
    priority: row.priority,
    state: row.state as WatchState,
    attempt: row.attempt,
    notBefore: row.not_before,
    code: row.code ?? undefined,
    message: row.message ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
