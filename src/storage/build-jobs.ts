/** Builds that wait, run or ended. At most one of a version waits or runs. */
import type { Kysely } from 'kysely';
import type { Ecosystem, Purl } from '../core/purl.ts';
import type { Principal } from '../core/subject.ts';
import type { BuildJobTable, Schema } from './schema.ts';
import { fromJson } from './text.ts';
import type { WriteQueue } from './write-queue.ts';

export const jobStates = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];
/** Why it is built: somebody asked, it is used, or what matched before matches no more. */
export type JobReason = 'asked' | 'used' | 'regression';

export interface BuildJob {
  readonly id: string;
  readonly purl: Purl;
  readonly reason: JobReason;
  readonly principal: Principal;
  /** Higher first. */
  readonly priority: number;
  readonly state: JobState;
  /** From 1, once it ran. */
  readonly attempt: number;
  /** RFC 3339 UTC. */
  readonly notBefore: string;
  /** A recipe that a person wrote, its text. */
  readonly recipe: string | undefined;
  /** Where it is, one word. */
  readonly phase: string;
  readonly cause: string | undefined;
  readonly message: string | undefined;
  readonly buildId: string | undefined;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly endedAt: string | undefined;
}

type Changes = Partial<
  Pick<
    BuildJob,
    'state' | 'attempt' | 'notBefore' | 'phase' | 'cause' | 'message' | 'buildId' | 'startedAt' | 'endedAt'
  >
>;

export interface BuildJobStore {
  /** The job that waits or runs for the version already, with the higher priority of both; else this one. */
  readonly add: (job: BuildJob) => Promise<BuildJob>;
  /** The next one to run: highest priority, then oldest. */
  readonly next: (now: string) => Promise<BuildJob | undefined>;
  readonly change: (id: string, changes: Changes) => Promise<void>;
  readonly byId: (id: string) => Promise<BuildJob | undefined>;
  /** Those that wait or run first, then the ended ones, newest first. */
  readonly list: (limit: number) => Promise<readonly BuildJob[]>;
  readonly inState: (state: JobState) => Promise<readonly BuildJob[]>;
  /** Admitted versions that nobody built or asked to build yet, those that most callers pulled first. */
  readonly wanted: (
    ecosystem: Ecosystem,
    limit: number,
  ) => Promise<readonly { readonly purl: Purl; readonly pullers: number }[]>;
}

const open: readonly JobState[] = ['waiting', 'running'];
const mostInState = 10_000;

export function createBuildJobStore(db: Kysely<Schema>, { write }: WriteQueue): BuildJobStore {
  return {
    add: (job) =>
      write(async (inside) => {
        const known = await inside
          .selectFrom('build_jobs')
          .selectAll()
          .where('purl', '=', job.purl)
          .where('state', 'in', open)
          .executeTakeFirst();
        if (known === undefined) {
          await inside.insertInto('build_jobs').values(rowOf(job)).execute();
          return job;
        }
        // Whoever asks again does not wait for the pause after a failure.
        if (known.state === 'waiting') {
          const priority = Math.max(known.priority, job.priority);
          const recipe = job.recipe ?? known.recipe;
          const changed = { priority, recipe, not_before: job.notBefore };
          await inside.updateTable('build_jobs').set(changed).where('id', '=', known.id).execute();
          return jobOf({ ...known, ...changed });
        }
        return jobOf(known);
      }),
    next: async (now) => {
      const row = await db
        .selectFrom('build_jobs')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('not_before', '<=', now)
        .orderBy('priority', 'desc')
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : jobOf(row);
    },
    change: async (id, changes) => {
      const row = columnsOf(changes);
      if (Object.keys(row).length === 0) return;
      await write(async (inside) => {
        await inside.updateTable('build_jobs').set(row).where('id', '=', id).execute();
      });
    },
    byId: async (id) => {
      const row = await db.selectFrom('build_jobs').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : jobOf(row);
    },
    list: async (limit) => {
      const waiting = await db
        .selectFrom('build_jobs')
        .selectAll()
        .where('state', 'in', open)
        .orderBy('state')
        .orderBy('priority', 'desc')
        .orderBy('created_at')
        .limit(limit)
        .execute();
      const ended = await db
        .selectFrom('build_jobs')
        .selectAll()
        .where('state', 'not in', open)
        .orderBy('ended_at', 'desc')
        .orderBy('id')
        .limit(Math.max(0, limit - waiting.length))
        .execute();
      return [...waiting, ...ended].map(jobOf);
    },
    inState: async (state) => {
      const rows = await db
        .selectFrom('build_jobs')
        .selectAll()
        .where('state', '=', state)
        .limit(mostInState)
        .execute();
      return rows.map(jobOf);
    },
    wanted: async (ecosystem, limit) => {
      const rows = await db
        .selectFrom('releases')
        .leftJoin('pulled_releases', 'pulled_releases.release_id', 'releases.id')
        .select(['releases.purl', 'pulled_releases.pullers'])
        .where('releases.ecosystem', '=', ecosystem)
        .where('releases.admitted_at', 'is not', null)
        .where('releases.purl', 'not in', db.selectFrom('builds').select('purl'))
        .where('releases.purl', 'not in', db.selectFrom('build_jobs').select('purl'))
        // Where nothing was pulled there is no row, and databases do not agree on where that sorts.
        .orderBy((row) => row.fn.coalesce('pulled_releases.pullers', row.lit(0)), 'desc')
        .orderBy('releases.purl')
        .limit(limit)
        .execute();
      return rows.map(({ purl, pullers }) => ({ purl: purl as Purl, pullers: pullers ?? 0 }));
    },
  };
}

function rowOf(job: BuildJob): BuildJobTable {
  return {
    id: job.id,
    purl: job.purl,
    reason: job.reason,
    principal: JSON.stringify(job.principal),
    priority: job.priority,
    state: job.state,
    attempt: job.attempt,
    not_before: job.notBefore,
    recipe: job.recipe ?? null,
    phase: job.phase,
    cause: job.cause ?? null,
    message: job.message ?? null,
    build_id: job.buildId ?? null,
    created_at: job.createdAt,
    started_at: job.startedAt ?? null,
    ended_at: job.endedAt ?? null,
  };
}

const columns = {
  state: 'state',
  attempt: 'attempt',
  notBefore: 'not_before',
  phase: 'phase',
  cause: 'cause',
  message: 'message',
  buildId: 'build_id',
  startedAt: 'started_at',
  endedAt: 'ended_at',
} as const satisfies Readonly<Record<keyof Changes, keyof BuildJobTable>>;

/** A field that is there and undefined is emptied. */
function columnsOf(changes: Changes): Partial<BuildJobTable> {
  return Object.fromEntries(
    Object.entries(changes).map(([field, value]) => [columns[field as keyof Changes], value ?? null]),
  );
}

function jobOf(row: BuildJobTable): BuildJob {
  return {
    id: row.id,
    purl: row.purl as Purl,
    reason: row.reason as JobReason,
    principal: fromJson(row.principal, 'who asked for a build') as Principal,
    priority: row.priority,
    state: row.state as JobState,
    attempt: row.attempt,
    notBefore: row.not_before,
    recipe: row.recipe ?? undefined,
    phase: row.phase,
    cause: row.cause ?? undefined,
    message: row.message ?? undefined,
    buildId: row.build_id ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
  };
}
