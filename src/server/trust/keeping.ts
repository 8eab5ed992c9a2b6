/** What the trust store asks of the disk and the ledger: blobs, one setting, and entries of a chain of their own. */
import { randomBytes } from 'node:crypto';
import type { Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import { newEventId } from '../../ledger/event-maker.ts';
import { makeTrustEvent } from '../../ledger/trust-event.ts';
import type { Storage } from '../../storage/open.ts';
import { maxTrustDocumentBytes } from '../../trust/reading.ts';
import type { TrustStoreDeps } from '../../trust/store.ts';

type Keeping = Pick<TrustStoreDeps, 'readState' | 'writeState' | 'readMaterial' | 'writeMaterial' | 'record'>;

/** Setting that holds the store's state. */
const stateKey = 'trust';
const chain = JSON.stringify(['trust']);

export function keepingIn({
  settings,
  blobs,
  events,
}: Pick<Storage, 'settings' | 'blobs' | 'events'>): Keeping {
  return {
    readState: () => settings.setting(stateKey),
    writeState: (state) => settings.setSetting(stateKey, state),
    readMaterial: (digest) => readBlob(blobs, digest),
    writeMaterial: async (bytes) => {
      const writer = await blobs.create();
      try {
        await writer.write(bytes);
        await writer.commit();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
    record: async (change, stateOf) => {
      const { at: time, ...rest } = change;
      const event = makeTrustEvent({
        ...rest,
        time,
        eventId: newEventId(randomBytes),
        previousEventId: await events.newestOfChain(chain),
        randomBytes,
      });
      await events.recordInChain(chain, event, { key: stateKey, value: stateOf(event.eventId) });
    },
  };
}

async function readBlob(blobs: Storage['blobs'], digest: Sha256): Promise<Uint8Array | undefined> {
  try {
    return await blobs.read(digest, maxTrustDocumentBytes);
  } catch (error) {
    if (isAssayError(error, 'BLOB_MISSING') || isAssayError(error, 'BLOB_CORRUPT')) return undefined;
    throw error;
  }
}
