/** The ledger with its processes and what speaks in its name: signer, witnesses, verification summaries, release signatures. */
import type { AdmissionStore } from '../../admission/deps.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { Clock } from '../../core/time.ts';
import type { Verifier } from '../../ledger/summary.ts';
import type { Storage } from '../../storage/open.ts';
import type { Settings } from '../config/settings.ts';
import { startLedger, type Ledger } from '../ledger.ts';
import type { Logger } from '../logger.ts';
import { assayVersion } from '../package-version.ts';
import {
  createReleaseKeys,
  createReleaseSigning,
  type ReleaseKeys,
} from '../beside-index/release-signatures.ts';
import { launchSigner, type LaunchedSigner } from '../signer/launch.ts';
import { openCosigner } from './cosigner.ts';
import { inaugurated } from './origin.ts';

interface LedgerNeeds {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: AdmissionStore;
}

type SignedListener = (upstream: UpstreamId, name: string) => void;

export interface LedgerRooms {
  readonly ledger: Ledger;
  /** In whose name verification summaries speak. */
  readonly verifier: Verifier;
  readonly releaseKeys: ReleaseKeys;
  /** Signs what is said of builds. */
  readonly builder: Pick<LaunchedSigner, 'attestBuild'> & Pick<Ledger, 'builderKey'>;
  /** As a registry signs, with the log's key for releases: for files that were built here. */
  readonly signRelease: LaunchedSigner['signRelease'];
  /** Called when releases of a package were signed. */
  readonly onSigned: (listener: SignedListener) => void;
}

/**
 * Throws LEDGER_SIGNER_UNUSABLE, CONFIG_*, STORAGE_*: a folder that is not fit for keys is a mistake to correct before
 * anything is signed.
 */
export async function openLedger(
  { settings, storage, clock, log, store }: LedgerNeeds,
  closers: (() => Promise<void>)[],
): Promise<LedgerRooms> {
  const origin = await inaugurated(storage.ledger.heads, settings.ledger.origin);
  const signer = await launchSigner({
    directory: settings.signer.directory,
    dataDirectory: settings.dataDirectory,
    nodePath: process.execPath,
    onDeath: (why) => log.error({ why }, 'the signer ended'),
  });
  closers.push(signer.close);
  const cosigner = await openCosigner(settings.ledger, signer);
  closers.push(async () => cosigner?.close());
  const listeners: SignedListener[] = [];
  const onSigned: SignedListener = (upstream, name) => {
    for (const listener of listeners) listener(upstream, name);
  };
  const { signSome } = createReleaseSigning({ storage, signer, clock, onSigned });
  const ledger = startLedger({
    storage,
    settings: settings.ledger,
    clock,
    log,
    signer,
    cosigner,
    raiseAlarm: store.raiseAlarm,
    signReleases: signSome,
  });
  closers.push(ledger.close);
  return {
    ledger,
    verifier: { origin, version: assayVersion },
    releaseKeys: createReleaseKeys(signer, origin, ledger.signSoon),
    builder: { attestBuild: signer.attestBuild, builderKey: ledger.builderKey },
    signRelease: signer.signRelease,
    onSigned: (listener) => void listeners.push(listener),
  };
}
