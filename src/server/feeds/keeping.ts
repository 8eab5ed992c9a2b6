/**
 * What the stores of feeds and of VEX ask of the disk and the ledger: blobs, one setting each, and entries of one chain of
 * their own.
 */
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
  /** Throws BLOB_MISSING, BLOB_CORRUPT, BLOB_TOO_LARGE. */
  readonly read: (digest: Sha256, mostBytes: number) => Promise<Uint8Array>;
  readonly remove: (digest: Sha256) => Promise<void>;
  /** Id of the newest entry; undefined when there is none. */
  readonly newest: () => Promise<string | undefined>;
  /** Writes the ledger entry and, in the same transaction, the state that follows from its id. */
  readonly record: (
    change: { readonly change: FeedChange; readonly principal: Principal; readonly time: string },
    stateOf: (entry: string) => string,
  ) => Promise<void>;
}

const chain = JSON.stringify(['feeds']);
const chunkBytes = 1024 * 1024;

/** `stateKey`: the setting that holds the state of one store. What two of them record waits for its turn. */
export function openKeeping({
  settings,
  blobs,
  events,
}: Pick<Storage, 'settings' | 'blobs' | 'events'>): (stateKey: 'feeds' | 'vex') => FeedKeeping {
  let turn: Promise<unknown> = Promise.resolve();
  const record = async (
    stateKey: string,
    change: Parameters<FeedKeeping['record']>[0],
    stateOf: (entry: string) => string,
  ): Promise<void> => {
    const event = makeFeedEvent({
      ...change,
      eventId: newEventId(randomBytes),
      previousEventId: await events.newestOfChain(chain),
      randomBytes,
    });
    await events.recordInChain(chain, event, { key: stateKey, value: stateOf(event.eventId) });
  };
  return (stateKey) => ({
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
    read: (digest, mostBytes) => blobs.read(digest, mostBytes),
    remove: (digest) => blobs.remove(digest),
    newest: () => events.newestOfChain(chain),
    record: (change, stateOf) => {
      const next = turn.then(() => record(stateKey, change, stateOf));
      turn = next.catch(() => undefined);
      return next;
    },
  });
}
