/**
 * The routes of the control socket about feeds of advisories (see `protocol.ts` for the others):
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /feeds` | | `FeedsAnswer` |
 * | `POST /feeds/import` | `feedImport` | `FeedImported`; 400 FEED_*, 409 FEED_BUSY; answers when it is done |
 * | `POST /feeds/overrides` | `feedOverride` | `FeedOverridden` |
 * | `POST /feeds/overrides/end` | `feedOverrideEnd` | `FeedOverridden`; 404 FEED_OVERRIDE_UNKNOWN |
 */
import { ecosystems } from '../../core/purl.ts';
import { z } from '../zod.ts';

const text = z.string().max(20_000);
const time = z.string().max(40);
const digest = z.string().max(64);
const count = z.number().int().min(0);
const ecosystem = z.enum(ecosystems);
const problem = z.object({ code: text, message: text });

const feed = z.object({
  ecosystem,
  digest,
  records: count,
  malicious: count,
  withdrawn: count,
  newestAt: time,
  importedAt: time,
  source: text,
  canary: z.enum(['matched', 'missed', 'not-checked']),
  refused: count,
  epss: digest.optional(),
  kev: digest.optional(),
  popular: digest.optional(),
  /** Id of the ledger entry. */
  entry: text,
});

const override = z.object({
  id: text,
  name: text,
  version: text.optional(),
  by: text,
  reason: text,
  from: time,
  until: time,
});

export const feedsAnswer = z.object({
  at: time,
  feeds: z.array(
    feed.extend({
      ageDays: count.optional(),
      old: z.boolean(),
      problem: text.optional(),
      /** Names in the list `popular`. */
      popularNames: count.optional(),
    }),
  ),
  overrides: z.array(override),
  importing: z
    .object({ ecosystem, phase: z.enum(['fetching', 'reading', 'storing']), since: time })
    .optional(),
  /** Of each configured URL the newest refresh since the gate started. */
  refreshed: z.array(z.object({ ecosystem, url: text, at: time, problem: problem.optional() })),
});
export type FeedsAnswer = z.infer<typeof feedsAnswer>;

/** An absolute path on the gate's machine, or a URL. */
const place = z.string().min(1).max(4096);

export const feedImport = z
  .strictObject({
    ecosystem,
    /** Absent: only lists come, and the advisories stay. */
    from: place.optional(),
    delta: place.optional(),
    epss: place.optional(),
    kev: place.optional(),
    popular: place.optional(),
    allowShrink: z.boolean(),
  })
  .refine(
    ({ from, delta, epss, kev, popular }) =>
      from !== undefined || (delta === undefined && (epss ?? kev ?? popular) !== undefined),
    'needs a feed, or a list to join',
  );
export type FeedImport = z.infer<typeof feedImport>;

export const feedImported = z.object({ feed, isSame: z.boolean(), changed: count, reasons: z.array(text) });
export type FeedImported = z.infer<typeof feedImported>;

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$/, 'is no id of an advisory');
const name = z.string().regex(/^[^\s\p{C}]{1,214}$/u, 'is no name of a package');
const version = z.string().regex(/^[^\s\p{C}]{1,256}$/u, 'is no version');

export const feedOverrideEnd = z.strictObject({ id, name, version: version.optional() });
export type FeedOverrideEnd = z.infer<typeof feedOverrideEnd>;

export const feedOverride = feedOverrideEnd.extend({
  reason: z.string().trim().min(1).max(1000),
  until: z.iso.datetime(),
});
export type FeedOverride = z.infer<typeof feedOverride>;

export const feedOverridden = z.object({ override });
export type FeedOverridden = z.infer<typeof feedOverridden>;
