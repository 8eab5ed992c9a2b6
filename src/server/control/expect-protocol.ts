/**
 * Routes of the control socket about what is expected of a package (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `POST /expectations` | `expectQuery` | `ExpectAnswer` |
 * | `POST /expectations/history` | `expectQuery` | `ExpectHistory`, newest first |
 * | `POST /expectations/set` | `expectSet` | `ExpectChanged` |
 * | `POST /expectations/forget` | `expectForget` | `ExpectChanged`; 404 EXPECTATION_UNKNOWN |
 *
 * A package for which no upstream is configured is 400 EXPECTATION_NO_UPSTREAM.
 */
import { trustRanks } from '../../core/expectation.ts';
import { z } from '../zod.ts';

const text = z.string().max(2000);
const texts = z.array(text).max(200);
const count = z.number().int().min(0);

/** No spaces, nothing that a terminal or a URL takes for something else. */
const word = z.string().regex(/^[!-~]{1,1000}$/, 'up to 1,000 printable ASCII characters without spaces');
const uri = z.string().regex(/^https?:\/\/[!-~]{1,1000}$/, 'an http or https URL');
const reason = z.string().trim().min(1).max(500);
const packageName = z.string().min(1).max(214);
const upstreamId = z.string().max(64).optional();

export const expectQuery = z.object({ name: packageName, upstream: upstreamId });
export type ExpectQuery = z.infer<typeof expectQuery>;

/** What is absent is not compared. */
export const identityGiven = z
  .object({
    issuer: uri,
    repositoryUri: uri,
    repositoryId: word,
    ownerUri: uri,
    ownerId: word,
    workflows: z.array(word).max(50),
    signers: z.array(uri).max(50),
    refs: z
      .array(z.string().regex(/^refs\/(?!.*\*.)[!-~]{1,200}$/, 'refs/…, with at most one * at its end'))
      .max(50),
    triggers: z.array(z.string().regex(/^[a-z_]{1,64}$/, 'the name of an event, such as push')).max(50),
    runners: z.array(word).max(50),
  })
  .partial()
  .refine((given) => Object.keys(given).length > 0, 'nothing is given to expect');
export type IdentityGiven = z.infer<typeof identityGiven>;

export const expectSet = expectQuery.extend({
  /** Absent: the whole package, and every line of it. */
  line: z
    .string()
    .regex(/^(?:0\.(?:0|[1-9]\d{0,8})|[1-9]\d{0,8})$/, 'a major version, or 0.minor')
    .optional(),
  identity: identityGiven,
  reason,
});
export type ExpectSet = z.infer<typeof expectSet>;

export const expectForget = expectQuery.extend({ reason });
export type ExpectForget = z.infer<typeof expectForget>;

/** `Expectation` of core/expectation.ts. */
export const expectationShown = z.object({
  line: text,
  revision: count,
  origin: z.enum(['learned', 'set']),
  standing: z.enum(['provisional', 'firm']),
  /** Absent: it was forgotten, and nothing is compared until enough was learned anew. */
  identity: z
    .object({
      issuer: text.optional(),
      repositoryUri: text.optional(),
      repositoryId: text.optional(),
      ownerUri: text.optional(),
      ownerId: text.optional(),
      workflows: texts,
      signers: texts,
      refs: texts,
      triggers: texts,
      runners: texts,
      predicateTypes: texts,
    })
    .optional(),
  rank: z.enum(trustRanks),
  tagTemplate: text.optional(),
  installScripts: texts,
  publishers: texts,
  intervalMs: z.number().optional(),
  learnedFrom: texts,
  reason: text.optional(),
  principal: z.object({ kind: text, name: text }),
  at: text,
  /** Id of the ledger entry that records this revision. */
  eventId: text,
});
export type ExpectationShown = z.infer<typeof expectationShown>;

export const expectAnswer = z.object({
  upstream: text,
  name: text,
  /** In force, one a line. */
  expectations: z.array(expectationShown),
  /** Versions whose provenance was verified here, newest first, at most 200. */
  verified: z.array(z.object({ version: text, signedTime: text, repository: text.optional() })),
});
export type ExpectAnswer = z.infer<typeof expectAnswer>;

export const expectHistory = z.object({
  upstream: text,
  name: text,
  revisions: z.array(expectationShown).max(1000),
});
export type ExpectHistory = z.infer<typeof expectHistory>;

export const expectChanged = z.object({
  upstream: text,
  name: text,
  /** The new revisions. */
  changed: z.array(expectationShown),
});
export type ExpectChanged = z.infer<typeof expectChanged>;
