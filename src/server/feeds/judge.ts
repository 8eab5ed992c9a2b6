/** May a feed take the place of the one in force? */
import { AssayError } from '../../core/errors.ts';
import type { ImportedFeed } from '../workers/feed-jobs.ts';
import type { KeptFeed } from './state.ts';

/** Of the records before. */
const leastShare = 0.5;

/** Throws FEED_EMPTY, FEED_CANARY_MISSED, FEED_SHRANK. */
export function refuseWorse(
  next: Pick<ImportedFeed, 'header' | 'canary'>,
  before: KeptFeed | undefined,
  allowShrink: boolean,
): void {
  const { records, withdrawn, newest } = next.header;
  if (records - withdrawn <= 0) throw new AssayError('FEED_EMPTY', 'the feed has no record in force');
  if (next.canary === 'missed')
    throw new AssayError('FEED_CANARY_MISSED', 'a record that every feed of this ecosystem has is not in it');
  if (before === undefined || allowShrink) return;
  if (records < before.records * leastShare)
    throw new AssayError(
      'FEED_SHRANK',
      `the feed has ${records} records, and the one in force ${before.records}`,
    );
  if (newest < before.newestAt)
    throw new AssayError(
      'FEED_SHRANK',
      `the newest record of the feed is of ${newest}, and that of the one in force of ${before.newestAt}`,
    );
}
