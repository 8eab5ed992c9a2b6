/** `POST /replay` of the control socket: `replayRequest` in, `ReplayAnswer` out; 404 EXPLAIN_NOTHING_FOUND. */
import { outcomes } from '../../core/decision.ts';
import { z } from '../zod.ts';

const text = z.string().max(20_000);
const count = z.number().int().min(0);

/** `query`: the id of a decision, or what `explain` takes (then the decisions in force). */
export const replayRequest = z.object({ query: z.string().min(1).max(2048) });

export const replayAnswer = z.object({
  replays: z.array(
    z.object({
      decisionId: text,
      name: text,
      version: text,
      outcome: z.enum(outcomes),
      decidedAt: z.string().max(40),
      /** `differs` beats `unable`: something could not be derived, and is not known to be the same. */
      state: z.enum(['same', 'differs', 'unable']),
      differences: z.array(z.object({ what: text, recorded: text, derived: text })),
      moreDifferences: count,
      unable: z.array(text),
      /** What was derived, in words. */
      checked: z.array(text),
    }),
  ),
  more: count,
});
export type ReplayAnswer = z.infer<typeof replayAnswer>;
