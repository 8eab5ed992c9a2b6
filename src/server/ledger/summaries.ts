/** The signed verification summaries of decisions, for whoever takes the gate's word and no more. */
import type { Storage } from '../../storage/open.ts';
import type { SummaryAnswer } from '../control/ledger-protocol.ts';
import { eventsOf, type Wanted } from './disclose.ts';
import { envelopeText } from './statements.ts';

/** Oldest first. Throws LEDGER_INDEX_UNKNOWN when there is no such entry, STORAGE_*. */
export async function summariesOf(
  storage: Pick<Storage, 'events' | 'blobs'>,
  wanted: Wanted,
): Promise<SummaryAnswer> {
  const summaries: SummaryAnswer['summaries'] = [];
  let waiting = 0;
  for (const { eventId, index, summary } of await eventsOf(storage, wanted)) {
    if (summary === undefined) continue;
    const envelope = await envelopeText(storage.blobs, summary.envelope);
    if (envelope === undefined) waiting += 1;
    else
      summaries.push({
        eventId,
        digest: summary.digest,
        envelope,
        ...(index === undefined ? {} : { index }),
      });
  }
  return { summaries, waiting };
}
