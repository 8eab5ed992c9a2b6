/** The channel's parts as a running gate has them. */
import type { AdmissionStore } from '../../admission/deps.ts';
import type { Shelves } from '../../admission/shelf.ts';
import type { ReadingOutcome } from '../../core/collector.ts';
import type { ArtifactDigests } from '../../core/digest.ts';
import { rfc3339, type Clock } from '../../core/time.ts';
import type { Storage } from '../../storage/open.ts';
import type { Settings } from '../config/settings.ts';
import type { LedgerRooms } from '../ledger/open.ts';
import type { Logger } from '../logger.ts';
import type { KnownBuilds } from '../rebuilding/known.ts';
import { createBuiltFiles } from './built-files.ts';
import { createOffers, type Offers } from './offer.ts';
import { createBuiltSignatures } from './signatures.ts';
import { createChannelState, type ChannelState } from './state.ts';

export interface SecureChannel {
  readonly offers: Offers;
  readonly state: ChannelState;
}

export interface SecureChannelNeeds {
  readonly settings: Pick<Settings, 'secureChannel'>;
  readonly storage: Pick<Storage, 'builds' | 'blobs'>;
  readonly store: Pick<AdmissionStore, 'releasesOf' | 'raiseAlarm'>;
  readonly shelves: Shelves;
  readonly known: KnownBuilds;
  readonly ledgerRooms: Pick<LedgerRooms, 'verifier' | 'releaseKeys' | 'signRelease'>;
  readonly readArchive: (artifact: ArtifactDigests) => Promise<ReadingOutcome>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createSecureChannel(needs: SecureChannelNeeds): SecureChannel {
  const { settings, storage, store, shelves, known, ledgerRooms, readArchive, clock, log } = needs;
  const { verifier, releaseKeys, signRelease } = ledgerRooms;
  const files = createBuiltFiles({
    storage,
    readArchive,
    onCorrupt: (purl, digest) =>
      store.raiseAlarm({
        kind: 'blob-corrupt',
        severity: 'critical',
        about: purl,
        message: `The stored bytes of ${purl}, as it was built here, no longer have their digest; they were not served.`,
        data: { artifact: digest },
        at: rfc3339(clock()),
      }),
  });
  const signatures = createBuiltSignatures({ origin: verifier.origin, keys: releaseKeys, signRelease, log });
  const { serve } = settings.secureChannel;
  return {
    offers: createOffers({ serve, shelves, store, known, files, signatures }),
    state: createChannelState(settings.secureChannel),
  };
}
