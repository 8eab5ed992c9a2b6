/** What is remembered of feeds from one start to the next: which snapshots are in force, and what is set aside. */
import type { AdvisoryOverride } from '../../core/advisory.ts';
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { ecosystems } from '../../core/purl.ts';
import { z } from '../zod.ts';

const text = z.string().max(2000);
const time = z.string().max(40);
const count = z.number().int().min(0);
const digest = z.custom<Sha256>((value) => typeof value === 'string' && isSha256(value));

const kept = z.object({
  ecosystem: z.enum(ecosystems),
  digest,
  records: count,
  malicious: count,
  withdrawn: count,
  newestAt: time,
  importedAt: time,
  source: text,
  canary: z.enum(['matched', 'missed', 'not-checked']),
  /** Records of that import that could not be read. */
  refused: count,
  /** Blobs of the lists that are joined. */
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

const shape = z.object({
  feeds: z.array(kept),
  overrides: z.array(override),
  /** Blobs that were in force, newest first. */
  past: z.array(digest),
});

export type KeptFeed = z.infer<typeof kept>;

export interface FeedsState {
  /** One an ecosystem. */
  readonly feeds: readonly KeptFeed[];
  readonly overrides: readonly AdvisoryOverride[];
  readonly past: readonly Sha256[];
}

export const noFeeds: FeedsState = { feeds: [], overrides: [], past: [] };

export function formatState(state: FeedsState): string {
  return JSON.stringify(state);
}

/** Throws FEED_SNAPSHOT_INVALID. */
export function parseState(stored: string): FeedsState {
  const parsed = shape.safeParse(jsonOf(stored));
  if (!parsed.success)
    throw new AssayError('FEED_SNAPSHOT_INVALID', 'what is stored of the feeds of advisories cannot be read');
  const { feeds, overrides, past } = parsed.data;
  return { feeds, past, overrides: overrides.map((one) => ({ ...one, version: one.version })) };
}

function jsonOf(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
