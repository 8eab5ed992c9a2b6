/** What the feed of then says of a release, asked again. */
import { nameOf } from '../../admission/names.ts';
import { checkDifferences, type Difference } from '../../admission/replay.ts';
import type { AdvisoryLookup } from '../../core/advisory.ts';
import { unscanned, type Collector, type Knowledge } from '../../core/collector.ts';
import { isSha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { Evidence } from '../../core/evidence.ts';
import { ownString } from '../../core/json.ts';
import type { Ecosystem } from '../../core/purl.ts';
import type { Subject } from '../../core/subject.ts';

export interface FeedCheckDeps {
  /** The feed of that digest; undefined when it is no longer kept. */
  readonly feedAt: (ecosystem: Ecosystem, digest: Sha256) => Promise<AdvisoryLookup | undefined>;
  /** What is known now besides the feed. */
  readonly knowledge: (ecosystem: Ecosystem, name: string) => Omit<Knowledge, 'advisories'>;
}

/** A sentence when it cannot be made again. Throws STORAGE_*. */
export async function replayFeedCheck(
  deps: FeedCheckDeps,
  collector: Collector | string,
  subject: Subject,
  recorded: Evidence,
): Promise<readonly Difference[] | string> {
  if (typeof collector === 'string') return collector;
  if (collector.refresh === undefined) return 'this program makes it from other things';
  const { material, collectedAt } = recorded;
  const advisories = material === undefined ? unscanned.advisories : await feedOf(deps, subject, recorded);
  if (advisories === undefined) return `the feed ${material ?? ''} is not kept any more`;
  const known = deps.knowledge(subject.ecosystem, nameOf(subject));
  const again = collector.refresh({ ...known, advisories, subject, now: collectedAt });
  const differences = checkDifferences(recorded, again);
  return differences.length === 0
    ? []
    : 'what was joined to the feed then (EPSS, KEV, popular names, overrides, statements) is not what is known now';
}

async function feedOf(
  { feedAt }: FeedCheckDeps,
  { ecosystem }: Subject,
  { material, facts }: Evidence,
): Promise<AdvisoryLookup | undefined> {
  const lookup =
    material !== undefined && isSha256(material) ? await opened(feedAt, ecosystem, material) : undefined;
  if (lookup?.feed === undefined) return undefined;
  const importedAt = ownString(facts, 'feedImportedAt') ?? lookup.feed.importedAt;
  return { ...lookup, feed: { ...lookup.feed, importedAt } };
}

async function opened(
  feedAt: FeedCheckDeps['feedAt'],
  ecosystem: Ecosystem,
  digest: Sha256,
): Promise<AdvisoryLookup | undefined> {
  try {
    return await feedAt(ecosystem, digest);
  } catch (error) {
    if (isAssayError(error) && error.code.startsWith('FEED_')) return undefined;
    throw error;
  }
}
