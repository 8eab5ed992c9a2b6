/**
 * Routes of the control socket about what install scripts do (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /behaviour` | `{purl}` | `BehaviourShown`: what is known, and the job that waits for the rest |
 * | `POST /behaviour/watch` | `{purl}` | `WatchShown`: the job that runs it now |
 * | `POST /behaviour/follow` | `{purl, after}` | `WatchFollowed`: the job as it stands, and its lines after that one |
 * | `POST /behaviour/events` | `{purl}` | `BehaviourEvents`: everything that was done, in order, as lines of JSON |
 */
import { severities } from '../../core/advisory.ts';
import { watchStates } from '../../storage/behaviour-jobs.ts';
import { z } from '../zod.ts';

const purl = z.string().min(1).max(1024);

export const behaviourRequest = z.object({ purl });
export const followRequest = z.object({ purl, after: z.number().int().min(0) });

export const watchShown = z.object({
  purl: z.string(),
  state: z.enum(watchStates),
  reason: z.string(),
  attempt: z.number(),
  notBefore: z.string(),
  code: z.string().optional(),
  message: z.string().optional(),
  createdAt: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
});
export type WatchShown = z.infer<typeof watchShown>;

/** Texts are hostile. */
const reportShown = z.object({
  artifact: z.string(),
  at: z.string(),
  observer: z.string(),
  isolation: z.string(),
  scripts: z.array(z.string()),
  ended: z.string(),
  events: z.number(),
  whole: z.boolean(),
  actions: z.array(z.string()),
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(severities),
      message: z.string(),
      process: z.string().optional(),
      at: z.number().optional(),
    }),
  ),
  missing: z.array(z.string()),
  output: z.string(),
  /** The version before, where that one was watched by the same observer: what only one of both does. */
  compared: z
    .object({ version: z.string(), gained: z.array(z.string()), lost: z.array(z.string()) })
    .optional(),
});
export type ReportShown = z.infer<typeof reportShown>;

export const behaviourShown = z.object({
  purl: z.string(),
  report: reportShown.optional(),
  job: watchShown.optional(),
  /** Why there is no report; a sentence. */
  why: z.string().optional(),
});
export type BehaviourShown = z.infer<typeof behaviourShown>;

export const watchFollowed = z.object({
  job: watchShown,
  lines: z.array(z.object({ number: z.number(), text: z.string() })),
});
export type WatchFollowed = z.infer<typeof watchFollowed>;

export const behaviourEvents = z.object({ purl: z.string(), text: z.string() });
export type BehaviourEvents = z.infer<typeof behaviourEvents>;
