/** Recording new revisions of expectations, each with its entry of the ledger, in one transaction. */
import type { Expectation } from '../core/expectation.ts';
import type { Purl } from '../core/purl.ts';
import type { UpstreamId } from '../core/subject.ts';
import { newEventId } from '../ledger/event-maker.ts';
import { makeExpectationEvent } from '../ledger/expectation-event.ts';
import type { ExpectationRecord, HistoryStore } from './history-deps.ts';
import type { Rooms } from './rooms.ts';

export type ExpectationRooms = Pick<Rooms, 'clock' | 'randomBytes'> & { readonly records: HistoryStore };

export interface ExpectedPackage {
  readonly upstream: UpstreamId;
  readonly name: string;
  readonly purl: Purl;
}

const attempts = 5;

/**
 * Asks `revise` for the revisions that follow those in force; again when others were recorded meanwhile. Returns them,
 * with the ids of their entries; none when there is nothing to change, or others kept coming. Throws STORAGE_*.
 */
export async function recordExpectations(
  rooms: ExpectationRooms,
  { upstream, name, purl }: ExpectedPackage,
  revise: (inForce: readonly Expectation[]) => readonly Expectation[],
): Promise<readonly ExpectationRecord[]> {
  const { records, randomBytes } = rooms;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    // Read before the expectations: what comes in between is noticed as a newer entry.
    let previousEventId = await records.previousExpectationEvent(upstream, name);
    const revised = revise(await records.expectations(upstream, name)).map((expectation) => {
      const eventId = newEventId(randomBytes);
      const event = makeExpectationEvent({ eventId, expectation, purl, previousEventId, randomBytes });
      previousEventId = eventId;
      return { expectation, event };
    });
    const [first, ...others] = revised;
    if (first === undefined) return [];
    if ((await records.recordExpectations([first, ...others])) === 'recorded') return revised;
  }
  return [];
}
