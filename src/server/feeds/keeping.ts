/** What the feed store asks of the disk and the ledger: blobs, one setting, and entries of a chain of their own. */
import { randomBytes } from 'node:crypto';
import type { Sha256 } from '../../core/digest.ts';
import type { Principal } from '../../core/subject.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeFeedEvent, type FeedChange } from '../../ledger/feed-event.ts';
import type { Storage } from '../../storage/open.ts';

export interface FeedKeeping {
  readonly readState: () => Promise<string | undefined>;
  /** Durable under its SHA-256. */
  readonly keep: (bytes: Uint8Array) => Promise<Sha256>;
  /** Undefined when it is not there. */
  readonly path: (digest: Sha256) => Promise<string | undefined>;
  readonly remove: (digest: Sha256) => Promise<void>;
  /** Writes the ledger entry and, in the same transaction, the state that follows from its id. */
  readonly record: (
    change: { readonly change: FeedChange; readonly principal: Principal; readonly time: string },
    stateOf: (entry: string) => string,
  ) => Promise<void>;
}

/** Setting that holds the store's state. */
const stateKey = 'feeds';
const chain = JSON.stringify(['feeds']);
const chunkBytes = 1024 * 1024;

export function keepingIn({
  settings,
  blobs,
  events,
}: Pick<Storage, 'settings' | 'blobs' | 'events'>): FeedKeeping {
  return {
    readState: () => settings.setting(stateKey),
    keep: async (bytes) => {
      const writer = await blobs.create();
      try {
        for (let at = 0; at < bytes.length; at += chunkBytes)
          await writer.write(bytes.subarray(at, at + chunkBytes));
        return (await writer.commit()).sha256;
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
    path: (digest) => blobs.path(digest),
    remove: (digest) => blobs.remove(digest),
    record: async (change, stateOf) => {
      const event = makeFeedEvent({
        ...change,
        eventId: newEventId(randomBytes),
        previousEventId: await events.newestOfChain(chain),
        randomBytes,
      });
      await events.recordInChain(chain, event, { key: stateKey, value: stateOf(event.eventId) });
    },
  };
}
