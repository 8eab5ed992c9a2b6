/** `POST /pulls` of the control socket: `pullsRequest` in, `PullsAnswer` out (see `protocol.ts` for the other routes). */
import { z } from '../zod.ts';
import { explainedLength } from './protocol.ts';

const text = z.string().max(20_000);
const time = z.string().max(40);
const count = z.number().int().min(0);

/** `query`: what `explain` takes; a name or a package URL without a version means every version. */
export const pullsRequest = z.object({
  query: z.string().min(1).max(explainedLength),
  limit: z.number().int().min(1).max(10_000),
});
export type PullsRequest = z.infer<typeof pullsRequest>;

const pullShown = z.object({
  purl: text,
  name: text,
  version: text,
  file: text,
  upstream: text,
  /** `address`: whoever called from there without a token. `others`: all beyond the number of callers kept by name. */
  puller: z.object({ kind: text, name: text }),
  firstAt: time,
  lastAt: time,
  count,
});
export type PullShown = z.infer<typeof pullShown>;

export const pullsAnswer = z.object({
  /** Releases on record that are meant; with none, nobody can have pulled them here. */
  releases: count,
  /** What was pulled before is on no record. */
  since: time,
  /** Pulls of any release that are on no record, because too many waited to be written. */
  lost: count,
  /** Last pulled first. */
  pulls: z.array(pullShown),
  more: count,
});
export type PullsAnswer = z.infer<typeof pullsAnswer>;
