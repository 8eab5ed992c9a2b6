/**
 * The routes of the control socket about trust (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /trust` | | `TrustAnswer` |
 * | `GET /trust/history` | | `TrustHistory` |
 * | `POST /trust/refresh` | | `TrustRefreshed` |
 * | `POST /trust/import` | `trustImport` | `TrustImported`; 400 TRUST_INVALID |
 */
import { z } from '../zod.ts';

const text = z.string().max(20_000);
const time = z.string().max(40);
const digest = z.string().max(64);
const count = z.number().int().min(0);
const source = z.enum(['pinned', 'tuf', 'imported', 'configured', 'endpoint']);
const problem = z.object({ code: text, message: text });

/** A use of a key, or a part of a root, with its window; a bound that is not there is open. */
const window = z.object({ what: text, from: time.optional(), until: time.optional() });

export const trustAnswer = z.object({
  digest,
  at: time,
  sigstore: z.array(
    z.object({
      name: text,
      source,
      tufRoot: z.object({ version: count, expires: time }).optional(),
      confirmedAt: time.optional(),
      staleAt: time.optional(),
      parts: z.array(window),
    }),
  ),
  registries: z.array(
    z.object({
      host: text,
      keys: z.array(z.object({ keyid: text, source, algorithm: text, uses: z.array(window) })),
    }),
  ),
  /** Soonest first. */
  expiries: z.array(
    z.object({ about: text, what: text, at: time, state: z.enum(['ahead', 'soon', 'over']) }),
  ),
  /** Of each TUF repository the newest refresh since the gate started. */
  refreshed: z.array(z.object({ name: text, url: text, at: time, problem: problem.optional() })),
});
export type TrustAnswer = z.infer<typeof trustAnswer>;

export const trustHistory = z.object({
  changes: z.array(
    z.object({
      at: time,
      source,
      via: text,
      principal: text,
      before: digest,
      after: digest,
      changes: z.array(text),
      /** Id of the ledger entry. */
      entry: text,
    }),
  ),
});
export type TrustHistory = z.infer<typeof trustHistory>;

export const trustRefreshed = z.object({
  repositories: z.array(
    z.object({
      name: text,
      url: text,
      changes: z.array(text),
      refused: z.array(text),
      problem: problem.optional(),
    }),
  ),
  digest,
});
export type TrustRefreshed = z.infer<typeof trustRefreshed>;

export const trustImport = z.object({
  /** The file's content. */
  content: z.string().min(1).max(1_048_576),
  /** The file's name, for the record. */
  via: z.string().min(1).max(500),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$/)
    .optional(),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
    .optional(),
  /** False: only say what would change. */
  apply: z.boolean(),
});
export type TrustImport = z.infer<typeof trustImport>;

export const trustImported = z.object({
  applied: z.boolean(),
  changes: z.array(text),
  refused: z.array(text),
  digest,
});
export type TrustImported = z.infer<typeof trustImported>;
