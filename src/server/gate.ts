/** What a composed gate is made of, as its surfaces (gateway, control socket) see it. */
import type { Admission } from '../admission/admit.ts';
import type { Lru } from '../admission/lru.ts';
import type { Shelves } from '../admission/shelf.ts';
import type { Collector } from '../core/collector.ts';
import type { Decision } from '../core/decision.ts';
import type { Principal, UpstreamId } from '../core/subject.ts';
import type { Clock } from '../core/time.ts';
import type { Storage } from '../storage/open.ts';
import type { Bodies } from './gateway/bodies.ts';
import type { Callers } from './callers.ts';
import type { SettingInForce } from './config/shown.ts';
import type { Settings } from './config/settings.ts';
import type { EpochsInForce } from './epochs.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { RegistryKeysDocument } from './beside-index/registry-keys.ts';
import type { ReleaseKeys, ReleaseSignatures } from './beside-index/release-signatures.ts';
import type { NpmRoutes } from './routes.ts';
import type { StatusAnswer } from './control/protocol.ts';
import type { Ledger } from './ledger.ts';
import type { Feeds } from './feeds/for-gate.ts';
import type { Behaviour } from './behaviour/for-gate.ts';
import type { Rebuilding } from './rebuilding/for-gate.ts';
import type { SecureChannel } from './secure-channel/for-gate.ts';
import type { PullLog } from './pulls/log.ts';
import type { Trust } from './trust/open.ts';
import type { IndexPool } from './workers/index-pool.ts';

export interface Gate {
  readonly settings: Settings;
  readonly shownSettings: readonly SettingInForce[];
  readonly storage: Storage;
  readonly ledger: Ledger;
  readonly admission: Admission;
  readonly shelves: Shelves;
  readonly indexes: IndexPool;
  readonly bodies: Bodies;
  /** Small artifacts that were verified when they were read, by SHA-256. */
  readonly hotFiles: Lru<Uint8Array>;
  readonly routes: NpmRoutes;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What was refused is asked again. Throws STORAGE_*. */
  readonly raiseEpoch: EpochsInForce['raise'];
  /** Base URL where package managers connect, ends with `/`. */
  readonly url: string;
  readonly status: () => Promise<StatusAnswer>;
  /** A small JSON document of a registry (its keys, attestations); undefined when it has none. Throws UPSTREAM_*. */
  readonly registryDocument: (path: string, upstream?: UpstreamId) => Promise<Uint8Array | undefined>;
  /** The keys that clients verify signatures with. Throws UPSTREAM_*, LEDGER_SIGNER_*. */
  readonly registryKeys: RegistryKeysDocument;
  readonly releaseKeys: ReleaseKeys;
  readonly trust: Trust;
  /** What is publicly known of versions: `feeds.current('npm')`. */
  readonly feeds: Feeds;
  /** Who was given the bytes of which release. */
  readonly pulls: PullLog;
  /** Building from source. */
  readonly rebuilding: Rebuilding;
  readonly behaviour: Behaviour;
  /** What was built here, for those who take nothing else. */
  readonly secureChannel: SecureChannel;
  readonly collectors: readonly Collector[];
  readonly releaseSignatures: ReleaseSignatures;
  /** The newest version to use instead of a refused one, itself admitted. */
  readonly recommend: (
    decision: Decision,
    upstream: UpstreamId,
    principal: Principal,
  ) => Promise<string | undefined>;
}
