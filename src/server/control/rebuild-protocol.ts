/**
 * Routes of the control socket about building from source (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /rebuilds` | `rebuildRequest` | `JobShown`: the job that does it |
 * | `POST /rebuilds/list` | `{limit}` | `{jobs}`: what waits and runs, then what ended, newest first |
 * | `POST /rebuilds/watch` | `{id, after}` | `RebuildWatched`: the job as it stands, and its lines after that one |
 * | `POST /rebuilds/cancel` | `{id}` | `{cancelled}` |
 * | `POST /rebuilds/report` | `{purl, form}` | `RebuildReport` |
 * | `POST /rebuilds/proof` | `{purl}` | `RebuildProof` |
 */
import { classGrades, comparisonVerdicts } from '../../core/rebuild.ts';
import { jobStates } from '../../storage/build-jobs.ts';
import { z } from '../zod.ts';
import { standsOnShown } from './catalogue-protocol.ts';

const purl = z.string().min(1).max(1024);
const id = z.string().regex(/^[0-9A-Za-z-]{1,64}$/);
/** Hostile where it comes from a build. */
const text = (most: number): z.ZodString => z.string().max(most);

export const rebuildRequest = z.object({
  purl,
  /** YAML of a correction. */
  recipe: text(256 * 1024).optional(),
});
export type RebuildRequest = z.infer<typeof rebuildRequest>;

export const rebuildListRequest = z.object({ limit: z.number().int().min(1).max(1000) });
export const rebuildWatchRequest = z.object({ id, after: z.number().int().min(0) });
export const rebuildCancelRequest = z.object({ id });
export const reportForms = ['text', 'json', 'html', 'recipe', 'log'] as const;
export type ReportForm = (typeof reportForms)[number];
export const rebuildReportRequest = z.object({ purl, form: z.enum(reportForms) });
export const rebuildProofRequest = z.object({ purl });

export const jobShown = z.object({
  id: z.string(),
  purl: z.string(),
  reason: z.string(),
  state: z.enum(jobStates),
  phase: z.string(),
  attempt: z.number(),
  cause: z.string().optional(),
  message: z.string().optional(),
  buildId: z.string().optional(),
  /** In lists, of what was compared. */
  verdict: z.enum(comparisonVerdicts).optional(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  notBefore: z.string(),
});
export type JobShown = z.infer<typeof jobShown>;

export const jobList = z.object({ jobs: z.array(jobShown) });
export type JobList = z.infer<typeof jobList>;

const classShown = z.object({
  class: z.enum(['secure', 'community']),
  grade: z.enum(classGrades),
  because: z.string(),
});

export const outcomeShown = z.object({
  build: z.string(),
  purl: z.string(),
  artifact: z.string(),
  verdict: z.enum(comparisonVerdicts),
  cause: z.string().optional(),
  sentence: z.string(),
  isolation: z.string(),
  missing: z.array(z.string()),
  source: z.string().optional(),
  class: classShown,
  at: z.string(),
  eventId: z.string(),
});
export type OutcomeShown = z.infer<typeof outcomeShown>;

export const rebuildWatched = z.object({
  job: jobShown,
  lines: z.array(z.object({ number: z.number(), text: z.string() })),
  /** When it ended. */
  outcome: outcomeShown.optional(),
});
export type RebuildWatched = z.infer<typeof rebuildWatched>;

export const rebuildCancelled = z.object({ cancelled: z.boolean() });
export type RebuildCancelled = z.infer<typeof rebuildCancelled>;

export const rebuildReport = z.object({
  outcome: outcomeShown,
  text: z.string(),
  standsOn: standsOnShown.optional(),
});
export type RebuildReport = z.infer<typeof rebuildReport>;

/** What a stranger checks: DSSE envelopes as text, and the ledger's entry about them. */
export const rebuildProof = z.object({
  outcome: outcomeShown,
  comparison: z.string(),
  provenance: z.string().optional(),
  /** For `POST /ledger/disclose`: the build's entry, and that of the key which signed. */
  eventId: z.string(),
  builderEventId: z.string().optional(),
});
export type RebuildProof = z.infer<typeof rebuildProof>;
